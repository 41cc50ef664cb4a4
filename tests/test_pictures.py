"""The test images that a comparison keeps beside its records: which, how small, and when not."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import netzoo
from netzoo.data import sample
from netzoo.data.source import Split
from netzoo.data.thumbnails import block_means, thumbnails
from netzoo.records.arrays import Predictions
from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord
from netzoo.runs.callback import Callback
from netzoo.runs.prepare import pictures_again
from netzoo.runs.saved import saved_comparison
from netzoo.runs.store import Store

pytestmark = pytest.mark.backend_independent

REQUEST = {
    "models": ["lenet"],
    "recipe": "quick",
    "dataset": "fashion_mnist_sample",
    "limit_train": 200,
    "limit_test": 100,
    "epochs": 1,
    "device": "cpu",
}


class Heard(Callback):
    """Keep what is said and which trials end."""

    def __init__(self):
        self.lines, self.records = [], []
        self.on_message, self.on_trial_end = self.lines.append, self.records.append


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return the folder of a comparison of one trial, and its record."""
    folder, heard = tmp_path_factory.mktemp("pictures") / "out", Heard()
    netzoo.compare(**REQUEST, output=folder, callbacks=[heard])
    return folder, *heard.records


@pytest.fixture
def run(ran):
    return ran[0]


@pytest.fixture
def copy(run, tmp_path):
    return shutil.copytree(run, tmp_path / "out")


def dataset_of(folder):
    return Store(folder).plan().trials[0].dataset


def arrays(kept):
    """Return pictures as an array (count, height, width, channels)."""
    pixels = b"".join(kept.picture(number) for number in range(kept.count))
    return np.frombuffer(pixels, np.uint8).reshape(kept.count, *kept.shape)


def split(images):
    return Split(images, np.zeros(len(images), np.int64))


def random_images(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_a_folder_holds_the_test_images_in_the_order_of_its_predictions(ran):
    run, record = ran
    store = Store(run)
    images = sample.sample().limited(200, 100)
    kept = store.pictures(dataset_of(run))
    assert (kept.count, kept.shape, kept.sha256) == (100, (28, 28, 1), images.sha256())
    assert (arrays(kept) == images.test.images).all()
    assert store.record(record.trial) == record
    predictions = record.predictions
    assert predictions.true_classes().tolist() == images.test.labels.tolist()
    assert len(predictions.predicted_classes()) == 100


def test_classes_are_told_and_counted():
    made = Predictions.of([3, 70, 65535], [3, 71, 65535])
    assert (list(made.true_classes()), list(made.predicted_classes())) == (
        [3, 70, 65535],
        [3, 71, 65535],
    )
    assert made.correct() == [True, False, True]


def test_a_record_tells_its_filters_and_an_older_one_has_none(run):
    (path,) = (run / "trials").glob("*.json")
    plain = json.loads(path.read_text())
    filters = from_text(TrialRecord, path.read_text(), "new").filters
    assert (filters.layer, filters.shape, filters.total) == ("conv1", (5, 5, 1, 6), 6)
    assert len(filters.unpacked()) == 5 * 5 * 6 * 2
    del plain["filters"]
    older = from_text(TrialRecord, json.dumps(plain), "old")
    assert older.filters is None
    assert older.test_accuracy == plain["test_accuracy"]


def test_what_does_not_fill_a_block_is_left_out_and_halves_go_up():
    """5 × 7 in blocks of 2 × 3: two down, two across, without the last row and column."""
    image = np.arange(35, dtype=np.uint8).reshape(5, 7, 1)
    # 0 1 2 / 7 8 9: 27 / 6 = 4.5; 3 4 5 / 10 11 12: 7.5; the next rows 14 more.
    assert block_means(image, 2, 3)[:, :, 0].tolist() == [[5, 8], [19, 22]]
    assert (block_means(image, 1, 1) == image).all()
    white = np.full((4, 4, 1), 255, np.uint8)
    assert (block_means(white, 2, 2) == 255).all()


def test_colours_are_averaged_each_by_itself():
    image = random_images(131, 100, 3)
    (seen,) = arrays(thumbnails(split(image[None]), "s"))
    assert seen.shape == (43, 33, 3)  # blocks of 3 × 3
    block = image[3 * 42 : 3 * 43, 3 * 7 : 3 * 8]
    for channel in range(3):
        assert seen[42, 7, channel] == np.floor(block[..., channel].mean() + 0.5)


@pytest.mark.parametrize(
    ("shape", "count", "small"),
    [
        ((501, 2, 2, 1), 500, (2, 2, 1)),
        ((500, 28, 28, 1), 500, (28, 28, 1)),
        ((3, 64, 64, 3), 3, (64, 64, 3)),
        ((200, 64, 64, 3), 122, (64, 64, 3)),  # 122 × 12288 = 1,499,136
        ((2, 65, 64, 1), 2, (32, 32, 1)),
        ((2, 64, 129, 1), 2, (21, 43, 1)),
        ((2, 2, 300, 1), 2, (1, 60, 1)),  # blocks of 5 × 5, but there are two rows
    ],
)
def test_the_limits(shape, count, small):
    images = random_images(*shape)
    kept = thumbnails(split(images), "s")
    assert (kept.count, kept.shape) == (count, small)
    if small == shape[1:]:
        assert (arrays(kept) == images[:count]).all()


DAMAGES = {
    "cut short": lambda text: text[:-50],
    "empty": lambda text: b"",
    "a bit": lambda text: text[:99] + bytes([text[99] ^ 1]) + text[100:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_pictures_are_set_aside_and_the_run_is_shown_and_gone_on_with(copy, damage):
    path = copy / "pictures.json"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    store = Store(copy)
    assert store.pictures(dataset_of(copy)) is None
    assert [(where, "was cut short or changed" in why) for where, why in store.damaged] == [
        (path, True)
    ]
    shown, notes = saved_comparison(Store(copy))
    assert notes == ()
    heard = Heard()
    again = netzoo.compare(**REQUEST, output=copy, callbacks=[heard])
    assert again.models == shown.models
    assert heard.lines == [
        f"{path} was cut short or changed since it was written. It is set aside as "
        "pictures.json.damaged1.",
        "1 of 1 trial is done already.",
    ]
    assert not path.exists()


def test_a_folder_of_an_older_netzoo_has_none_and_nothing_is_said_of_it(copy):
    (copy / "pictures.json").unlink()
    store, heard = Store(copy), Heard()
    assert store.pictures(dataset_of(copy)) is None
    assert store.damaged == []
    netzoo.compare(**REQUEST, output=copy, callbacks=[heard])
    assert heard.lines == ["1 of 1 trial is done already."]


def test_pictures_of_another_data_set_are_not_shown(copy):
    store, dataset = Store(copy), dataset_of(copy)
    store.keep_pictures(replace(store.pictures(dataset), sha256="0" * 64))
    assert store.pictures(dataset) is None
    assert store.damaged == []


def test_pictures_are_made_again_of_the_same_images_or_not_at_all(run):
    dataset = dataset_of(run)
    assert pictures_again(dataset) == Store(run).pictures(dataset)
    assert pictures_again(replace(dataset, sha256="0" * 64)) is None
    assert pictures_again(replace(dataset, data_dir="/nowhere")) is None


@pytest.mark.slow
def test_what_a_folder_lacks_is_mended_with_its_next_trial(copy):
    """Thumbnails that are not there, then a folder that is removed while it is in use."""
    kept = (copy / "pictures.json").read_bytes()
    (record,) = (copy / "trials").glob("*.json")
    record.unlink()
    (copy / "pictures.json").unlink()
    made = []

    def remove(record):
        made.append((copy / "pictures.json").read_bytes())
        copy.rename(copy.parent / "gone")

    heard = Heard()
    heard.trial_ended = remove
    netzoo.compare(**REQUEST, output=copy, callbacks=[heard])
    assert made == [kept]
    assert any("it is written anew" in line for line in heard.lines)
    assert (copy / "pictures.json").read_bytes() == kept

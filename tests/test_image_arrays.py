"""Images from .npz, CSV, Parquet, IDX and CIFAR's files: arrays, labels, and what is said."""

import io
import zipfile

import numpy as np
import pytest
from image_files import (
    cifar10,
    clothes,
    csv,
    encoded,
    folder,
    idx_files,
    keras_npz,
    medmnist_npz,
    npz,
    parquet,
    photo,
    save,
)
from PIL import Image

import netzoo
from netzoo.data import sample
from netzoo.data.labels import numbered
from netzoo.errors import DataError

pytestmark = pytest.mark.backend_independent


def opened(path, settings=""):
    return netzoo.open_images(f"{path}{settings}")


def are_the_clothes(images):
    """Return whether a data set has the clothes' images and labels, in their order."""
    (x, y), (test_x, test_y) = clothes()
    return (
        (images.train.images == x).all()
        and (images.train.labels == y).all()
        and (images.test.images == test_x).all()
        and (images.test.labels == test_y).all()
    )


def changed(**changes):
    return keras_npz() | changes


@pytest.mark.parametrize("form", ["keras", "medmnist", "kmnist", "upper", "folder"])
def test_each_kind_of_npz_gives_the_arrays(tmp_path, form):
    path = tmp_path / "a.npz"
    if form == "medmnist":
        images = opened(npz(path, **medmnist_npz()))
        assert images.source == ".npz file; its validation split is not used"
    elif form == "kmnist":
        (x, y), (test_x, test_y) = clothes()
        parts = {"train-imgs": x, "train-labels": y, "test-imgs": test_x, "test-labels": test_y}
        for name, part in parts.items():
            np.savez(tmp_path / f"kmnist-{name}.npz", part[..., 0] if part.ndim == 4 else part)
        images = opened(tmp_path)
    else:
        given = {key.upper() if form == "upper" else key: x for key, x in keras_npz().items()}
        images = opened(npz(path, **given).parent if form == "folder" else npz(path, **given))
    assert are_the_clothes(images)
    assert images.class_names == ("0", "1", "2", "3")
    assert images.split_table is None


@pytest.mark.parametrize("keys", [("x", "y"), ("images", "labels"), ("data", "target"), ()])
def test_a_pair_of_arrays_is_split(tmp_path, keys):
    (x, y), _ = clothes()
    np.savez(tmp_path / "a.npz", *(() if keys else (x, y)), **dict(zip(keys, (x, y), strict=False)))
    images = opened(tmp_path / "a.npz")
    assert images.source == ".npz file; about 20 % of each class held out as test split, by content"
    assert len(images.train) + len(images.test) == 40
    names = [line.split("\t") for line in images.split_table.splitlines()]
    for split, kind, name in names:
        place = int(name.removeprefix("train[").removesuffix("]"))
        assert kind == str(y[place])
        chosen = images.test if split == "test" else images.train
        assert any((x[place] == each).all() for each in chosen.images)


def test_only_a_validation_split_serves_as_test(tmp_path):
    given = {key: x for key, x in medmnist_npz().items() if "test" not in key}
    images = opened(npz(tmp_path / "a.npz", **given))
    assert "; its validation split serves as the test split" in images.source
    assert len(images.test) == 10


@pytest.mark.parametrize(
    "kind", ["one-hot", "column", "words", "bytes", "bool", "from 1", "sparse"]
)
def test_labels_of_each_kind_are_numbered(tmp_path, kind):
    (_, y), (_, test_y) = clothes()

    def change(labels):
        return {
            "one-hot": np.eye(4, dtype=np.float32)[labels],
            "column": labels[:, None],
            "words": np.array(["coat", "bag", "top", "shoe"])[labels],
            "bytes": np.array([b"coat", b"bag", b"top", b"shoe"])[labels],
            "bool": labels > 1,
            "from 1": labels + 1,
            "sparse": labels * 100,
        }[kind]

    images = opened(npz(tmp_path / "a.npz", **changed(y_train=change(y), y_test=change(test_y))))
    names = {
        "words": ("bag", "coat", "shoe", "top"),
        "bytes": ("bag", "coat", "shoe", "top"),
        "bool": ("0", "1"),
        "from 1": ("1", "2", "3", "4"),
        "sparse": ("0", "100", "200", "300"),
    }.get(kind, ("0", "1", "2", "3"))
    assert images.class_names == names
    order = {"words": [1, 0, 3, 2], "bytes": [1, 0, 3, 2], "bool": [0, 0, 1, 1]}
    assert images.train.labels.tolist() == [order.get(kind, range(4))[label] for label in y]
    told = "Labels: 0, 100, 200, 300 are the classes 0 to 3." in images.lines
    assert told == (kind == "sparse")


def test_numbers_are_never_sorted_as_text():
    names, labels, _ = numbered("a test", {"train": np.array([10, 2, 1, 11])})
    assert names == ("1", "2", "10", "11")
    assert labels["train"].tolist() == [2, 1, 0, 3]
    names, _, _ = numbered("a test", {"train": np.array(["10", "2", "1", "11"])})
    assert names == ("1", "2", "10", "11")


@pytest.mark.parametrize("layout", ["rows", "channels last", "channels first", "rows of colour"])
def test_images_may_lie_in_each_usual_way(tmp_path, layout):
    colour = np.stack([photo(n, (12, 12)) for n in range(40)])
    change = {
        "rows": lambda x: x[..., :1].reshape(len(x), -1),
        "channels last": lambda x: x,
        "channels first": lambda x: np.moveaxis(x, -1, 1),
        "rows of colour": lambda x: x.reshape(len(x), -1),
    }[layout]
    given = changed(x_train=change(colour), x_test=change(colour[:20]))
    images = opened(npz(tmp_path / "a.npz", **given))
    wanted = colour[..., :1] if layout == "rows" else colour
    assert (images.train.images == wanted).all()
    if layout == "rows of colour":
        rows = np.moveaxis(colour, -1, 1).reshape(40, -1)
        given = changed(x_train=rows, x_test=rows[:20])
        images = opened(npz(tmp_path / "b.npz", **given), "@channels=first")
        assert (images.train.images == colour).all()
        assert "; rows of 432 numbers as 12 × 12 × 3, channels first" in images.source


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: (x / 255).astype(np.float32), "; values of 0 … 1 (by the training images)"),
        (lambda x: x / 127.5 - 1, "; values of -1 … 1 (by the training images)"),
        (lambda x: x.astype(np.int64), ""),
        (lambda x: x.astype(np.uint16) * 257, "; values of 0 … 65535 (by the training images)"),
    ],
)
def test_values_of_each_usual_range_give_the_same_pixels(tmp_path, change, words):
    given = keras_npz()
    given |= {key: change(given[key]) for key in ("x_train", "x_test")}
    images = opened(npz(tmp_path / "a.npz", **given))
    assert are_the_clothes(images)
    assert words in images.source
    assert bool(words) == ("scaled to" in images.source)


def test_digits_of_17_levels_are_scaled(tmp_path):
    given = keras_npz()
    given |= {key: given[key] // 16 for key in ("x_train", "x_test")}
    images = opened(npz(tmp_path / "a.npz", **given))
    assert "; values of 0 … 16 (by the training images) scaled to 0 … 255" in images.source
    assert set(np.unique(images.train.images)) <= {round(n * 255 / 16) for n in range(17)}


def test_test_values_beyond_the_training_range_are_clipped(tmp_path):
    given = keras_npz()
    bright = given["x_test"].astype(np.float64) / 100
    images = opened(
        npz(tmp_path / "a.npz", **given | {"x_train": given["x_train"] / 255, "x_test": bright})
    )
    assert images.test.images.max() == 255
    assert (images.test.images[bright >= 1] == 255).all()


def test_a_compressed_npz_is_read_too(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", **keras_npz())
    assert are_the_clothes(opened(tmp_path / "a.npz"))


def test_each_array_is_read_once(tmp_path, monkeypatch):
    reads = []
    real = zipfile.ZipFile.open
    path = npz(tmp_path / "a.npz", **keras_npz())
    monkeypatch.setattr(
        zipfile.ZipFile, "open", lambda self, name: reads.append(name) or real(self, name)
    )
    opened(path)
    assert sorted(reads) == ["x_test.npy", "x_train.npy", "y_test.npy", "y_train.npy"]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_files_with_and_without_a_header(tmp_path, header, delimiter):
    for name, (x, y) in zip(("mnist_train.csv", "mnist_test.csv"), clothes(), strict=True):
        csv(tmp_path / name, x, y, header, delimiter=delimiter)
    images = opened(tmp_path)
    assert are_the_clothes(images)
    assert images.source == "CSV files; rows of 784 numbers as 28 × 28 × 1"


def test_a_csv_file_alone_is_split_and_its_label_may_be_last_or_a_word(tmp_path):
    (x, y), _ = clothes()
    path = csv(tmp_path / "all.csv", x, [f"kind {label}" for label in y], label_last=True)
    images = opened(path)
    assert images.class_names == ("kind 0", "kind 1", "kind 2", "kind 3")
    assert len(images.train) + len(images.test) == 40
    same = opened(csv(tmp_path / "first.csv", x, [f"kind {label}" for label in y]))
    assert same.sha256() == images.sha256()


def test_a_csv_file_of_colour_images_says_the_order_of_its_channels(tmp_path):
    pixels = np.stack([photo(n, (8, 8)) for n in range(30)])
    path = csv(tmp_path / "a.csv", pixels, np.arange(30) % 3)
    images = opened(path)
    assert "; rows of 192 numbers as 8 × 8 × 3, channels last" in images.source
    assert {x.tobytes() for x in images.train.images} < {x.tobytes() for x in pixels}
    planes = csv(tmp_path / "b.csv", np.moveaxis(pixels, -1, 1), np.arange(30) % 3)
    assert {x.tobytes() for x in opened(planes, "@channels=first").train.images} < {
        x.tobytes() for x in pixels
    }


def test_other_columns_of_a_csv_file_are_left_out_and_named(tmp_path):
    lines = ["id,Kind,Pixel 0,1x2,px_3,3,Usage"]
    lines += [f"{n},{n % 2},{n},{n + 1},{n + 2},3,Training" for n in range(20)]
    (tmp_path / "a.csv").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    images = opened(tmp_path / "a.csv", "@label=kind")
    assert images.image_shape == (2, 2, 1)
    assert images.lines[0] == "Columns left out: Usage, id."


@pytest.mark.parametrize("place", ["", "data"])
def test_parquet_files_of_hugging_face(tmp_path, place):
    (x, y), (test_x, test_y) = clothes()
    names = ["top", "trousers", "pullover", "dress"]
    for part in range(2):
        rows = slice(part * 20, part * 20 + 20)
        parquet(tmp_path / place / f"train-0000{part}-of-00002.parquet", x[rows], y[rows], names)
    parquet(tmp_path / place / "test-00000-of-00001.parquet", test_x, test_y, names)
    images = opened(tmp_path)
    assert images.class_names == tuple(names)
    named = {each.tobytes(): label for each, label in zip(x, y, strict=True)}
    found = zip(images.train.images, images.train.labels, strict=True)
    assert all(named[each.tobytes()] == label for each, label in found)
    assert (len(images.train), len(images.test)) == (40, 20)
    assert images.source.startswith("Parquet files; decoded by Pillow")


def test_a_parquet_file_without_class_names_has_its_labels_in_numeric_order(tmp_path):
    labels = np.arange(48) % 12
    pixels = [photo(n) for n in range(48)]
    images = opened(parquet(tmp_path / "a.parquet", pixels, labels, described=False))
    assert images.class_names == tuple(str(n) for n in range(12))
    assert len(images.train) + len(images.test) == 48


def test_images_in_a_parquet_file_may_be_of_any_format(tmp_path):
    (x, y), _ = clothes()
    forms = ("PNG", "TIFF", "BMP", "GIF")
    content = [encoded(each, forms[at % 4]) for at, each in enumerate(x)]
    images = opened(parquet(tmp_path / "a.parquet", content, y, list("abcd")))
    assert {each.tobytes() for part in (images.train, images.test) for each in part.images} == {
        each.tobytes() for each in (x if images.image_shape[2] == 1 else np.repeat(x, 3, 3))
    }


@pytest.mark.parametrize("way", ["folder of images", "saved"])
def test_a_folder_of_hugging_face(tmp_path, way, monkeypatch):
    datasets = pytest.importorskip("datasets", reason='pip install "netzoo[huggingface]"')
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    place = folder(tmp_path / "a")
    if way == "saved":
        found = datasets.load_dataset(str(place), cache_dir=str(tmp_path / "cache"))
        found.save_to_disk(str(tmp_path / "saved"))
        place = tmp_path / "saved"
    images = netzoo.open_images(f"hf:{place}")
    assert images.name == f"hf:{place}"
    assert images.class_names == ("c0", "c1", "c2", "c3")
    assert images.sha256() == netzoo.open_images(str(tmp_path / "a")).sha256()
    assert images.source.startswith(f"Hugging Face, datasets {datasets.__version__}; decoded by")


def test_idx_files_of_any_data_set(tmp_path):
    images = opened(idx_files(tmp_path))
    assert are_the_clothes(images)
    assert images.source == "IDX files"


def test_the_bundled_sample_by_its_path_has_the_images_of_its_name():
    assert opened(sample.FOLDER).sha256() == sample.sample().sha256()


def test_emnist_is_turned_upright_and_its_classes_are_those_that_occur(tmp_path):
    def turned(images, labels):
        return np.swapaxes(images, 1, 2), labels + 1

    images = opened(idx_files(tmp_path, "emnist-letters-", ("train", "test"), change=turned))
    assert are_the_clothes(images)
    assert images.class_names == ("1", "2", "3", "4")
    assert images.source == "IDX files of emnist-letters, rows and columns exchanged"


def test_cifar_10_in_its_binary_version(tmp_path):
    cifar10(tmp_path, records=20)
    names = ["airplane", *(f"kind{n}" for n in range(1, 10))]
    (tmp_path / "batches.meta.txt").write_text("\n".join(names) + "\n\n")
    images = opened(tmp_path)
    assert images.class_names == tuple(names)
    assert (len(images.train), len(images.test)) == (100, 20)
    record = (tmp_path / "data_batch_2.bin").read_bytes()[3073 : 2 * 3073]
    red, green, blue = (record[1 + n * 1024 : 1 + (n + 1) * 1024] for n in range(3))
    assert images.train.images[21, 0, 5].tolist() == [red[5], green[5], blue[5]]
    assert images.train.images[21, 3, 0].tolist() == [red[96], green[96], blue[96]]
    assert images.train.labels[21] == record[0]


def test_cifar_100_takes_the_fine_labels(tmp_path):
    rows = np.zeros((200, 3074), np.uint8)
    rows[:, 0], rows[:, 1] = np.arange(200) % 20, np.arange(200) % 100
    rows[:, 2:] = np.arange(200)[:, None]
    for name in ("train.bin", "test.bin"):
        (tmp_path / name).write_bytes(rows.tobytes())
    images = opened(tmp_path)
    assert len(images.class_names) == 100
    assert images.train.labels.tolist() == (np.arange(200) % 100).tolist()


def test_every_kind_of_files_gives_the_same_split(tmp_path):
    """An image is held out by its content, so the arrays of two kinds of files are split alike."""
    (x, y), _ = clothes()
    first = opened(npz(tmp_path / "a.npz", x=x, y=y))
    second = opened(npz(tmp_path / "b.npz", data=x[..., 0], labels=y))
    assert first.sha256() == second.sha256()


def test_a_video_or_a_text_in_a_parquet_file_is_named(tmp_path):
    (x, y), _ = clothes()
    path = parquet(tmp_path / "a.parquet", [*x[:-1], b"GIF89a"], y, list("abcd"))
    with pytest.raises(DataError, match=r"1 of 40 images cannot be read, such as train\[39\]"):
        opened(path)
    assert len(opened(path, "@damaged=skip").train) > 20


def test_pixels_of_the_npz_are_those_of_the_folder(tmp_path):
    for at, (image, label) in enumerate(zip(*clothes()[0], strict=True)):
        save(tmp_path / "f" / f"{label}" / f"{at}.png", image)
    (x, y), _ = clothes()
    by_folder, by_npz = opened(tmp_path / "f"), opened(npz(tmp_path / "a.npz", x=x, y=y))
    assert by_folder.class_names == by_npz.class_names
    every = [
        {each.tobytes() for part in (images.train, images.test) for each in part.images}
        for images in (by_folder, by_npz)
    ]
    assert every[0] == every[1]
    assert Image.open(io.BytesIO(encoded(x[0]))).size == (28, 28)

"""Real TFDS folders, written by TFDS from the bundled images."""

import contextlib
import io
import shutil

import numpy as np
import pytest
import tensorflow
import tensorflow_datasets
from image_files import encoded
from PIL import Image

import netzoo
from netzoo.data import fashion_mnist, idx, prepared, sample, tfds
from netzoo.data.disk_images import DiskImages
from netzoo.data.source import Split
from netzoo.errors import BadInput, DataError, UnknownName

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def clothes():
    return sample.sample().limited(200, 50)


def mnist_like(train, test):
    """Return a builder that writes as TFDS's own MNIST builders do: the key is the place."""
    with tensorflow_datasets.core.registered.skip_registration():

        class FashionMnist(tensorflow_datasets.core.GeneratorBasedBuilder):
            VERSION = tensorflow_datasets.core.Version("3.0.1")
            name = "fashion_mnist"

            def _info(self):
                features = tensorflow_datasets.features.FeaturesDict(
                    {
                        "image": tensorflow_datasets.features.Image(shape=(28, 28, 1)),
                        "label": tensorflow_datasets.features.ClassLabel(
                            names=list(fashion_mnist.CLASS_NAMES)
                        ),
                    }
                )
                return tensorflow_datasets.core.DatasetInfo(builder=self, features=features)

            def _split_generators(self, dl_manager):
                return {"train": self._generate(train), "test": self._generate(test)}

            def _generate_examples(self):
                raise AssertionError("the splits come from _generate")

            def _generate(self, split):
                pairs = zip(split.images, split.labels, strict=True)
                for place, (image, label) in enumerate(pairs):
                    yield place, {"image": image, "label": int(label)}

    return FashionMnist


def store(folder, name, split, *, size, splits=("train", "test"), version="1.0.0", config=None):
    """Write a colour data set of another size, as TFDS stores one without a builder's code."""
    pixels = np.repeat(split.images, 3, axis=3)[:, : size[0], : size[1]]
    features = {
        "image": tensorflow_datasets.features.Image(shape=pixels.shape[1:]),
        "label": tensorflow_datasets.features.ClassLabel(num_classes=10),
    }
    examples = tensorflow.data.Dataset.from_tensor_slices({"image": pixels, "label": split.labels})
    tensorflow_datasets.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=version,
        config=config,
        features=tensorflow_datasets.features.FeaturesDict(features),
        split_datasets=dict.fromkeys(splits, examples),
        data_dir=str(folder),
    )


def assert_same_from_disk(name, folder):
    whole, by_place = (netzoo.open_images(name, folder, memory=most) for most in (None, 0))
    assert isinstance(by_place.train.images, DiskImages)
    assert by_place.record(None) == whole.record(None)
    (line,) = set(by_place.lines) - set(whole.lines)
    assert "above the memory budget of 0 B" in line


def test_a_prepared_folder_gives_the_arrays_in_the_order_of_the_files(tmp_path, clothes):
    builder = mnist_like(clothes.train, clothes.test)(data_dir=str(tmp_path))
    builder.download_and_prepare()
    folder = tfds.find_prepared(tmp_path, "fashion_mnist")
    class_names, train, test = prepared.read(folder)
    assert class_names == fashion_mnist.CLASS_NAMES
    assert not (train.images == clothes.train.images).all()  # TFDS shuffles what it writes
    train = prepared.in_file_order(train, "train")
    test = prepared.in_file_order(test, "test")
    assert (train.images == clothes.train.images).all()
    assert (train.labels == clothes.train.labels).all()
    assert (test.images == clothes.test.images).all()


@pytest.mark.slow
def test_the_full_set_through_tfds_is_the_full_set(tmp_path):
    train, test = idx.read(fashion_mnist.DEBIAN_FOLDER)
    mnist_like(train, test)(data_dir=str(tmp_path)).download_and_prepare()
    images = netzoo.open_images("fashion_mnist", tmp_path)
    assert "TFDS" in images.source
    assert images.sha256() == fashion_mnist.SHA256


def test_height_width_channels_and_classes_are_read_from_any_data_set(tmp_path, clothes):
    store(tmp_path, "cifar10", clothes.train, size=(20, 24))
    images = netzoo.open_images("cifar10", tmp_path)
    assert images.image_shape == (20, 24, 3)
    assert len(images.class_names) == 10
    assert (len(images.train), len(images.test)) == (200, 200)
    assert sorted(images.train.labels) == sorted(clothes.train.labels)


def test_the_newest_version_is_read(tmp_path):
    for version in ("2.9.0", "2.10.0", "1.0.0"):
        (tmp_path / "mnist" / version).mkdir(parents=True)
        (tmp_path / "mnist" / version / "dataset_info.json").touch()
    assert tfds.find_prepared(tmp_path, "mnist").name == "2.10.0"
    assert tfds.find_prepared(tmp_path, "kmnist") is None


def configured(folder, *configs):
    """Write a data set of several configurations as TFDS's own builders do: each darker."""
    images = sample.sample().limited(40, 20)
    of = tensorflow_datasets.features
    core = tensorflow_datasets.core
    every = [core.BuilderConfig(name=f"by_{n}", version="1.0.0") for n in (1, 2, 4)]
    with core.registered.skip_registration():

        class Dimmed(core.GeneratorBasedBuilder):
            VERSION = core.Version("1.0.0")
            BUILDER_CONFIGS = every

            def _info(self):
                features = {
                    "image": of.Image(shape=(28, 28, 1)),
                    "label": of.ClassLabel(num_classes=10),
                }
                return core.DatasetInfo(builder=self, features=of.FeaturesDict(features))

            def _split_generators(self, dl_manager):
                return {"train": self._generate(images.train), "test": self._generate(images.test)}

            def _generate_examples(self):
                raise AssertionError("the splits come from _generate")

            def _generate(self, split):
                divisor = int(self.builder_config.name.removeprefix("by_"))
                for place, image in enumerate(split.images):
                    yield place, {"image": image // divisor, "label": int(split.labels[place])}

    for config in configs:
        Dimmed(data_dir=str(folder), config=config).download_and_prepare()


def brightest(images):
    return int(images.train.images.max())


def test_of_several_configurations_the_default_is_read_and_others_by_name(tmp_path):
    configured(tmp_path, "by_4", "by_1")
    images = netzoo.open_images("dimmed", tmp_path)
    assert images.source == f"TFDS folder {tmp_path}/dimmed/by_1/1.0.0"
    assert brightest(images) == 255
    configured(tmp_path, "by_2")
    assert brightest(netzoo.open_images("dimmed", tmp_path)) == 255
    for name in ("dimmed/by_4", "dimmed/by_4:1.0.0", "dimmed/by_4:1.*.*"):
        assert brightest(netzoo.open_images(name, tmp_path)) == 63
    assert brightest(netzoo.open_images("dimmed:1.0.0", tmp_path)) == 255


def test_which_configuration_is_meant_is_asked_where_it_is_open(tmp_path):
    configured(tmp_path, "by_4", "by_2")
    asked = (
        f"dimmed is prepared in {tmp_path}/dimmed as dimmed/by_2, dimmed/by_4, and TFDS's default "
        "is dimmed/by_1; name one of them."
    )
    with pytest.raises(BadInput) as caught:
        netzoo.open_images("dimmed", tmp_path)
    assert str(caught.value) == asked
    (tmp_path / "dimmed" / ".config" / "metadata.json").unlink()  # as where folders were copied
    with pytest.raises(BadInput, match=r"as dimmed/by_2, dimmed/by_4; name one of them\.$"):
        netzoo.open_images("dimmed", tmp_path)
    shutil.rmtree(tmp_path / "dimmed" / "by_2")
    assert brightest(netzoo.open_images("dimmed", tmp_path)) == 63


def test_of_several_versions_the_newest_is_read_and_said_and_others_by_name(tmp_path, clothes):
    for version, size in (("1.0.0", (20, 24)), ("1.10.0", (8, 9)), ("1.9.0", (7, 6))):
        store(tmp_path, "cifar10", clothes.train, size=size, version=version)
    images = netzoo.open_images("cifar10", tmp_path)
    assert images.image_shape == (8, 9, 3)
    assert images.source == (
        f"TFDS folder {tmp_path}/cifar10/1.10.0 (of the versions 1.0.0, 1.9.0, 1.10.0)"
    )
    assert netzoo.open_images("cifar10:1.9.0", tmp_path).image_shape == (7, 6, 3)
    assert netzoo.open_images("cifar10:1.0.*", tmp_path).image_shape == (20, 24, 3)


def test_a_version_that_is_not_there_is_not_replaced_by_another(tmp_path, clothes, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    store(tmp_path, "cifar10", clothes.train, size=(20, 24))
    for name in ("cifar10:9.0.0", "cifar10/plain"):
        with pytest.raises(DataError, match=f"no data set '{name}' in .* and no network"):
            netzoo.open_images(name, tmp_path)


def test_without_a_test_split_a_share_of_each_class_is_held_out_by_content(tmp_path, clothes):
    store(tmp_path, "half", clothes.train, size=(20, 24), splits=("train",))
    images = netzoo.open_images("half", tmp_path)
    assert images.source.endswith("; about 20 % of each class held out as test split, by content")
    assert len(images.train) + len(images.test) == 200
    assert 20 < len(images.test) < 60
    assert (np.bincount(images.test.labels) > 0).all()
    assert images.split_table.count("\n") == 200
    other = netzoo.open_images("half@test=0.5", tmp_path)
    assert 70 < len(other.test) < 130
    assert other.name == "half@test=0.5"


def test_a_validation_split_serves_where_there_is_no_test_split(tmp_path, clothes):
    for word in ("validation", "val"):
        store(tmp_path, f"of_{word}", clothes.train, size=(9, 9), splits=("train", word))
        images = netzoo.open_images(f"of_{word}", tmp_path)
        assert images.source.endswith(
            "its validation split serves as the test split, since it has none"
        )
        assert len(images.test) == 200


def test_a_data_set_without_a_training_split_names_that_of_others(tmp_path, clothes):
    store(tmp_path, "cifar10_1", clothes.train, size=(9, 9), splits=("test",))
    with pytest.raises(DataError) as caught:
        netzoo.open_images("cifar10_1", tmp_path)
    assert str(caught.value).endswith(
        "expected a split to train on; found test. It is a test set for networks trained on "
        "cifar10."
    )


def test_images_without_a_label_are_refused(tmp_path, clothes):
    labels = np.where(np.arange(200) < 5, -1, clothes.train.labels)
    store(tmp_path, "half", Split(clothes.train.images, labels), size=(9, 9))
    with pytest.raises(DataError, match="train labels: 5 of 200 are below 0"):
        netzoo.open_images("half", tmp_path)


def patterns(count):
    """Return black and white squares of 4 px and labels, by their density."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % 2
    blocks = random.random((count, 8, 8)) < np.where(labels, 0.3, 0.7)[:, None, None]
    return np.kron(blocks, np.ones((1, 4, 4))).astype(np.uint8)[..., None] * 255, labels


def stored_files(folder, name, encode, *, shape, count=40, **options):
    """Write image files as they are into a TFDS set; encode: gives the bytes of pixels."""
    of = tensorflow_datasets.features
    core = tensorflow_datasets.core
    pixels, labels = patterns(count)
    with core.registered.skip_registration():

        class Patterns(core.GeneratorBasedBuilder):
            VERSION = core.Version("1.0.0")

            def _info(self):
                features = {"image": of.Image(shape=shape), "label": of.ClassLabel(num_classes=2)}
                return core.DatasetInfo(builder=self, features=of.FeaturesDict(features))

            def _split_generators(self, dl_manager):
                return {"train": self._generate_examples(), "test": self._generate_examples()}

            def _generate_examples(self):
                for place, each in enumerate(pixels):
                    content = io.BytesIO(encode(each, place))
                    yield place, {"image": content, "label": int(labels[place])}

    Patterns.name = name
    Patterns(data_dir=str(folder), **options).download_and_prepare()
    return pixels, labels


def test_jpeg_files_are_decoded_as_pillow_decodes_them(tmp_path):
    """TensorFlow's default turns some of these black pixels white, and white ones black."""
    options = {"shape": (32, 32, 1)}
    stored_files(tmp_path, "sharp", lambda each, _: encoded(each, "JPEG"), **options)
    images = netzoo.open_images("sharp", tmp_path).train.images
    pixels, _ = patterns(40)
    wanted = {np.asarray(Image.open(io.BytesIO(encoded(p, "JPEG")))).tobytes() for p in pixels}
    assert {image.tobytes() for image in images} == wanted
    assert max(np.abs(image.astype(int) - 128).min() for image in images) > 100


def test_images_of_different_sizes_are_resized(tmp_path):
    def encode(each, place):
        return encoded(each if place % 4 else each[:20, :24], "PNG")

    stored_files(tmp_path, "mixed", encode, shape=(None, None, 1))
    images = netzoo.open_images("mixed", tmp_path)
    assert images.image_shape == (32, 32, 1)
    assert "resized to 32 × 32 px (the commonest size)" in images.source
    assert "Images: 20 resized to 32 × 32 px." in images.lines
    assert_same_from_disk("mixed", tmp_path)
    small = netzoo.open_images("mixed@size=8x9", tmp_path)
    assert small.image_shape == (8, 9, 1)


@pytest.mark.parametrize("form", ["tfrecord", "array_record"])
def test_both_formats_of_tfds_give_the_same_images(tmp_path, form):
    pytest.importorskip("array_record")
    options = {"shape": (32, 32, 1), "file_format": form}
    pixels, _ = stored_files(tmp_path, "squares", lambda each, _: encoded(each), **options)
    images = netzoo.open_images("squares", tmp_path)
    assert sorted(p.tobytes() for p in images.train.images) == sorted(p.tobytes() for p in pixels)


def test_a_count_that_differs_from_the_description_is_refused(tmp_path, clothes):
    store(tmp_path, "short", clothes.train, size=(9, 9))
    about = tfds.find_prepared(tmp_path, "short") / "dataset_info.json"
    about.write_text(about.read_text().replace('"200"', '"300"'))
    with pytest.raises(DataError, match="expected to contain 300 elements but contained only 200"):
        netzoo.open_images("short", tmp_path)


def test_images_that_are_stored_as_numbers_are_scaled(tmp_path, clothes):
    of = tensorflow_datasets.features
    features = {
        "image": of.Tensor(shape=(28, 28, 1), dtype=np.float32),
        "label": of.ClassLabel(num_classes=10),
    }
    values = {"image": (clothes.train.images / 255).astype(np.float32)}
    examples = tensorflow.data.Dataset.from_tensor_slices(values | {"label": clothes.train.labels})
    tensorflow_datasets.dataset_builders.store_as_tfds_dataset(
        name="numbers",
        version="1.0.0",
        features=of.FeaturesDict(features),
        split_datasets={"train": examples, "test": examples},
        data_dir=str(tmp_path),
    )
    images = netzoo.open_images("numbers", tmp_path)
    assert "; values of 0 … 1 (by the training images) scaled to 0 … 255" in images.source
    assert {x.tobytes() for x in images.train.images} == {x.tobytes() for x in clothes.train.images}
    assert_same_from_disk("numbers", tmp_path)


def test_a_data_set_is_read_whole_or_refused(tmp_path):
    """TFDS 4.9.10 keeps some 400 of 1,000 examples in Parquet files, and its info says 1,000."""
    options = {"shape": (32, 32, 1), "count": 1000, "file_format": "parquet"}
    stored_files(tmp_path, "lost", lambda each, _: encoded(each), **options)
    with contextlib.suppress(DataError):
        assert len(netzoo.open_images("lost", tmp_path).train) == 1000


def test_a_prepared_folder_is_read_by_its_path(tmp_path, clothes):
    store(tmp_path, "mine", clothes.train, size=(9, 9))
    folder = tfds.find_prepared(tmp_path, "mine")
    wanted = netzoo.open_images("mine", tmp_path).sha256()
    assert_same_from_disk("mine", tmp_path)
    for path in (folder, folder.parent):
        images = netzoo.open_images(path)
        assert images.sha256() == wanted
        assert images.source == f"TFDS folder {folder}"


def test_a_damaged_folder_is_refused(tmp_path, clothes):
    store(tmp_path, "broken", clothes.train, size=(20, 24))
    folder = tfds.find_prepared(tmp_path, "broken")
    next(folder.glob("*test*tfrecord*")).write_bytes(b"\0" * 100)
    with pytest.raises(DataError, match="split test cannot be read"):
        netzoo.open_images("broken", tmp_path)
    (folder / "dataset_info.json").write_text("{")
    with pytest.raises(DataError, match="not a folder that TFDS can read"):
        netzoo.open_images("broken", tmp_path)


def test_an_unknown_name_gives_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match=r"no data set 'cifer10'; did you mean 'cifar10'"):
        netzoo.open_images("cifer10", tmp_path)


def test_without_a_network_a_known_name_says_so_within_seconds(tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(DataError, match=r"no data set 'cifar10' in .* and no network"):
        netzoo.open_images("cifar10", tmp_path)


@pytest.mark.network
def test_a_download_gives_the_same_arrays(tmp_path):
    assert netzoo.open_images("fashion_mnist", tmp_path).sha256() == fashion_mnist.SHA256

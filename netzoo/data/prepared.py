"""The images of a folder that TensorFlow Datasets (TFDS) has prepared."""

import contextlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from netzoo import backend
from netzoo.data import cache, memory, splits
from netzoo.data.disk_images import CHUNK_BYTES
from netzoo.data.from_arrays import from_arrays
from netzoo.data.from_files import from_files
from netzoo.data.reading import Files
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images, Split
from netzoo.data.spool import Spool, spooled
from netzoo.errors import DataError

TOGETHER = 1024  # examples that TFDS decodes at a time, at most
# Test sets without a training split of their own, and what to train on.
TRAINED_ON = {
    "cifar10_1": "cifar10",
    "cifar10_corrupted": "cifar10",
    "imagenet2012_corrupted": "imagenet2012",
    "imagenet_a": "imagenet2012",
    "imagenet_r": "imagenet2012",
    "imagenet_sketch": "imagenet2012",
    "imagenet_v2": "imagenet2012",
    "mnist_corrupted": "mnist",
}


def open_prepared(name: str, folder: Path, source: str, settings: Settings) -> Images:
    """Return the images of a prepared folder; source: in words.

    Without a test split the validation split serves, without either a share of each class is held
    out. Images of different sizes are resized. Raises DataError.
    """
    settings.only("TFDS data sets", "size", "test", "damaged", "range")
    builder = builder_of(folder)
    features = _checked(builder, folder)
    found = {splits.NAMES[each]: each for each in builder.info.splits if each in splits.NAMES}
    if splits.TRAIN not in found:
        base = re.split("[@:/]", name)[0]
        advice = (
            f" It is a test set for networks trained on {TRAINED_ON[base]}."
            if base in TRAINED_ON
            else ""
        )
        raise DataError(
            f"{folder}: expected a split to train on; found {few(builder.info.splits)}.{advice}"
        )
    test_name, _ = splits.serving_as_test(found, name, settings)
    used = {split: found[split] for split in found if split in (splits.TRAIN, test_name)}
    classes, image = tuple(features["label"].names), features["image"]
    is_whole = settings.size is None and None not in image.shape
    if is_whole and not _is_array_record(builder):
        settings.only("TFDS data sets of one size", "test", "range")
        why = memory.above("its arrays take", taken := _bytes(builder, used.values()))
        on_disk = why is not None and taken <= cache.room_bytes()
        arrays = {split: _arrays(builder, each, on_disk=on_disk) for split, each in used.items()}
        pairs = {split: (each.images, each.labels) for split, each in arrays.items()}
        is_pixels = isinstance(image, package().features.Image) and image.np_dtype == np.uint8
        where = f"Images: {why}; they are written to a file in {cache.folder()} and read by place."
        lines = [where] if on_disk else []
        images = from_arrays(name, source, pairs, settings, classes, lines, are_pixels=is_pixels)
    else:
        files = {split: _files(builder, each) for split, each in used.items()}
        images = from_files(name, source, files, classes, settings)
    return images


def read(folder: Path) -> tuple[tuple[str, ...], Split, Split]:
    """Return class names, training and test split of a prepared folder, in its files' order.

    Raises DataError.
    """
    builder = builder_of(folder)
    features = _checked(builder, folder)
    if not {"train", "test"} <= set(builder.info.splits):
        raise DataError(
            f"{folder}: expected the splits train and test; found {list(builder.info.splits)}."
        )
    return tuple(features["label"].names), _arrays(builder, "train"), _arrays(builder, "test")


def in_file_order(split: Split, name: str) -> Split:
    """Return a split in the order of its IDX file.

    TFDS orders the examples by the hash of their keys, with the split's name as salt; data sets of
    the MNIST family use the position in the IDX file as key.
    """
    hasher = package().core.hashing.Hasher(name)
    written = sorted(range(len(split)), key=hasher.hash_key)
    places = np.argsort(written)
    return split.only(places)


def builder_of(folder: Path) -> Any:
    """Return TFDS's builder of a prepared folder. Raises DataError."""
    try:
        return package().builder_from_directory(str(folder))
    except Exception as error:
        raise DataError(f"{folder}: not a folder that TFDS can read: {_reason(error)}") from error


def package() -> Any:
    """Return the tensorflow_datasets module, without its progress bars and notices."""
    backend.keep_tensorflow_off_gpu()
    with contextlib.redirect_stderr(io.StringIO()):
        import tensorflow_datasets

    tensorflow_datasets.disable_progress_bar()
    return tensorflow_datasets


def _checked(builder: Any, folder: Path) -> Mapping[str, Any]:
    """Return the features of a data set of images and classes. Raises DataError for another."""
    kinds, told = package().features, builder.info.features
    features = dict(told.items()) if isinstance(told, kinds.FeaturesDict) else {}
    image = features.get("image")
    if (
        not isinstance(image, kinds.Image | kinds.Tensor)
        or (not isinstance(image, kinds.Image) and (len(image.shape) < 2 or None in image.shape))
        or not isinstance(features.get("label"), kinds.ClassLabel)
    ):
        raise DataError(
            f"{folder}: expected an image and a class as label; "
            f"found {' '.join(str(told).split())}."
        )
    return features


def _arrays(builder: Any, name: str, *, on_disk: bool = False) -> Split:
    """Return a split of images of one size. Raises DataError."""
    decoders, about = {}, builder.info.features["image"]
    if isinstance(about, package().features.Image):
        decoders["image"] = _exact()
    item_bytes = int(np.prod(about.shape, dtype=np.int64)) * np.dtype(about.np_dtype).itemsize
    together = max(1, min(TOGETHER, CHUNK_BYTES // item_bytes))
    batches = _examples(builder, name, decoders, batch_size=together)
    labels: list[Any] = []

    def parts() -> Iterator[Any]:
        for part in batches:
            labels.append(part["label"])
            yield part["image"]

    images: Any
    if on_disk:
        count = builder.info.splits[name].num_examples
        images = spooled(parts(), count, about.shape, about.np_dtype)
    else:
        images = np.concatenate(list(parts()))
    return Split(images, np.concatenate(labels).astype(np.int64))


def _bytes(builder: Any, names: Iterable[str]) -> int:
    """Return what the images of splits of one size take as they are decoded."""
    about = builder.info.features["image"]
    count = sum(builder.info.splits[name].num_examples for name in names)
    return int(count * np.prod(about.shape, dtype=np.int64) * np.dtype(about.np_dtype).itemsize)


def _files(builder: Any, name: str) -> Files:
    """Return the images of a split as files in memory, or in one file. Raises DataError."""
    skip = {"image": package().decode.SkipDecoding()}
    content: list[bytes] = []
    used = builder.info.splits[name].num_bytes
    on_disk = memory.above("", used) is not None and used <= cache.room_bytes()
    spool = Spool() if on_disk else None
    found = []
    for part in _examples(builder, name, skip):
        (content if spool is None else spool).append(part["image"])
        found.append(int(part["label"]))
    names = [f"{name}[{at}]" for at in range(len(found))]
    labels = np.array(found, np.int64)
    if (labels < 0).any():
        raise DataError(
            f"{builder.data_dir}: {(labels < 0).sum()} of {len(labels)} images of its {name} split "
            "have no label (-1)."
        )
    return Files(
        names, spool.open if spool is not None else lambda at: BytesIO(content[at]), labels
    )


def _examples(builder: Any, name: str, decoders: Any, **options: Any) -> Iterator[Any]:
    """Yield the examples of a split in the order of its files, as NumPy arrays.

    TFDS itself counts them, and raises where its description says another number.
    """
    tfds = package()
    config = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    try:
        if _is_array_record(builder):
            yield from builder.as_data_source(name, decoders=decoders)
        else:
            options |= {"read_config": config, "decoders": decoders}
            yield from tfds.as_numpy(builder.as_dataset(name, **options))
    except Exception as error:
        raise DataError(
            f"{builder.data_dir}: split {name} cannot be read: {_reason(error)}"
        ) from error


def _exact() -> Any:
    """Return a decoder as TFDS's own, but exact for JPEG files.

    TensorFlow's default (dct_method IFAST) inverts pixels of sharp black-and-white patterns.
    """
    import tensorflow as tf

    def decode(content: Any, feature: Any) -> Any:
        if feature.np_dtype != np.uint8 or feature.shape[-1] not in (1, 3):
            return feature.decode_example(content)

        def jpeg() -> Any:
            return tf.io.decode_jpeg(content, feature.shape[-1], dct_method="INTEGER_ACCURATE")

        image = tf.cond(tf.io.is_jpeg(content), jpeg, lambda: feature.decode_example(content))
        image.set_shape(feature.shape)
        return image

    return package().decode.make_decoder()(decode)()


def _is_array_record(builder: Any) -> bool:
    return str(builder.info.file_format.value) == "array_record"


def _reason(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]

"""Data sets on disk, made from the bundled images: folders, .npz, CSV, Parquet, CIFAR's files."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from netzoo.data import idx, sample

_FEW = {}


def clothes(train=40, test=20):
    """Return some of the bundled images of clothes, of the first four classes alone."""
    if (train, test) not in _FEW:
        images = sample.sample()
        parts = []
        for split, count in ((images.train, train), (images.test, test)):
            chosen = np.concatenate(
                [np.flatnonzero(split.labels == c)[: count // 4] for c in range(4)]
            )
            chosen.sort()
            parts.append((split.images[chosen], split.labels[chosen]))
        _FEW[train, test] = parts
    return _FEW[train, test]


def save(path, pixels, **options):
    """Write an array as an image file, in the format of its name; return its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.asarray(pixels)
    Image.fromarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array).save(
        path, **options
    )
    return path


def photo(seed=0, size=(12, 10), channels=3):
    """Return smooth random pixels, uint8 (height, width, channels)."""
    random = np.random.default_rng(seed)
    rough = random.integers(0, 256, (4, 4, channels), np.uint8)
    bands = [Image.fromarray(rough[..., c]).resize(size[::-1]) for c in range(channels)]
    return np.stack([np.asarray(band) for band in bands], axis=-1)


def folder(root, layout=("train", "test"), ending="png", train=40, test=20):
    """Write the clothes as a folder of images, a folder a class; layout: of splits, () for none."""
    splits = dict(zip(layout, clothes(train, test), strict=False)) or {"": clothes(train, test)[0]}
    for split, (images, labels) in splits.items():
        for at, (image, label) in enumerate(zip(images, labels, strict=True)):
            save(Path(root) / split / f"c{label}" / f"{at:04d}.{ending}", image)
    return Path(root)


def photos(root, classes=("cat", "dog"), count=5, size=(12, 10)):
    """Write a folder of small colour photographs, a folder a class; return its path."""
    for number, name in enumerate(classes):
        Path(root, name).mkdir(parents=True, exist_ok=True)
        for at in range(count):
            save(Path(root) / name / f"{at}.png", photo(100 * number + at, size))
    return Path(root)


def npz(path, **arrays):
    """Write an .npz file; return its path."""
    np.savez(path, **arrays)
    return Path(path)


def keras_npz():
    """Return the arrays of an .npz file as Keras names them."""
    (x, y), (test_x, test_y) = clothes()
    return {"x_train": x[..., 0], "y_train": y, "x_test": test_x[..., 0], "y_test": test_y}


def medmnist_npz():
    """Return the arrays of an .npz file as MedMNIST has them: labels (count, 1), three splits."""
    (x, y), (test_x, test_y) = clothes()
    labels = {"train_labels": y, "val_labels": test_y[:10], "test_labels": test_y}
    images = {"train_images": x, "val_images": test_x[:10], "test_images": test_x}
    pixels = {key: each[..., 0] for key, each in images.items()}
    return pixels | {key: each[:, None].astype(np.uint8) for key, each in labels.items()}


def csv(path, images, labels, header=True, label_last=False, delimiter=","):
    """Write images as rows of a CSV file; return its path."""
    rows = np.asarray(images).reshape(len(images), -1)
    names = [f"pixel{n}" for n in range(rows.shape[1])]
    lines = []
    if header:
        lines.append([*names, "label"] if label_last else ["label", *names])
    for label, row in zip(labels, rows, strict=True):
        cells = [str(value) for value in row]
        lines.append([*cells, str(label)] if label_last else [str(label), *cells])
    path = Path(path)
    path.write_text("".join(delimiter.join(line) + "\n" for line in lines), encoding="utf-8")
    return path


def encoded(pixels, form="PNG"):
    """Return an array as the bytes of an image file."""
    array = np.asarray(pixels)
    file = io.BytesIO()
    Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(file, form)
    return file.getvalue()


def parquet(path, images, labels, names=None, described=True, label="label"):
    """Write a Parquet file as Hugging Face does; return its path."""
    import pyarrow
    import pyarrow.parquet

    content = [each if isinstance(each, bytes | None) else encoded(each) for each in images]
    image = pyarrow.array(
        [{"bytes": each, "path": None} for each in content],
        pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())]),
    )
    table = pyarrow.table({"image": image, label: pyarrow.array(list(labels))})
    if described:
        features = {"image": {"_type": "Image"}, label: {"_type": "ClassLabel", "names": names}}
        about = {"huggingface": json.dumps({"info": {"features": features}})}
        table = table.replace_schema_metadata(about)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path)
    return path


def idx_files(folder, prefix="", words=("train", "t10k"), train=40, test=20, change=None):
    """Write the clothes as four IDX files, named as MNIST's or EMNIST's; return their folder.

    change: what is made of images and labels before.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for word, (images, labels) in zip(words, clothes(train, test), strict=True):
        x, y = (images, labels) if change is None else change(images, labels)
        idx.write(folder / f"{prefix}{word}-images-idx3-ubyte.gz", x[..., 0])
        idx.write(folder / f"{prefix}{word}-labels-idx1-ubyte.gz", y.astype(np.uint8))
    return folder


def cifar10(folder, records=4):
    """Write CIFAR-10's binary files, with a few records of random colours each."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate([*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]):
        random = np.random.default_rng(number)
        rows = random.integers(0, 256, (records, 3073), np.uint8)
        rows[:, 0] = np.arange(records) % 10
        (folder / f"{name}.bin").write_bytes(rows.tobytes())
    return folder

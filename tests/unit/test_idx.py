import gzip
import shutil
import struct

import numpy as np
import pytest

from netzoo.data import idx
from netzoo.errors import DataError

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    for split, count in (("train", 30), ("test", 10)):
        images, labels = idx.FILES[split]
        idx.write(tmp_path / f"{images}.gz", random.integers(0, 256, (count, 5, 4), np.uint8))
        idx.write(tmp_path / f"{labels}.gz", np.arange(count, dtype=np.uint8) % 10)
    return tmp_path


def unpack(path):
    path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    path.unlink()


def test_plain_and_gzip_give_the_same_arrays(folder):
    train, test = idx.read(folder)
    assert train.images.shape == (30, 5, 4, 1)
    assert train.labels.tolist() == [label % 10 for label in range(30)]
    for path in list(folder.iterdir()):
        unpack(path)
    plain_train, plain_test = idx.read(folder)
    assert (plain_train.images == train.images).all()
    assert (plain_test.labels == test.labels).all()


def repack(path, change):
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


def cut_gzip(path):
    path.write_bytes(path.read_bytes()[:-20])


def flip_gzip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        (TRAIN_IMAGES, cut_gzip, "expected a whole gzip file; found a damaged one"),
        (TRAIN_IMAGES, flip_gzip, "expected a whole gzip file; found a damaged one"),
        (TRAIN_IMAGES, lambda p: p.write_bytes(b""), "found an empty file"),
        (TRAIN_IMAGES, lambda p: p.write_bytes(b"not gzip"), "expected a whole gzip file"),
        (TRAIN_IMAGES, lambda p: p.unlink(), "expected the file train-images-idx3-ubyte or"),
        (TRAIN_IMAGES, lambda p: repack(p, lambda b: b[:-1]), "expected 600 values .* found 599"),
        (TRAIN_IMAGES, lambda p: repack(p, lambda b: b + b"x"), "expected 600 values .* found 601"),
        (TRAIN_IMAGES, lambda p: repack(p, lambda b: b[:9]), "a header of 16 bytes; found 9"),
        (
            TRAIN_IMAGES,
            lambda p: repack(p, lambda b: b"\0\0\x0d\3" + b[4:]),
            "begins with 00000803; found 00000d03",
        ),
        (
            TRAIN_LABELS,
            lambda p: repack(p, lambda b: b[:4] + struct.pack(">I", 29) + b[8:-1]),
            "expected 30 labels, the number of images in train-images-idx3-ubyte.gz; found 29",
        ),
        (
            TRAIN_LABELS,
            lambda p: p.write_bytes((p.parent / TRAIN_IMAGES).read_bytes()),
            "begins with 00000801; found 00000803",
        ),
    ],
)
def test_a_damaged_file_is_named_with_expected_and_found(folder, name, damage, words):
    path = folder / name
    damage(path)
    with pytest.raises(DataError, match=words) as caught:
        idx.read(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_writing_is_repeatable(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    idx.write(tmp_path / "a.gz", array)
    idx.write(tmp_path / "b.gz", array)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def renamed(folder, change):
    """Give the four files other names, or another place."""
    for path in list(folder.glob("*ubyte*")):
        new = folder / change(path.name)
        new.parent.mkdir(parents=True, exist_ok=True)
        path.rename(new)


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("-idx", ".idx") if "labels" in name else name,
        lambda name: f"FashionMNIST/raw/{name}",
        lambda name: f"raw/{name.replace('-idx', '.idx')}",
        lambda name: f"FashionMNIST/raw/{name}" if "t10k" in name else name,
    ],
    ids=["dots", "some dots", "torchvision", "raw", "two places"],
)
@pytest.mark.parametrize("unpacked", ["none", "labels", "all"])
def test_other_usual_names_and_places_give_the_same_arrays(folder, change, unpacked):
    wanted = idx.read(folder)
    renamed(folder, change)
    for path in list(folder.rglob("*.gz")):
        if unpacked == "all" or unpacked in path.name:
            unpack(path)
    assert idx.has_files(folder)
    found = idx.read(folder)
    for split, other in zip(wanted, found, strict=True):
        assert (split.images == other.images).all()
        assert (split.labels == other.labels).all()


def test_a_name_that_tells_wrongly_whether_it_is_packed_does_not_matter(folder):
    wanted = idx.read(folder)
    images, labels = folder / TRAIN_IMAGES, folder / TRAIN_LABELS
    images.rename(images.with_suffix(""))
    labels.write_bytes(gzip.decompress(labels.read_bytes()))
    assert (idx.read(folder)[0].images == wanted[0].images).all()


def test_a_file_that_is_there_twice_is_read_if_both_hold_the_same(folder):
    wanted = idx.read(folder)
    raw = folder / "FashionMNIST" / "raw"
    shutil.copytree(folder, raw)
    for path in list(folder.glob("*.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    assert (idx.read(folder)[1].images == wanted[1].images).all()
    other = raw / "t10k-labels-idx1-ubyte.gz"
    idx.write(other, np.full(10, 3, np.uint8))
    with pytest.raises(DataError) as caught:
        idx.read(folder)
    assert str(caught.value) == (
        f"{folder / 't10k-labels-idx1-ubyte'} and {other} hold different data; remove the wrong "
        "one."
    )

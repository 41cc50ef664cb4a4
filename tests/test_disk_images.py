"""Images that exceed the budget of memory: read from disk by place, and the same to the bit."""

import contextlib
import io
import os
import resource
import shutil

import numpy as np
import pytest
from image_files import cifar10, clothes, folder, idx_files, keras_npz, npz, parquet, photos, save

import netzoo
from netzoo.data import cache, memory, pictures
from netzoo.data.disk_images import DiskImages, chunks
from netzoo.data.thumbnails import thumbnails
from netzoo.errors import BadInput, DataError

pytestmark = pytest.mark.backend_independent


@pytest.fixture
def no_room(monkeypatch):
    monkeypatch.setattr(cache, "room_bytes", lambda: 0)


def both(path, **given):
    """Open images in memory and from disk; they are the same in all that is recorded."""
    whole, by_place = netzoo.open_images(path), netzoo.open_images(path, memory=0, **given)
    for split in ("train", "test"):
        kept, read = getattr(whole, split), getattr(by_place, split)
        assert isinstance(kept.images, np.ndarray)
        assert isinstance(read.images, DiskImages)
        assert read.images.shape == kept.images.shape
        assert (read.labels == kept.labels).all()
    assert whole.record(None) == by_place.record(None)
    assert whole.split_table == by_place.split_table
    return whole, by_place


def mixed(root):
    """Write photographs of two sizes, grey and colour, one transparent and one turned."""
    photos(root, count=6)
    save(root / "cat" / "grey.jpg", np.full((9, 9, 1), 80, np.uint8))
    save(root / "cat" / "clear.png", np.full((12, 10, 4), 90, np.uint8))
    return root


def array(kind, place):
    """Write a data set of a kind; return its path."""
    (x, y), (test_x, test_y) = clothes()
    colour = np.moveaxis(x.repeat(3, axis=3), 3, 1)
    if kind == "compressed":
        np.savez_compressed(place / "c.npz", x_train=x, y_train=y, x_test=test_x, y_test=test_y)
        return place / "c.npz"
    if kind == "parquet":
        pytest.importorskip("pyarrow")
        return parquet(place / "p.parquet", x, y)
    return {
        "keras": lambda: npz(place / "k.npz", **keras_npz()),
        "floats": lambda: npz(place / "f.npz", x=(x / 255).astype(np.float32)[..., 0], y=y),
        "rows": lambda: npz(place / "r.npz", x=x.reshape(len(x), -1), y=y),
        "channels first": lambda: npz(place / "m.npz", x=np.ascontiguousarray(colour), y=y),
        "by columns": lambda: npz(place / "b.npz", x=np.asfortranarray(x), y=y),
        "idx": lambda: idx_files(place / "idx"),
        "cifar": lambda: cifar10(place / "cifar"),
    }[kind]()


@pytest.mark.parametrize("make", [folder, mixed, lambda root: folder(root, (), "jpg")])
def test_a_folder_is_the_same_from_disk(tmp_path, make):
    whole, by_place = both(make(tmp_path / "a"))
    assert "above the memory budget of 0 B" in by_place.lines[-1]
    assert "by place" in by_place.lines[-1]
    assert by_place.lines[:-1] == whole.lines


def test_files_that_the_disk_has_no_room_for_are_decoded_each_time(tmp_path, no_room):
    _, by_place = both(mixed(tmp_path / "a"))
    assert "has room for 0 B, so each is decoded whenever it is read" in by_place.lines[-1]
    shutil.rmtree(tmp_path / "a" / "dog")
    with pytest.raises(DataError, match=r"dog/\d\.png has changed: No such file"):
        by_place.train.images[:]


@pytest.mark.parametrize(
    "kind",
    [
        *("keras", "compressed", "floats", "rows", "channels first", "by columns", "parquet"),
        *("idx", "cifar"),
    ],
)
def test_arrays_and_tables_are_the_same_from_disk(tmp_path, kind):
    _, by_place = both(array(kind, tmp_path))
    assert sum("above the memory budget of 0 B" in line for line in by_place.lines) == 1


@pytest.mark.parametrize("has_room", [True, False])
def test_damaged_files_are_left_out_from_disk_too(tmp_path, monkeypatch, has_room):
    place = photos(tmp_path / "a", count=8)
    content = (place / "cat" / "3.png").read_bytes()
    (place / "cat" / "3.png").write_bytes(content[: len(content) * 2 // 3])
    if not has_room:
        monkeypatch.setattr(cache, "room_bytes", lambda: 0)
    with pytest.raises(DataError, match=r"1 of 16 images cannot be read, such as cat/3\.png"):
        netzoo.open_images(place, memory=0)
    with cache.kept_in(tmp_path / "kept"):
        for _ in range(2):  # the second time from what was kept
            for images in both(f"{place}@damaged=skip"):
                assert len(images.train) + len(images.test) == 15
                assert all(image.any() for image in (*images.train.images, *images.test.images))
    assert not (tmp_path / "kept").exists()


def test_a_part_of_the_images_is_the_same_part(tmp_path):
    whole, by_place = (
        images.limited(24, 10).with_validation(0.25) for images in both(folder(tmp_path / "a"))
    )
    for split in ("train", "validation", "test"):
        kept, read = getattr(whole, split), getattr(by_place, split)
        assert (read.labels == kept.labels).all()
        assert (read.images[:] == kept.images).all()
        assert (np.asarray(read.images) == kept.images).all()
        assert (np.concatenate([*chunks(read.images)]) == kept.images).all()
        assert all((a == b).all() for a, b in zip(read.images, kept.images, strict=True))
    kept, read = whole.train.images, by_place.train.images
    places = np.array([3, 4, 5, 0, 17, 3])
    ranges = slice(1, 9), slice(None, None, -2), slice(0, 0)
    for key in (2, -1, *ranges, places, places[:0], np.arange(len(kept)) > 9):
        assert (read[key] == kept[key]).all()
        assert read[key].shape == kept[key].shape
    with pytest.raises(IndexError):
        read[len(kept)]
    with pytest.raises(TypeError, match="by place"):
        read[..., 0]
    assert thumbnails(by_place.test, "") == thumbnails(whole.test, "")


def test_the_processes_of_a_command_decode_once_and_read_what_was_kept(tmp_path, monkeypatch):
    place = photos(tmp_path / "photos")
    wanted = netzoo.open_images(place).sha256()
    with cache.kept_in(tmp_path / "kept"):
        assert netzoo.open_images(place, memory=0).sha256() == wanted
        assert len(list((tmp_path / "kept").iterdir())) == 2
        monkeypatch.setattr(pictures, "pixels", None)  # nothing is decoded
        images = netzoo.open_images(place, memory=0)
        assert images.sha256() == wanted
        assert isinstance(netzoo.open_images(place).train.images, np.ndarray)
    assert not (tmp_path / "kept").exists()
    assert images.sha256() == wanted  # the file is open


def test_a_file_that_is_cut_short_is_not_taken_for_images(tmp_path):
    place = photos(tmp_path / "photos")
    with cache.kept_in(tmp_path / "kept"):
        images = netzoo.open_images(place, memory=0)
        for path in (tmp_path / "kept").iterdir():
            os.truncate(path, path.stat().st_size - 1)
        with pytest.raises(DataError, match="is cut short"):
            images.sha256()


def test_a_disk_that_fills_up_lets_files_be_decoded_each_time(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.Rows, "write", full)
    with cache.kept_in(tmp_path / "kept"):
        _, by_place = both(photos(tmp_path / "photos"))
        assert "so each is decoded whenever it is read" in by_place.lines[-1]
        assert {path.suffix for path in (tmp_path / "kept").iterdir()} == {".json"}


@contextlib.contextmanager
def small_disk():
    """Let no file grow above 1,000 bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_not_a_damaged_file(tmp_path):
    path = array("compressed", tmp_path)
    with small_disk(), pytest.raises(DataError) as error:
        netzoo.open_images(path, memory=0)
    assert str(error.value) == f"{cache.folder()} cannot take the images: File too large."


def test_arrays_that_a_full_disk_does_not_take_stay_in_memory(tmp_path):
    path = array("cifar", tmp_path)
    with small_disk():
        images = netzoo.open_images(path, memory=0)
    assert isinstance(images.train.images, np.ndarray)
    assert "so they stay in memory" in images.lines[-1]


def test_files_are_not_held_while_they_are_read(tmp_path, monkeypatch):
    """Whatever their number, as many are open as there are threads."""
    place = photos(tmp_path / "photos", count=40)
    opened, most = [], []
    decode = pictures.pixels

    def counting(file, kind, size):
        opened.append(file)
        most.append(sum(not each.closed for each in opened))
        return decode(file, kind, size)

    monkeypatch.setattr(pictures, "pixels", counting)
    netzoo.open_images(place, memory=0)
    assert len(opened) == 80
    assert max(most) <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        *(("2GB", 2 * 10**9), ("500 MB", 5 * 10**8), ("1.5GiB", 3 << 29), ("2gib", 2 << 30)),
        *(
            ("0", 0),
            ("3000", 3000),
            (".5k", 500),
            ("1TB", 10**12),
            (" 7B ", 7),
            (7, 7),
            (None, None),
        ),
    ],
)
def test_sizes_are_read_as_people_write_them(size, wanted):
    assert memory.bytes_of(size) == wanted


@pytest.mark.parametrize(
    "size", ["", "GB", "2.5", "2 XB", "-1", "1e9", "2GBB", "3i", 2.0, True, -1]
)
def test_another_size_is_refused(size):
    with pytest.raises(BadInput, match=r"`memory` is a size such as 2GB.* received "):
        memory.bytes_of(size)


def test_the_budget_is_half_of_what_is_free_and_holds_for_what_is_inside(monkeypatch):
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1000)
    with memory.budget(None):
        assert memory.limit() == 500
        with memory.budget("600B"):
            assert memory.limit() == 600
            monkeypatch.setattr(memory, "free_bytes", lambda: 100)
            with memory.budget(None):
                assert memory.limit() == 80  # no more than is safe
    assert memory.VARIABLE not in os.environ
    monkeypatch.setenv(memory.VARIABLE, "40 B")
    with memory.budget(None):
        assert memory.limit() == 40
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    with memory.budget("1GB"):
        assert memory.limit() == 10**9


def test_a_header_has_the_digest_of_the_whole_file():
    content = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (400, 300, 3), np.uint8)
    pictures.Image.fromarray(pixels).save(content, "PNG")
    digest = pictures.hashlib.sha256(content.getvalue()).digest()
    assert pictures.header(content).digest == digest


def test_processes_side_by_side_share_the_budget():
    with memory.budget("2GB", 4):
        assert memory.bytes_of(os.environ[memory.VARIABLE]) == 5 * 10**8
    with memory.budget("2GB"):
        assert memory.bytes_of(os.environ[memory.VARIABLE]) == 2 * 10**9

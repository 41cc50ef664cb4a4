"""Folders of real image files: classes, splits, what is skipped and what is said."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from image_files import clothes, encoded, folder, photo, photos, save
from PIL import Image

import netzoo
from netzoo.errors import DataError
from netzoo.runs.request import Request

pytestmark = pytest.mark.backend_independent


def by_file(images):
    """Return the split and the class of each file."""
    rows = (line.split("\t") for line in images.split_table.splitlines())
    return {name: (split, kind) for split, kind, name in rows}


def test_a_folder_with_splits_gives_the_pixels_of_its_files(tmp_path):
    images = netzoo.open_images(str(folder(tmp_path)))
    for split, (wanted, labels) in zip((images.train, images.test), clothes(), strict=True):
        assert {x.tobytes() for x in split.images} == {x.tobytes() for x in wanted}
        named = {x.tobytes(): f"c{label}" for x, label in zip(wanted, labels, strict=True)}
        found = zip(split.images, split.labels, strict=True)
        assert all(images.class_names[label] == named[x.tobytes()] for x, label in found)
    assert images.image_shape == (28, 28, 1)
    assert images.name == str(tmp_path)
    assert images.source.startswith("folder of images with the splits test, train; decoded by Pil")
    assert images.lines == (
        "Files: 60 seen, 60 images.",
        "Classes: 4 (c0, c1, c2, c3); training 40 images, 10 a class; test 20 images, 5 a class.",
    )


def test_names_of_splits_are_classes_where_others_stand_beside_them(tmp_path):
    names = ("train", "test", "test tube", "val")
    images = netzoo.open_images(str(photos(tmp_path, names)))
    assert images.class_names == ("test", "test tube", "train", "val")


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        (("train", "val"), "; its validation split serves as the test split, since it has none"),
        (("Training", "valid"), "; its validation split serves as the test split"),
        (("TRAIN", "Validation"), "; its validation split serves as the test split"),
        (("train",), "; about 20 % of each class held out as test split, by content"),
    ],
)
def test_without_a_test_split_another_serves_and_is_said(tmp_path, splits, words):
    images = netzoo.open_images(str(folder(tmp_path, splits)))
    assert words in images.source
    assert len(images.train) + len(images.test) == (60 if len(splits) == 2 else 40)


def test_with_three_splits_that_of_validation_is_not_used(tmp_path):
    folder(tmp_path)
    shutil.copytree(tmp_path / "test", tmp_path / "val")
    images = netzoo.open_images(str(tmp_path))
    assert "; its validation split is not used" in images.source
    assert (len(images.train), len(images.test)) == (40, 20)


def test_the_class_is_the_first_folder_however_deep_the_image_lies(tmp_path):
    for path in ("animal/cat/1.png", "animal/2.png", "vehicle/car/red/3.png", "vehicle/4.png"):
        save(tmp_path / path, photo(len(path)))
    images = netzoo.open_images(str(tmp_path))
    assert images.class_names == ("animal", "vehicle")
    assert len(by_file(images)) == 4


def test_classes_that_are_numbers_are_in_the_order_of_their_values(tmp_path):
    images = netzoo.open_images(str(photos(tmp_path, [str(n) for n in range(12)], count=2)))
    assert images.class_names == tuple(str(n) for n in range(12))


def test_classes_are_those_of_all_splits(tmp_path):
    """So a class that is missing in one split renumbers none of the others."""
    folder(tmp_path)
    shutil.rmtree(tmp_path / "test" / "c1")
    images = netzoo.open_images(str(tmp_path))
    assert images.class_names == ("c0", "c1", "c2", "c3")
    assert sorted(set(images.test.labels)) == [0, 2, 3]
    assert "No test images of the class c1." in images.lines


def test_a_class_without_images_is_said(tmp_path):
    photos(tmp_path)
    (tmp_path / "bird").mkdir()
    images = netzoo.open_images(str(tmp_path))
    assert images.class_names == ("bird", "cat", "dog")
    assert "No images of the class bird: networks have an output for it." in images.lines


def test_what_is_hidden_or_no_image_is_skipped_at_every_level_and_counted(tmp_path):
    photos(tmp_path)
    for path in (".git/a.png", "cat/.ipynb_checkpoints/0.png", "dog/.hidden.png", "__MACOSX/b.png"):
        save(tmp_path / path, photo(7))
    (tmp_path / "cat" / "readme.txt").write_text("no image")
    (tmp_path / "labels.csv").write_text("0.png,cat")
    images = netzoo.open_images(str(tmp_path))
    assert images.class_names == ("cat", "dog")
    assert "Files: 16 seen, 10 images, 6 skipped (4 hidden, 2 not an image)." in images.lines


@pytest.mark.parametrize("ending", ["jpg", "jfif", "webp", "tif", "bmp", "gif", "ppm", "png"])
def test_the_content_decides_not_the_ending(tmp_path, ending):
    photos(tmp_path / "photos")
    form = {"jpg": "JPEG", "jfif": "JPEG", "tif": "TIFF"}.get(ending, ending.upper())
    content = encoded(photo(9), form)
    for name in (f"9.{ending}", "9", "9.dat", "9.png" if ending != "png" else "9.jpg"):
        path = tmp_path / "photos" / "cat" / name
        path.write_bytes(content)
        images = netzoo.open_images(str(tmp_path / "photos"))
        assert len(by_file(images)) == 11
        path.unlink()


def test_links_out_of_the_folder_are_followed_only_if_asked(tmp_path):
    photos(tmp_path / "photos")
    outside = save(tmp_path / "outside.png", photo(8))
    photos(tmp_path / "more", ["bird"])
    (tmp_path / "photos" / "cat" / "link.png").symlink_to(outside)
    (tmp_path / "photos" / "bird").symlink_to(tmp_path / "more" / "bird")
    (tmp_path / "photos" / "dog" / "own.png").symlink_to(tmp_path / "photos" / "dog" / "0.png")
    images = netzoo.open_images(str(tmp_path / "photos"))
    assert images.lines[0] == ("Files: 13 seen, 11 images, 2 skipped (2 links out of the folder).")
    followed = netzoo.open_images(f"{tmp_path}/photos@links=follow")
    assert followed.lines[0] == "Files: 17 seen, 17 images."
    assert followed.class_names == ("bird", "cat", "dog")


def test_a_pipe_and_a_link_to_nothing_are_skipped(tmp_path):
    photos(tmp_path)
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    (tmp_path / "dog" / "gone.png").symlink_to(tmp_path / "dog" / "nothing.png")
    images = netzoo.open_images(str(tmp_path))
    assert images.lines[0] == "Files: 12 seen, 10 images, 2 skipped (2 not a file)."


def test_arrays_and_tables_beside_the_folders_of_images_are_no_images(tmp_path):
    photos(tmp_path)
    for name in ("labels.csv", "features.npz", "more.npz"):
        (tmp_path / name).touch()
    images = netzoo.open_images(str(tmp_path))
    assert images.lines[0] == "Files: 13 seen, 10 images, 3 skipped (3 not an image)."


def test_another_file_moves_none_of_the_others_between_the_splits(tmp_path):
    before = by_file(netzoo.open_images(str(folder(tmp_path, (), train=200))))
    for at in range(30):
        save(tmp_path / "c1" / f"more{at}.png", photo(at, channels=1))
    after = by_file(netzoo.open_images(str(tmp_path)))
    assert {name: after[name] for name in before} == before
    assert len(after) == 230
    for label in range(4):
        held = [split for split, kind in before.values() if kind == f"c{label}"]
        assert 2 <= held.count("test") <= 20  # of 50


def test_the_split_is_that_of_any_machine(tmp_path):
    """Neither the place nor the names of the files decide."""
    folder(tmp_path / "a", (), train=100)
    for path in (tmp_path / "a").rglob("*.png"):
        new = tmp_path / "b" / path.parent.name / f"x{hash(path.name) % 1000}{path.name}"
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, new)
    first, second = (netzoo.open_images(str(tmp_path / each)) for each in "ab")
    assert first.sha256() == second.sha256()


def test_copies_stay_on_one_side_and_are_said(tmp_path):
    folder(tmp_path, (), train=100)
    for path in list(tmp_path.rglob("*.png")):
        shutil.copy(path, path.with_name(f"copy_{path.name}"))
    images = netzoo.open_images(str(tmp_path))
    files = by_file(images)
    for name, (split, _) in files.items():
        assert files[name.replace("copy_", "")][0] == split
    assert "Copies: 100 copies in one split." in images.lines


def test_copies_in_the_test_split_are_said(tmp_path):
    folder(tmp_path)
    first = min((tmp_path / "train" / "c1").iterdir())
    shutil.copy(first, tmp_path / "test" / "c1" / "again.png")
    assert "Copies: 1 test image is a copy of training images." in (
        netzoo.open_images(str(tmp_path)).lines
    )


def test_a_small_class_is_in_both_splits(tmp_path):
    photos(tmp_path, [f"class{n}" for n in range(10)], count=2)
    images = netzoo.open_images(str(tmp_path))
    assert np.bincount(images.train.labels).tolist() == [1] * 10
    assert np.bincount(images.test.labels).tolist() == [1] * 10


def test_a_larger_share_holds_out_what_a_smaller_one_does(tmp_path):
    folder(tmp_path, (), train=200)
    few, more = (by_file(netzoo.open_images(f"{tmp_path}@test={s}")) for s in (0.2, 0.5))
    held = {name for name, (split, _) in few.items() if split == "test"}
    assert held < {name for name, (split, _) in more.items() if split == "test"}


def test_images_of_different_sizes_take_the_commonest_or_the_median_or_the_one_asked_for(tmp_path):
    photos(tmp_path, count=6, size=(12, 10))
    save(tmp_path / "cat" / "large.png", photo(50, (40, 30)))
    images = netzoo.open_images(str(tmp_path))
    assert images.image_shape == (12, 10, 3)
    assert (
        "; resized to 12 × 10 px (the commonest size), stretched, bilinear and antialiased"
        in images.source
    )
    assert "Images: 1 resized to 12 × 10 px." in images.lines
    for at, size in enumerate([(20, 31), (22, 25), (24, 45), (26, 33), (28, 35), (30, 21)] * 4):
        save(tmp_path / "dog" / f"other{at}.png", photo(60 + at, (size[0] + at, size[1])))
    other = netzoo.open_images(str(tmp_path))
    assert other.image_shape[0] == other.image_shape[1]
    assert "(the median of the shorter sides)" in other.source
    assert netzoo.open_images(f"{tmp_path}@size=9x8").image_shape == (9, 8, 3)
    assert netzoo.open_images(f"{tmp_path}@size=9").image_shape == (9, 9, 3)


@pytest.mark.parametrize(("others", "shape"), [(6, (12, 10, 3)), (7, (14, 14, 3))])
def test_the_commonest_size_is_that_of_half_of_the_training_images(tmp_path, others, shape):
    photos(tmp_path / "train", count=3)
    photos(tmp_path / "test", count=9, size=(30, 30))
    for at in range(others):
        save(tmp_path / "train" / "dog" / f"other{at}.png", photo(at, (14 + at, 40)))
    assert netzoo.open_images(str(tmp_path)).image_shape == shape


def test_damaged_images_are_left_out_if_asked(tmp_path):
    photos(tmp_path)
    cut = encoded(photo(size=(64, 64)), "JPEG")
    (tmp_path / "cat" / "cut.jpg").write_bytes(cut[: len(cut) // 2])
    (tmp_path / "cat" / "empty.png").touch()
    with pytest.raises(DataError, match=r"2 of 12 images cannot be read, such as cat/cut\.jpg"):
        netzoo.open_images(str(tmp_path))
    images = netzoo.open_images(f"{tmp_path}@damaged=skip")
    assert len(by_file(images)) == 10
    assert "Damaged: 2 images are left out." in images.lines


def test_names_of_any_letters_are_shown_as_text(tmp_path):
    photos(tmp_path, ["cafe\u0301", "猫", "tab\there"])
    images = netzoo.open_images(str(tmp_path))
    assert images.class_names == ("café", "tab\\there", "猫")
    assert all("\t" not in name for name in by_file(images))


def test_a_path_is_taken_as_one_is_written(tmp_path, monkeypatch):
    photos(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    names = ("photos", "photos/", "./photos", "~/photos", "../" + tmp_path.name + "/photos")
    found = {netzoo.open_images(name).name for name in names}
    assert found == {str(tmp_path / "photos")}
    assert netzoo.open_images(Path("photos")).name == str(tmp_path / "photos")
    assert Request.of("lenet", dataset=Path("photos")).dataset == str(tmp_path / "photos")
    monkeypatch.setenv("NETZOO_DATA_DIR", str(tmp_path / "photos"))
    assert netzoo.open_images("photos").name == str(tmp_path / "photos")
    monkeypatch.chdir("/")
    assert netzoo.open_images("photos", tmp_path).name == str(tmp_path / "photos")
    named = netzoo.open_images(f"{tmp_path}/photos/@size=6,test=0.3").name
    assert named == f"{tmp_path}/photos@size=6,test=0.3"
    assert netzoo.open_images(named).image_shape == (6, 6, 3)


def test_a_folder_whose_name_looks_like_settings_is_a_folder(tmp_path):
    photos(tmp_path / "a@size=6")
    assert netzoo.open_images(f"{tmp_path}/a@size=6").image_shape == (12, 10, 3)
    photos(tmp_path / "me@work" / "photos")
    assert netzoo.open_images(f"{tmp_path}/me@work/photos@size=6").image_shape == (6, 6, 3)


def test_a_bundled_name_is_no_folder(tmp_path, monkeypatch):
    photos(tmp_path / "fashion_mnist_sample")
    monkeypatch.chdir(tmp_path)
    assert netzoo.open_images("fashion_mnist_sample").image_shape == (28, 28, 1)
    assert netzoo.open_images("./fashion_mnist_sample").image_shape == (12, 10, 3)


def test_a_record_names_the_path_and_its_last_part(tmp_path):
    data = netzoo.open_images(str(photos(tmp_path / "photos"))).record(None)
    assert data.name == str(tmp_path / "photos")
    assert data.title == "photos"
    assert netzoo.open_images("fashion_mnist_sample").record(None).title == "fashion_mnist_sample"


def test_a_limit_leaves_the_table_of_the_split_whole(tmp_path):
    images = netzoo.open_images(str(folder(tmp_path)))
    assert images.limited(8, 4).split_table == images.split_table
    assert images.split_table.count("\n") == 60


def test_pillow_is_asked_for_no_format_that_runs_a_program(tmp_path):
    """EPS is drawn by Ghostscript; a file that is one is not opened, whatever its name."""
    photos(tmp_path)
    drawing = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"
    (tmp_path / "cat" / "a.png").write_bytes(drawing)
    with Image.open(tmp_path / "cat" / "a.png") as image:
        assert image.format == "EPS"
    with pytest.raises(DataError, match=r"a\.png: not an image that Pillow reads"):
        netzoo.open_images(str(tmp_path))
    assert Path(tmp_path / "cat" / "a.png").exists()

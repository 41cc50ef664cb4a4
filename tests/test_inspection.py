"""What netzoo finds in data sets: on the command line, in its files, and below a comparison."""

import csv
import io
import json
import re
import shutil
import sys

import numpy as np
import pytest
from image_files import clothes, encoded, folder, keras_npz, npz, photo, photos, save
from PIL import Image

import netzoo
from netzoo.data import augment, perceptual, sheets
from netzoo.data.moments import moments
from netzoo.data.source import Split
from netzoo.errors import BadInput, MissingPackage, StoreError
from netzoo.runs.inspect_images import inspect_images

pytestmark = pytest.mark.backend_independent

SMALL = ("--epochs", "1", "--device", "cpu", "--precision", "float32")


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """Return a folder with an exact copy, a near one, a contradiction and two damaged files."""
    root = folder(tmp_path_factory.mktemp("spoilt"), ("train", "test"))
    images = sorted((root / "train").rglob("*.png"))
    first, other, last = images[0], images[15], images[-1]
    shutil.copy(first, root / "test" / first.parent.name / "copy.png")
    shutil.copy(other, root / "train" / "c0" / "wrong.png")
    lighter = np.asarray(Image.open(last)).astype(float) * 0.9
    save(root / "test" / last.parent.name / "lighter.png", lighter.astype(np.uint8))
    (root / "train" / "c1" / "empty.jpg").write_bytes(b"")
    cut = encoded(photo(size=(64, 64)))
    (root / "test" / "c2" / "cut.png").write_bytes(cut[: len(cut) // 2])
    return root


@pytest.fixture(scope="module")
def found(spoilt):
    return inspect_images(spoilt, group=r"^(\w+)/c0|/(c\d)/")


def test_damaged_files_are_all_named_with_the_reason(found):
    named = {each.name: each.reason for each in found.damaged}
    assert named["train/c1/empty.jpg"] == "an empty file"
    assert "truncated" in named["test/c2/cut.png"]
    assert len(named) == 2
    text = found.table().render("table")
    assert "Damaged: train/c1/empty.jpg: an empty file." in text
    assert "Damaged: test/c2/cut.png: " in text


def test_images_are_counted_by_split_and_class(found):
    train, test = found.splits
    assert (train.by_class, test.by_class) == ((11, 10, 10, 10), (6, 5, 5, 6))
    assert train.kinds == {"grey": 41}
    assert train.heights == (28, 28, 28)
    assert "41, 10 to 11 a class, 1.1 times as many; height 28 px" in found.table().render("table")


def test_copies_are_counted_and_named(found, spoilt):
    exact, near = found.exact, found.near
    assert (exact.train, exact.test, exact.test_copies, exact.contradicted) == (1, 0, 1, 2)
    (across,), (wrong,) = exact.across_examples, exact.contradicted_examples
    assert across.names[0].startswith("train/")
    assert across.names[1].endswith("copy.png")
    assert "train/c0/wrong.png" in wrong.names
    assert set(wrong.classes) == {"c0", wrong.classes[1]} | {wrong.classes[0]}
    assert len(set(wrong.classes)) == 2
    (pair,) = near.across_examples
    assert pair.names[1].endswith("lighter.png")
    assert (near.test_copies, near.contradicted) == (1, 0)
    assert sum(each[0] for each in exact.by_class) == 1
    assert inspect_images(spoilt, near=0).near.test_copies <= near.test_copies


def test_groups_on_both_sides_are_named(found):
    groups = found.groups
    assert {each.name for each in groups.shared} == {"c1", "c2", "c3"}
    assert groups.count == 5  # c0 is a group of each split
    assert found.dataset.doubts.shared_groups == 3
    assert "3 groups have both training and test images" in found.table().render("table")


def test_groups_of_the_path_are_on_one_side(tmp_path):
    for number in range(24):
        save(tmp_path / "ab"[number % 2] / f"p{number // 4}_{number}.png", photo(number))
    groups = inspect_images(f"{tmp_path}@group=p(\\d)").groups
    assert (groups.expression, groups.count, groups.shared) == ("p(\\d)", 6, ())


@pytest.mark.parametrize("channels", [1, 3])
def test_mean_and_deviation_are_those_of_all_values(channels, monkeypatch):
    monkeypatch.setattr("netzoo.data.disk_images.CHUNK_BYTES", 500)
    images = np.random.default_rng(0).integers(0, 256, (9, 5, 7, channels), np.uint8)
    means, deviations = moments(images)
    values = images.reshape(-1, channels) / 255
    assert means == pytest.approx(values.mean(axis=0), abs=1e-12)
    assert deviations == pytest.approx(values.std(axis=0), abs=1e-12)


def test_sizes_are_those_of_the_files(tmp_path):
    photos(tmp_path, size=(12, 10))
    save(tmp_path / "cat" / "large.jpg", photo(7, (40, 30)))
    save(tmp_path / "dog" / "grey.png", photo(8, (12, 10), 1))
    train, test = inspect_images(f"{tmp_path}@test=0.1").splits
    assert max(train.heights[2], test.heights[2]) == 40
    assert max(train.widths[2], test.widths[2]) == 30
    kinds = {kind: train.kinds.get(kind, 0) + test.kinds.get(kind, 0) for kind in train.kinds}
    assert kinds == {"colour": 11, "grey": 1}


def test_arrays_are_inspected_and_have_no_groups(tmp_path):
    path = npz(tmp_path / "a.npz", **keras_npz())
    found = inspect_images(path)
    assert found.splits[0].by_class == (10, 10, 10, 10)
    assert found.damaged == ()
    with pytest.raises(BadInput, match="has no files whose names could tell of groups"):
        inspect_images(path, group="x")


def test_without_the_package_all_but_near_copies_are_found(spoilt, monkeypatch):
    monkeypatch.setitem(sys.modules, "imagehash", None)
    found = inspect_images(spoilt)
    assert found.near is None
    assert found.exact.test_copies == 1
    line = 'Near copies were not looked for: pip install "netzoo[data]".'
    assert line in found.table().render("table")
    with pytest.raises(MissingPackage, match="`near` needs the package imagehash"):
        inspect_images(spoilt, near=4)


def test_a_hash_is_that_of_the_library_for_small_images():
    import imagehash

    images = clothes()[0][0]
    wanted = [imagehash.phash(Image.fromarray(x[..., 0]), hash_size=16).hash for x in images]
    assert (perceptual.hashes((images[:30], images[30:])).reshape(-1, 16, 16) == wanted).all()


def test_a_large_image_is_near_itself_recompressed_and_resized_and_far_from_another():
    one = np.stack([np.asarray(large(x)) for x in clothes()[0][0][:8]])
    jpeg = [Image.open(io.BytesIO(encoded(x, "JPEG"))) for x in one]
    again = np.stack([np.asarray(x.resize((150, 210)).resize((200, 280))) for x in jpeg])
    hashes = perceptual.hashes((one, again))
    apart = (hashes[:8, None] != hashes[None, 8:]).sum(axis=2)
    assert apart.diagonal().max() <= perceptual.USUAL_BITS
    assert (apart + 256 * np.eye(8)).min() > 2 * perceptual.USUAL_BITS


def large(pixels):
    """Return an image of clothes in colour, of 280 x 200 px."""
    return Image.fromarray(pixels[..., 0]).resize((200, 280)).convert("RGB")


def cells(png, rows, columns, top):
    """Return the pixels of a sheet's cells, (rows, columns, 72, 72, 3)."""
    page = np.asarray(Image.open(io.BytesIO(png)))
    step = sheets.CELL_PX + sheets.GAP_PX
    return np.array(
        [
            [
                page[top + r * step :, sheets.LABEL_PX + c * step :][: sheets.CELL_PX, :72]
                for c in range(columns)
            ]
            for r in range(rows)
        ]
    )


def test_the_sheet_of_an_augmentation_has_the_original_and_the_draws_of_the_training():
    images, labels = clothes()[0]
    big = images.repeat(2, 1).repeat(2, 2)[:, :36, :36]  # two screen pixels each
    split = Split(np.ascontiguousarray(big), labels)
    png = sheets.augment_sheet(split, ["a", "b", "c", "d"], "flip+crop", 3)
    few = split.limited(8, 4).images
    seen = cells(png, 8, 8, sheets.GAP_PX * 3 + sheets.TEXT_PX)[..., ::2, ::2, 0]
    assert (seen[:, 0] == few[..., 0]).all()
    drawn = np.asarray(augment.augmented(few, "flip+crop", [3, 2]))
    assert (seen[:, 3] == drawn[..., 0]).all()
    assert png == sheets.augment_sheet(split, ["a", "b", "c", "d"], "flip+crop", 3)


def test_the_contact_sheet_has_a_row_for_each_class():
    images, labels = clothes()[0]
    names = ["a", "写真", "a name that is too long for its place", ""]
    png = sheets.contact_sheet(Split(images, labels), names)
    height = sheets.GAP_PX + 4 * (sheets.CELL_PX + sheets.GAP_PX)
    assert Image.open(io.BytesIO(png)).size[1] == height


def test_the_command_prints_every_form_and_writes_the_page(spoilt, tmp_path, netzoo_here):
    pytest.importorskip("jinja2", reason="it writes the page")
    words = ("data", spoilt, "--augment", "flip", "--output", "out", "--report")
    done = netzoo_here(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    plain = json.loads(done.stdout)
    assert plain["exact"]["test_copies"] == plain["dataset"]["doubts"]["test_copies"] == 1
    assert json.loads((tmp_path / "out" / "images.json").read_text()) == plain
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("augment.png", "contact-sheet.png", "images.html", "images.json"),
    ]
    assert "The report is out/images.html." in done.stderr
    page = (tmp_path / "out" / "images.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    assert "train/c1/empty.jpg: an empty file" in page
    done = netzoo_here("data", spoilt, "--format", "csv", "--quiet")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["class"] for row in rows] == ["c0", "c1", "c2", "c3", "(all)"]
    assert (rows[-1]["train"], rows[-1]["test_copies"]) == ("41", "1")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere/",), "no file or folder 'nowhere'"),
        (("empty",), "holds no images in folders of classes"),
        (("fashion_mnist_sampel",), "did you mean 'fashion_mnist_sample'?"),
        (("photos", "--group", "(p"), 'group "(p" is not a regular expression'),
        (("photos", "--group", ""), "group is a regular expression, such as"),
        (("photos", "--group", "zebra"), 'the group "zebra" is found in the names of 0 of '),
        (("photos", "--augment", "flap"), "no augmentation 'flap'; did you mean 'flip'?"),
        (("photos", "--near", "25"), "--near is a number of bits from 0 to 24; received 25."),
        (("photos", "--near", "-1"), "--near is a number of bits from 0 to 24; received -1."),
        (("photos", "--seed", "-1"), "--seed is a whole number from 0 to 2147483647"),
        (("photos", "--output", "file"), "--output 'file' is a file; expected a folder."),
        (("photos", "--columns", "clas"), "no column 'clas'; did you mean 'class'?"),
        (("photos", "--format", "xml"), "no format 'xml'"),
        (("photos@grup=x",), "did you mean 'group'?"),
        (("spoilt",), "4 of 4 images cannot be read, such as"),
    ],
)
def test_a_wrong_request_is_one_line_and_writes_nothing(words, told, tmp_path, netzoo_here):
    photos(tmp_path / "photos", count=2)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for place in ("a/1.png", "a/2.png", "b/1.png", "b/2.png"):
        (tmp_path / "spoilt" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "spoilt" / place).write_bytes(b"no image")
    done = netzoo_here("data", *words, "--quiet")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_comparison_says_what_weakens_its_verdict(spoilt, tmp_path, netzoo):
    done = netzoo(
        *("compare", "lenet", "--dataset", f"{spoilt}@damaged=skip,group=/(c\\d)/"),
        *("--output", "out", "--format", "json", *SMALL),
    )
    assert done.returncode == 0, done.stderr
    doubts = json.loads(done.stdout)["dataset"]["doubts"]
    assert doubts == {"test_copies": 1, "contradicted": 2, "shared_groups": 4}
    shown = netzoo("show", "out").stdout
    line = (
        "Warning: the images weaken a verdict: 1 of 22 test images (4.5 %) have the pixels of a "
        "training image; 2 images have the pixels of one of another class; 4 groups have both "
        "training and test images (netzoo data names them)."
    )
    assert line in " ".join(shown.split())


def test_the_reading_of_many_images_tells_how_far_it_is(spoilt, monkeypatch):
    monkeypatch.setattr("netzoo.data.progress.PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr("netzoo.data.progress.EVERY_SECONDS", 0.0)
    monkeypatch.setattr("netzoo.runs.callback.FIRST_SECONDS", 0.0)
    waits, lines = [], []

    class Follow(netzoo.Callback):
        def on_wait(self, what):
            waits.append(what)

        def on_message(self, line):
            lines.append(line)

    inspect_images(spoilt, callbacks=[Follow()])
    news = [wait for wait in waits if wait.startswith("decoding 41 images: ")]
    assert re.fullmatch(r"decoding 41 images: \d+ done, [\d.]+ m?s left", news[0])
    assert any(wait.startswith("hashing 63 images: ") for wait in waits)
    assert re.fullmatch(r"Reading \d+ images: \d+ done, .+ left\.", lines[0])


def test_a_picture_that_cannot_be_written_speaks_of_no_trial(spoilt, tmp_path):
    (tmp_path / "contact-sheet.png").mkdir()
    with pytest.raises(StoreError) as caught:
        inspect_images(spoilt, output=tmp_path)
    assert str(caught.value) == f"{tmp_path}/contact-sheet.png cannot be written: Is a directory."

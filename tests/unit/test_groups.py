"""Groups of images by the names of their files: one side of the split each."""

import numpy as np
import pytest
from image_files import folder, photo, photos, save

import netzoo
from netzoo.data.groups import named
from netzoo.data.settings import Settings, split_settings
from netzoo.data.source import Split
from netzoo.errors import BadInput, DataError


def of_patients(root, patients=12, each=4, layout=""):
    """Write photographs named by patient, of a random class each; return the folder."""
    for patient in range(patients):
        for number in range(each):
            kind = ("ill", "well")[(patient + number) % 2]
            place = root / layout / kind / f"p{patient:02d}_{number}.png"
            save(place, photo(100 * patient + number))
    return root


def sides(images):
    """Return the patients of both splits."""
    rows = [line.split("\t") for line in images.split_table.splitlines()]
    return tuple(
        {name.rpartition("/")[2][:3] for split, _, name in rows if split == side}
        for side in ("train", "test")
    )


def test_the_held_out_share_keeps_each_group_on_one_side(tmp_path):
    root = of_patients(tmp_path)
    train, test = sides(netzoo.open_images(f"{root}@test=0.3"))
    assert train & test  # by content, they are on both
    images = netzoo.open_images(f"{root}@test=0.3,group=(p\\d+)_")
    train, test = sides(images)
    assert not train & test
    assert len(train | test) == 12
    assert 1 <= len(test) < 9
    assert "about 30 % of the groups held out as test split, by the group (p\\d+)_" in images.source
    assert images.record(None).doubts.shared_groups == 0


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_validation_images_are_whole_groups_near_the_share_of_each_class(share):
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 9, 60)
    groups = rng.permutation(np.repeat(np.arange(60), sizes)).astype(np.int64)
    labels = groups % 3
    split = Split(np.zeros((len(groups), 2, 2, 1), np.uint8), labels, groups)
    kept, held = split.held_out(share, 3)
    assert not set(kept.groups) & set(held.groups)
    for label in range(3):
        count = int((labels == label).sum())
        assert abs(int((held.labels == label).sum()) - share * count) <= 4.5


def test_of_few_groups_one_is_held_out_as_late_as_the_share_allows():
    groups = np.repeat(np.arange(5), 20)
    split = Split(np.zeros((100, 1, 1, 1), np.uint8), np.zeros(100, np.int64), groups)
    kept, held = split.held_out(0.1, 1)
    assert (set(held.groups), len(kept)) == ({4}, 80)
    none = Split(split.images[:40], split.labels[:40], groups[:40]).held_out(0.1, 1)[1]
    assert len(none) == 0  # with_validation says so


def test_the_groups_are_part_of_what_names_the_data(tmp_path):
    root = of_patients(tmp_path)
    plain, grouped = (
        netzoo.open_images(f"{root}{text}").record(None) for text in ("", "@group=p\\d+")
    )
    assert plain.sha256 != grouped.sha256
    assert grouped.name.endswith("@group=p\\d+")
    again = netzoo.open_images(grouped.name).as_recorded(grouped)
    assert again.record(None) == grouped


def test_another_patient_moves_none_of_the_others(tmp_path):
    before = sides(netzoo.open_images(f"{of_patients(tmp_path, 11)}@group=p\\d+"))
    after = sides(netzoo.open_images(f"{of_patients(tmp_path, 12)}@group=p\\d+"))
    assert before == tuple(side - {"p11"} for side in after)


def test_a_group_of_several_classes_leaves_each_class_something_to_train_on(tmp_path):
    for seed in range(6):
        root = tmp_path / str(seed)
        for kind, patients in {"a": "xy", "b": "x", "c": "yz", "d": "z"}.items():
            for at, patient in enumerate(patients):
                save(root / kind / f"{patient}{seed}_{at}.png", photo(seed * 50 + ord(kind) + at))
        images = netzoo.open_images(f"{root}@test=0.5,group=(.)\\d_")
        assert set(images.train.labels.tolist()) == {0, 1, 2, 3}


def test_with_a_test_split_groups_on_both_sides_are_counted(tmp_path):
    of_patients(tmp_path, 4, layout="train")
    of_patients(tmp_path, 2, layout="test")
    doubts = netzoo.open_images(f"{tmp_path}@group=p\\d+").record(None).doubts
    assert doubts.shared_groups == 2


@pytest.mark.parametrize(
    ("text", "path", "group", "size"),
    [
        ("photos@group=p(\\d{1,3})/[^@]+", "photos", "p(\\d{1,3})/[^@]+", None),
        ("photos/@size=64,group=a,b=c", "photos/", "a,b=c", (64, 64)),
        ("a@b/photos@group=^[^/]+/", "a@b/photos", "^[^/]+/", None),
        ("photos@group=x@size=64", "photos", "x@size=64", None),
    ],
)
def test_an_expression_has_any_letters_to_the_end_of_the_text(text, path, group, size):
    assert split_settings(text) == (path, Settings(group=group, size=size))


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("p\\d", ["p1", "p2"]),
        ("(p\\d)_(\\d)", ["p1", "p2"]),
        ("cat/(x)?(p\\d)", None),
        ("cat/(x)?(p\\d)|(.+)", ["p1", "dog/p2_0.png"]),
        ("(q)|p(\\d)", ["1", "2"]),
        (".*?(p1)_|(.+)", ["p1", "dog/p2_0.png"]),
    ],
)
def test_the_first_part_that_matches_something_names_the_group(expression, found):
    names = ["cat/p1_0.png", "dog/p2_0.png"]
    if found is None:
        with pytest.raises(BadInput, match=r"1 of 2 images, and not in 'dog/p2_0\.png'"):
            named("photos", expression, names)
    else:
        assert named("photos", expression, names) == found


@pytest.mark.parametrize(
    ("setting", "kind", "words"),
    [
        ("group=(p", BadInput, 'group "(p" is not a regular expression: missing )'),
        ("group=*", BadInput, 'group "*" is not a regular expression: nothing to repeat'),
        ("group=p(?P<", BadInput, "is not a regular expression"),
        ("group=", BadInput, "group is a regular expression, such as"),
        ("group=zebra", BadInput, 'the group "zebra" is found in the names of 0 of 10 images'),
        ("group=cat", BadInput, 'the group "cat" is found in the names of 5 of 10 images'),
        ("group=x*", BadInput, 'the group "x*" is found in the names of 0 of 10 images'),
        (
            "group=png",
            DataError,
            "no group could be held out that leaves each class images to train on; it has 1 group.",
        ),
        ("group=(\\d),size=8", BadInput, "group is the last setting"),
        ("grup=x", BadInput, "did you mean 'group'?"),
    ],
)
def test_a_wrong_group_is_refused(tmp_path, setting, kind, words):
    root = photos(tmp_path)
    with pytest.raises(kind) as caught:
        netzoo.open_images(f"{root}@{setting}")
    assert words in str(caught.value)


def test_images_without_files_have_no_groups(tmp_path):
    with pytest.raises(BadInput, match="take no group"):
        netzoo.open_images("fashion_mnist_sample@group=x")
    root = folder(tmp_path, ("train", "test"))
    assert netzoo.open_images(str(root)).train.groups is None

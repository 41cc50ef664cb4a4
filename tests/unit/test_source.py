import shutil

import numpy as np
import pytest
from reference import SAMPLE_SHA256

import netzoo
from netzoo.data import sample
from netzoo.data.source import Images, Split
from netzoo.errors import BadInput, DataError


def images(labels, classes=3):
    labels = np.array(labels)
    pixels = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    split = Split(pixels, labels)
    return Images("small", "a test", tuple("abcdefghij"[:classes]), split, split)


@pytest.mark.parametrize(
    ("labels", "count", "kept"),
    [
        ([0, 0, 0, 1, 1, 2], 3, [0, 3, 5]),
        ([0, 0, 0, 1, 1, 2], 5, [0, 1, 3, 4, 5]),
        ([2, 1, 0, 0, 1, 2], 4, [0, 1, 2, 3]),
        ([0, 0, 0, 1, 1, 2], 6, [0, 1, 2, 3, 4, 5]),
        ([0, 0, 0, 1, 1, 2], None, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_limit_takes_the_first_of_each_class_in_order(labels, count, kept):
    assert images(labels).limited(count, None).train.images.ravel().tolist() == kept


def test_a_smaller_limit_takes_a_part_of_a_larger_one():
    full = sample.sample()
    once, twice = full.limited(500, 77), full.limited(3000, 400).limited(500, 77)
    assert once.sha256() == twice.sha256()


def test_a_limit_beyond_the_images_is_refused():
    with pytest.raises(BadInput, match="a limit of 7 training images exceeds the 6"):
        images([0, 0, 0, 1, 1, 2]).limited(7, None)


def test_the_fingerprint_changes_with_any_value():
    before = images([0, 1, 2]).sha256()
    changed = images([0, 1, 2])
    changed.test.images[0, 0, 0, 0] ^= 1
    assert changed.sha256() != before
    assert images([0, 1, 2]).sha256() == before
    assert images([0, 2, 1]).sha256() != before


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_out_of_range_is_refused(label):
    with pytest.raises(DataError, match="expected 0 to 2"):
        images([0, 1, label])


def test_images_of_another_kind_are_refused():
    split = Split(np.zeros((2, 4, 4, 1), np.float32), np.array([0, 1]))
    with pytest.raises(DataError, match=r"expected uint8 images .* received float32"):
        Images("x", "a test", ("a", "b"), split, split)


def test_the_bundled_sample_is_the_one_that_was_published():
    found = netzoo.open_images("fashion_mnist_sample")
    assert found.sha256() == SAMPLE_SHA256
    assert found.image_shape == (28, 28, 1)
    assert np.bincount(found.train.labels).tolist() == [600] * 10
    assert np.bincount(found.test.labels).tolist() == [100] * 10


def test_other_images_in_the_right_format_are_refused(tmp_path):
    shutil.copytree(sample.FOLDER, tmp_path, dirs_exist_ok=True)
    with pytest.raises(DataError, match="not the images and labels of Fashion-MNIST: expected"):
        netzoo.open_images("fashion_mnist", tmp_path)


def test_validation_images_are_a_share_of_every_class_and_are_not_trained_on():
    labels = np.repeat([0, 1, 2], [95, 40, 10])
    whole = images(labels.tolist())
    held = whole.with_validation(0.1)
    assert np.bincount(held.validation.labels).tolist() == [9, 4, 1]
    assert held.validation.images.ravel().tolist()[:3] == [9, 19, 29]
    both = np.concatenate([held.train.images, held.validation.images]).ravel()
    assert sorted(both.tolist()) == whole.train.images.ravel().tolist()
    assert (whole.train.labels[held.validation.images.ravel()] == held.validation.labels).all()
    assert whole.with_validation(0.0) is whole
    assert held.test is whole.test


def test_a_validation_share_that_holds_out_nothing_is_refused():
    with pytest.raises(BadInput, match=r"validation 0.1 of 6 training images holds out 0"):
        images([0, 0, 0, 1, 1, 2]).with_validation(0.1)


def test_chance_is_the_share_of_the_commonest_class():
    assert images([0, 0, 0, 1, 1, 2]).record(None).chance == 0.5

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from netzoo.data import ops, pipeline, sample
from netzoo.recipes import Recipe

RECIPE = Recipe("test", epochs=3, batch_size=64, learning_rate=0.1)


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(500, 100)


def batches(images, recipe, seed=0, **options):
    found = list(pipeline.train_batches(images, recipe, seed, **options))
    return [x.numpy() for x, _ in found], [y.numpy() for _, y in found]


def test_every_epoch_holds_every_image_once_in_its_own_order(images):
    x, y = batches(images, RECIPE)
    assert [len(labels) for labels in y] == [*[64] * 7, 52] * 3
    assert pipeline.steps_per_epoch(images, RECIPE) == 8
    epochs = [np.concatenate(x[start : start + 8]) for start in (0, 8, 16)]
    assert not (epochs[0] == epochs[1]).all()
    for epoch in epochs:
        assert epoch.dtype == np.uint8
        assert sorted(map(bytes, epoch)) == sorted(map(bytes, images.train.images))


def test_labels_stay_with_their_images(images):
    labels = {
        bytes(image): label
        for image, label in zip(images.train.images, images.train.labels, strict=True)
    }
    x, y = batches(images, RECIPE)
    assert all(
        labels[bytes(image)] == label
        for image, label in zip(np.concatenate(x), np.concatenate(y), strict=True)
    )


@pytest.mark.parametrize("augment", ["none", "flip+crop"])
def test_a_seed_fixes_every_pixel_and_another_seed_changes_them(images, augment):
    recipe = replace(RECIPE, augment=augment)
    first, again, other = (batches(images, recipe, seed=seed)[0] for seed in (5, 5, 6))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not (first[0] == other[0]).all()


def test_a_later_start_continues_as_if_it_had_never_stopped(images):
    recipe = replace(RECIPE, augment="flip+crop")
    whole, rest = batches(images, recipe)[0], batches(images, recipe, first_epoch=2)[0]
    assert len(rest) == 8
    assert all((a == b).all() for a, b in zip(whole[16:], rest, strict=True))


def test_threads_do_not_change_a_pixel(images, monkeypatch):
    recipe = replace(RECIPE, augment="flip+crop")
    parallel = batches(images, recipe)[0]
    monkeypatch.setattr(pipeline, "PARALLEL_CALLS", 1)
    serial = batches(images, recipe)[0]
    assert all((a == b).all() for a, b in zip(parallel, serial, strict=True))


def test_flip_mirrors_about_half_of_the_images(images):
    x = images.train.images
    flipped = ops.flip(x, [0, 0]).numpy()
    mirrored = (flipped == x[:, :, ::-1]).all((1, 2, 3))
    same = (flipped == x).all((1, 2, 3))
    assert (mirrored | same).all()
    assert 200 < mirrored.sum() < 300


def test_crop_is_a_window_of_the_padded_image_at_many_places():
    x = np.arange(1, 1 + 16 * 24, dtype=np.uint16).reshape(1, 16, 24, 1).repeat(300, 0)
    cropped = ops.crop(x, [0, 0]).numpy()
    padded = np.pad(x[0], ((2, 2), (3, 3), (0, 0)))
    windows = {
        bytes(padded[top : top + 16, left : left + 24].copy()): (top, left)
        for top in range(5)
        for left in range(7)
    }
    places = {windows[bytes(image)] for image in cropped}
    assert len(places) == 35


def test_crop_and_flip_draw_apart(images):
    recipe = replace(RECIPE, epochs=1, augment="flip+crop")
    both = np.concatenate(batches(images, recipe)[0])
    flips = np.concatenate(batches(images, replace(recipe, augment="flip"))[0])
    assert both.shape == flips.shape
    assert not (both == flips).all()


def test_autotuning_is_off(images):
    options = pipeline.train_batches(images, RECIPE, 0).options()
    assert options.autotune.enabled is False


def test_tensorflow_sees_no_gpu_for_another_backend(backend_name):
    if backend_name != "tensorflow":
        assert tf.config.get_visible_devices("GPU") == []


@pytest.mark.parametrize("parts", [2, 3])
def test_the_parts_of_a_batch_have_its_images_and_its_mean(images, parts):
    """500 images are 7 batches of 64 and one of 52."""
    recipe = replace(RECIPE, epochs=1, augment="flip+crop")
    whole = list(pipeline.train_batches(images, recipe, 0))
    cut = list(pipeline.train_batches(images, recipe, 0, parts=parts))
    assert len(cut) == parts * len(whole)
    for number, (x, y) in enumerate(whole):
        mine = cut[parts * number : parts * (number + 1)]
        assert (np.concatenate([part[0] for part in mine]) == x.numpy()).all()
        assert (np.concatenate([part[1] for part in mine]) == y.numpy()).all()
        loss = x.numpy().sum(axis=(1, 2, 3), dtype="float32")  # any figure of an image
        losses = [
            (part[0].numpy().sum(axis=(1, 2, 3), dtype="float32") * part[2].numpy()).mean()
            for part in mine
        ]
        assert np.mean(losses) == pytest.approx(loss.mean(), rel=1e-5)


def test_a_part_without_images_weighs_nothing(images):
    few = images.limited(65, 10)
    recipe = replace(RECIPE, epochs=1)
    *_, last, empty = pipeline.train_batches(few, recipe, 0, parts=2)
    assert last[2].numpy().tolist() == [2.0]
    assert empty[2].numpy().tolist() == [0.0]
    assert len(empty[0]) == 1

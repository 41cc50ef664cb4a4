import colorsys
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from netzoo.data import augment, pipeline, sample
from netzoo.data.source import Split
from netzoo.recipes import AUGMENTATIONS, Recipe

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
    flipped = augment.flip(x, [0, 0]).numpy()
    mirrored = (flipped == x[:, :, ::-1]).all((1, 2, 3))
    same = (flipped == x).all((1, 2, 3))
    assert (mirrored | same).all()
    assert 200 < mirrored.sum() < 300


def test_crop_is_a_window_of_the_padded_image_at_many_places():
    x = np.arange(1, 1 + 16 * 24, dtype=np.uint16).reshape(1, 16, 24, 1).repeat(300, 0)
    cropped = augment.crop(x, [0, 0]).numpy()
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


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_color_is_fixed_by_the_seed_and_each_image_has_its_own(channels):
    one = np.random.default_rng(0).integers(20, 200, (1, 8, 6, channels), np.uint8)
    x = one.repeat(100, 0)
    first, again, other = (augment.color(x, seed).numpy() for seed in ([1, 2], [1, 2], [1, 3]))
    assert first.dtype == np.uint8
    assert first.shape == x.shape
    assert (first == again).all()
    assert (first != other).any((1, 2, 3)).mean() > 0.9
    assert len(np.unique(first, axis=0)) > 90


@pytest.mark.parametrize("channels", [1, 3])
def test_color_changes_brightness_and_contrast_by_their_factors(channels):
    """Half of each image is 100, half 140: the mean 120 and the 20 beside it have a factor each."""
    x = np.full((1000, 4, 4, channels), 100, np.uint8)
    x[:, 2:] = 140
    seen = augment.color(x, [0, 0]).numpy().astype(float)
    dark, bright = seen[:, :2], seen[:, 2:]
    assert np.ptp(dark, axis=(1, 2, 3)).max() <= 1  # grey stays grey, to rounding
    assert np.ptp(bright, axis=(1, 2, 3)).max() <= 1
    mean = (dark[:, 0, 0, 0] + bright[:, 0, 0, 0]) / 2
    brightness, contrast = mean / 120, (bright[:, 0, 0, 0] - mean) / mean * 6
    for factors in (brightness, contrast):
        assert 0.55 < factors.min() < 0.65
        assert 1.35 < factors.max() < 1.45
        assert abs(factors.mean() - 1) < 0.05
    assert abs(np.corrcoef(brightness, contrast)[0, 1]) < 0.1


def test_color_stops_at_the_ends_of_uint8():
    x = np.full((100, 4, 4, 1), 250, np.uint8)
    x[:, 2:] = 0
    seen = augment.color(x, [0, 0]).numpy()
    assert (seen[:, 0] > seen[:, 3]).all()  # clipped, and not wrapped around
    assert seen.max() == 255
    assert seen.min() == 0


def test_color_keeps_a_grey_image_of_three_channels_grey(images):
    x = images.train.images.repeat(3, axis=3)
    seen = augment.color(x, [0, 0]).numpy().astype(int)
    assert np.ptp(seen, axis=3).max() <= 1
    assert (seen != x).any((1, 2, 3)).all()


def test_color_turns_the_hue_and_changes_saturation_by_their_factors():
    """One colour: contrast and saturation each bring it nearer to its grey or away from it."""
    color = 100, 70, 55
    seen = augment.color(np.full((1000, 2, 2, 3), color, np.uint8), [0, 0]).numpy()[:, 0, 0]
    hsv = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in seen / 255])
    hue = (hsv[:, 0] - colorsys.rgb_to_hsv(*color)[0] + 0.5) % 1 - 0.5
    assert -0.12 < hue.min() < -0.09
    assert 0.09 < hue.max() < 0.12
    grey = np.dot(color, (0.299, 0.587, 0.114))
    # Saturation in HSV is the span of the channels, 45 times the factors, over the largest.
    factors = grey * hsv[:, 1] / (45 - (100 - grey) * hsv[:, 1])
    assert 0.9 * 0.6**2 < factors.min() < 0.5
    assert 1.6 < factors.max() < 1.1 * 1.4**2


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("augment", AUGMENTATIONS)
def test_every_augmentation_gives_uint8_images_of_the_same_shape(images, augment, channels):
    few = images.limited(100, 10)
    few = replace(
        few,
        train=Split(few.train.images.repeat(channels, axis=3), few.train.labels),
        test=Split(few.test.images.repeat(channels, axis=3), few.test.labels),
    )
    recipe = replace(RECIPE, epochs=1).changed({"augment": augment})
    x, y = batches(few, recipe)
    plain, labels = batches(few, replace(recipe, augment="none"))
    assert [(part.dtype, part.shape) for part in x] == [(part.dtype, part.shape) for part in plain]
    assert x[0].dtype == np.uint8
    assert (np.concatenate(y) == np.concatenate(labels)).all()
    same = (np.concatenate(x) == np.concatenate(plain)).all((1, 2, 3)).mean()
    assert (same < 0.7) == (augment != "none")
    again, _ = batches(few, recipe)
    assert all((a == b).all() for a, b in zip(x, again, strict=True))


def test_the_augmentations_are_the_sets_of_four_changes():
    assert AUGMENTATIONS == (
        "none", "flip", "crop", "color", "erase", "flip+crop", "flip+color", "flip+erase",
        "crop+color", "crop+erase", "color+erase", "flip+crop+color", "flip+crop+erase",
        "flip+color+erase", "crop+color+erase", "flip+crop+color+erase",
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(20, 40, 3), (5, 3, 1)], ids=str)
def test_erasing_gives_a_rectangle_of_half_of_the_images_their_mean(shape):
    pixels = np.random.default_rng(0).integers(0, 200, (2000, *shape), np.uint8)
    seen = augment.erase(pixels, [3, 4]).numpy()
    mean = np.floor(pixels.mean((1, 2), keepdims=True) + 0.5)
    changed = (seen != pixels).any(-1)
    erased = changed.any((1, 2))
    assert 0.45 < erased.mean() < 0.55
    assert ((seen == mean) | (seen == pixels)).all()
    sides = [
        (places.max() - places.min() + 1, len(set(places)))
        for image in changed[erased]
        for places in np.nonzero(image)
    ]
    spans = np.array(sides).reshape(-1, 2, 2)
    if shape[-1] == 3:  # no pixel of a rectangle is the mean by chance
        assert (spans[..., 0] == spans[..., 1]).all()
        areas = spans[..., 0].prod(1) / (shape[0] * shape[1])
        assert 0.01 < areas.min() < 0.03
        assert 0.3 < areas.max() < 0.36
        ratios = spans[:, 0, 0] / spans[:, 1, 0]
        assert 0.25 < ratios.min() < 0.35
        assert 2.5 < ratios.max() < 4.5
        assert changed[erased].any(0).all()  # no place is safe
    assert (augment.erase(pixels, [3, 4]).numpy() == seen).all()


def test_autotuning_is_off(images):
    options = pipeline.train_batches(images, RECIPE, 0).options()
    assert options.autotune.enabled is False


def test_tensorflow_sees_no_gpu_for_another_backend(backend_name):
    if backend_name != "tensorflow":
        assert tf.config.get_visible_devices("GPU") == []


def test_the_images_are_kept_off_a_gpu(images, monkeypatch):
    """Where TensorFlow trains, it would take them there, and bring them back for tf.data."""
    constant, places = tf.constant, []

    def noted(value, *arguments, **named):
        if np.size(value) > 1:
            places.append(context.context().device_name)
        return constant(value, *arguments, **named)

    monkeypatch.setattr(tf, "constant", noted)
    pipeline.train_batches(images, RECIPE, 0)
    assert len(places) == 2
    assert all("CPU" in place for place in places)


@pytest.mark.parametrize("parts", [2, 3])
def test_the_parts_of_a_batch_have_its_images_and_its_mean(images, parts):
    """500 images are 7 batches of 64 and one of 52."""
    recipe = replace(RECIPE, epochs=1, augment="flip+crop")
    whole = list(pipeline.train_batches(images, recipe, 0))
    cut = list(pipeline.train_batches(images, recipe, 0, micro_batches=parts))
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
    *_, last, empty = pipeline.train_batches(few, recipe, 0, micro_batches=2)
    assert last[2].numpy().tolist() == [2.0]
    assert empty[2].numpy().tolist() == [0.0]
    assert len(empty[0]) == 1

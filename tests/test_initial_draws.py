"""Initial weights by NumPy: the same on every backend, and those that Keras's initializers mean."""

import keras
import numpy as np
import pytest

from netzoo.data import open_images
from netzoo.errors import BadInput
from netzoo.models.catalog import model_spec
from netzoo.provenance import Device
from netzoo.runs.request import planned_trials, recipe_of
from netzoo.training import initial_draws, prepared

DATA = open_images("fashion_mnist_sample")
# Of each initializer: the first two values, as every backend has them.
FIRST = {
    "glorot_uniform": (-0.016001863, -0.005695742),
    "he_normal": (-0.178992167, -0.125623211),
    "lecun_uniform": (-0.013858020, -0.004932657),
    "orthogonal": (-0.109968424, -0.075011271),
    "random_normal": (-0.044532482, -0.031254515),
    "random_uniform": (-0.003200373, -0.001139148),
    "truncated_normal": (-0.044532482, -0.031254515),
}
# The first weights of the lesson's LeNet with seed 0, and the root mean square of each kernel.
LENET_FIRST = (-0.15412666, 0.08647667, 0.06860744)
LENET_KERNELS = (0.10857367, 0.06080216, 0.06207781, 0.09864275, 0.14822085)


def weights_of(seed=0, **settings):
    """Return the initial weights of a trial of LeNet."""
    spec = model_spec("lenet")
    recipes = {spec: recipe_of(spec, "quick", settings, Device("cpu", "CPU"))}
    (trial,) = planned_trials(recipes, DATA.record(None), [seed], "tensorflow", "cpu")
    return prepared.build(trial).get_weights()


def drawn(initializer, shape=(64, 32)):
    keras.utils.set_random_seed(3)
    with initial_draws.by_numpy():
        return keras.ops.convert_to_numpy(keras.initializers.get(initializer)(shape))


def test_a_network_starts_from_the_same_weights_on_every_backend():
    weights = weights_of(same_weights=True)
    assert weights[0].ravel()[:3] == pytest.approx(LENET_FIRST, rel=1e-6)
    rms = [np.sqrt((each.astype(float) ** 2).mean()) for each in weights[::2]]
    assert rms == pytest.approx(LENET_KERNELS, rel=1e-6)
    assert not any(bias.any() for bias in weights[1::2])


def test_the_seed_decides_and_no_draw_is_left_to_the_backend():
    again, other, of_backend = (
        weights_of(same_weights=True), weights_of(1, same_weights=True), weights_of()
    )  # fmt: skip
    for first, same, differs, own in zip(
        weights_of(same_weights=True), again, other, of_backend, strict=True
    ):
        assert (first == same).all()
        if first.ndim > 1:
            assert (first != differs).all()
            assert (first != own).all()


@pytest.mark.parametrize("name", FIRST)
def test_an_initializer_draws_what_it_draws_on_every_backend(name):
    assert drawn(name).ravel()[:2] == pytest.approx(FIRST[name], rel=1e-5)


def test_the_draws_have_the_moments_and_bounds_of_keras():
    for name, deviation, bound in (
        ("glorot_uniform", np.sqrt(2 / 500), np.sqrt(6 / 500)),
        ("he_normal", np.sqrt(2 / 300), 2 * np.sqrt(2 / 300) / 0.87962566103423978),
        ("truncated_normal", 0.05 * 0.87962566103423978, 0.1),
        ("random_normal", 0.05, None),
    ):
        values = drawn(name, (300, 200))
        assert values.std() == pytest.approx(deviation, rel=0.01)
        assert abs(values.mean()) < 0.01 * deviation + 3 * deviation / np.sqrt(values.size)
        if bound is not None:
            assert 0.99 * bound < abs(values).max() <= bound * (1 + 1e-6)


def test_a_seed_generator_counts_on():
    generator = keras.random.SeedGenerator(5)
    uniform = keras.initializers.RandomUniform(seed=generator)
    with initial_draws.by_numpy():
        first, second = (keras.ops.convert_to_numpy(uniform((40,))) for _ in range(2))
    assert (first != second).all()


def test_a_keras_that_draws_in_another_way_is_named(monkeypatch):
    module = keras.src.initializers.random_initializers
    monkeypatch.delattr(module, "random")
    with (
        pytest.raises(BadInput, match=r"^Keras 3\.\S+ draws initial weights in a way that netzoo"),
        initial_draws.by_numpy(),
    ):
        pass

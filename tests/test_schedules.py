"""Keras's schedules by their names: the learning rate of each step, worked out by hand."""

from dataclasses import replace
from math import cos, pi

import keras
import numpy as np
import pytest
from keras import layers

from netzoo.data import pipeline, sample
from netzoo.errors import BadInput
from netzoo.recipes import Recipe, recipe
from netzoo.training import fit, state
from netzoo.training.inputs import Inputs
from netzoo.training.optimizer import optimizer
from netzoo.training.step import step_of

RATE = 0.5
RECIPE = Recipe("test", epochs=3, batch_size=25, learning_rate=RATE)  # of 4 steps an epoch
STEPS = 12


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(100, 10)


def cosine(share):
    return (1 + cos(pi * min(share, 1))) / 2


def restarts(step):
    """Return the rate of periods of 4, 4, 4 … steps, each starting at half of the one before."""
    return RATE * 0.5 ** (step // 4) * cosine(step % 4 / 4)


def doubling(step):
    """Return the rate of periods of 2, 4, 8 … steps, that end at a tenth."""
    start, length = (0, 2) if step < 2 else (2, 4) if step < 6 else (6, 8)
    return RATE * (0.1 + 0.9 * cosine((step - start) / length))


CASES = {
    "CosineDecay": [
        ({}, lambda t: RATE * cosine(t / 12)),
        ({"decay_epochs": 2, "alpha": 0.2}, lambda t: RATE * (0.2 + 0.8 * cosine(t / 8))),
        (
            {"warmup_epochs": 1, "warmup_target": 1.5},
            lambda t: 0.5 + t / 4 if t < 4 else 1.5 * cosine((t - 4) / 8),
        ),
    ],
    "CosineDecayRestarts": [
        ({"first_decay_epochs": 1, "t_mul": 1, "m_mul": 0.5}, restarts),
        ({"first_decay_steps": 2, "alpha": 0.1}, doubling),
    ],
    "ExponentialDecay": [
        ({"decay_rate": 0.01}, lambda t: RATE * 0.01 ** (t / 12)),
        (
            {"decay_rate": 0.5, "decay_epochs": 1, "staircase": True},
            lambda t: RATE * 0.5 ** (t // 4),
        ),
    ],
    "InverseTimeDecay": [({"decay_rate": 3.0, "decay_steps": 6}, lambda t: RATE / (1 + 3 * t / 6))],
    "PiecewiseConstantDecay": [
        (
            {"boundary_epochs": [1, 2.5], "values": [0.5, 0.25, 0.125]},
            lambda t: 0.5 if t < 4 else 0.25 if t < 10 else 0.125,
        ),
        ({"boundaries": [4], "values": [0.5, 0.1]}, lambda t: 0.5 if t <= 4 else 0.1),
    ],
    "PolynomialDecay": [
        (
            {"power": 2.0, "end_learning_rate": 0.1},
            lambda t: 0.1 + 0.4 * (1 - t / 12) ** 2,
        ),
    ],
}
FIRST = [(name, *cases[0]) for name, cases in CASES.items()]
OTHERS = [(name, *each) for name, cases in CASES.items() for each in cases[1:]]


class Falling(layers.Layer):
    """A weight whose gradient is 1: each step of SGD lowers it by the learning rate."""

    def build(self, shape):
        self.height = self.add_weight(shape=(), initializer="zeros")

    def call(self, x):
        self.add_loss(self.height + 0.0)
        return x


def falling(images, chosen, parts=1):
    image = keras.Input((28, 28, 1))
    model = keras.Model(image, layers.Dense(10)(layers.Flatten()(Falling()(image))))
    fit.compile_model(model, images, chosen, parts)
    (weight,) = (each for each in model.trainable_variables if each.shape == ())
    return model, weight


def heights(images, chosen, model, weight, parts=1, first=0, last=STEPS):
    """Return the weight after each of some steps of a training."""
    step = step_of(model, Inputs(images.train, chosen, (28, 28)))
    batches = iter(pipeline.train_batches(images, chosen, 0, first // 4, parts))
    values = []
    for _ in range(first, last):
        for _ in range(parts):
            step.train(*next(batches))
        step.sync_variables()
        values.append(float(keras.ops.convert_to_numpy(weight.value)))
    if keras.backend.backend() == "torch":
        assert (step._traced is None) == (parts > 1)
    return values


def check_rates(heights, expected, first=0, start=0.0):
    rates = -np.diff([start, *heights])
    by_hand = [expected(first + number) for number in range(len(rates))]
    np.testing.assert_allclose(rates, by_hand, atol=3e-6)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [*FIRST, *(pytest.param(*case, marks=pytest.mark.slow) for case in OTHERS)],
)
def test_the_rate_of_each_step_is_that_of_the_formula(images, name, options, expected):
    chosen = replace(RECIPE, schedule=name, schedule_options=options)
    check_rates(heights(images, chosen, *falling(images, chosen)), expected)


@pytest.mark.parametrize(
    "name", ["CosineDecay", pytest.param("CosineDecayRestarts", marks=pytest.mark.slow)]
)
def test_micro_batches_take_the_rate_of_their_batch(images, name):
    options, expected = CASES[name][0]
    chosen = replace(RECIPE, schedule=name, schedule_options=options)
    check_rates(heights(images, chosen, *falling(images, chosen, 2), parts=2), expected)


def test_a_resumed_training_takes_the_rates_of_its_steps(images):
    (options, expected), name = CASES["CosineDecayRestarts"][1], "CosineDecayRestarts"
    chosen = replace(RECIPE, schedule=name, schedule_options=options)
    model, weight = falling(images, chosen)
    first = heights(images, chosen, model, weight, last=4)
    again, its_weight = falling(images, chosen)
    state.restore(
        again,
        dict(zip(state.gather(again), state.gather(model).values(), strict=True)),
    )
    rest = heights(images, chosen, again, its_weight, first=4)
    check_rates(rest, expected, first=4, start=first[-1])


@pytest.mark.backend_independent
@pytest.mark.parametrize(
    ("name", "options", "expected"), [*FIRST, *OTHERS], ids=lambda value: str(value)[:24]
)
def test_a_rate_stays_behind_the_last_step(name, options, expected):
    """A training that is timed may take more."""
    rate = optimizer(replace(RECIPE, schedule=name, schedule_options=options), 4)._learning_rate
    last, later = (float(keras.ops.convert_to_numpy(rate(t))) for t in (STEPS, STEPS + 50))
    assert last == later
    assert last == pytest.approx(expected(STEPS), abs=1e-6)


@pytest.mark.backend_independent
def test_a_warmup_of_all_steps_is_refused():
    wrong = replace(
        RECIPE,
        schedule="CosineDecay",
        schedule_options={"warmup_steps": 12, "warmup_target": 1.0},
    )
    with pytest.raises(BadInput, match="leaves none of the 12 steps to decay; received warmup_st"):
        optimizer(wrong, 4)


@pytest.mark.backend_independent
def test_a_bench_has_no_rates_of_a_schedule():
    from netzoo.results.bench import TRAINING
    from netzoo.training.speed import LEARNING_RATE, timed_recipe

    own = {"schedule": "PiecewiseConstantDecay", "learning_rate": 0.5}
    own["schedule_options"] = {"boundaries": [1], "values": [0.5, 0.1]}
    timed = timed_recipe(recipe("quick", "lenet", own), TRAINING)
    rate = keras.ops.convert_to_numpy(optimizer(timed, 4).learning_rate)
    assert float(rate) == pytest.approx(LEARNING_RATE)

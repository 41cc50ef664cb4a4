"""Schedules and losses of Keras in a recipe: what each takes, and what it says of the rest."""

import pytest

from netzoo.errors import BadInput
from netzoo.recipes import recipe


@pytest.mark.parametrize(
    ("schedule", "options", "words"),
    [
        ("constant", {"alpha": 0}, "no option 'alpha' in the schedule constant; there are none."),
        ("one-cycle", {"decay_steps": 5}, "no option 'decay_steps' in the schedule one-cycle"),
        ("CosineDecay", {"alhpa": 0}, "no option 'alhpa' in the schedule CosineDecay; did you mean"
         " 'alpha'?"),
        ("CosineDecay", {"initial_learning_rate": 1}, "no option 'initial_learning_rate'"),
        ("CosineDecay", {"alpha": 1.5}, "alpha of CosineDecay is from 0 to 1; received 1.5."),
        ("CosineDecay", {"alpha": True}, "alpha of CosineDecay is a number; received True."),
        ("CosineDecay", {"decay_steps": 5.0}, "decay_steps of CosineDecay is a whole number; rec"),
        ("CosineDecay", {"decay_steps": 0}, "is from 1 to 1000000000; received 0."),
        ("CosineDecay", {"decay_epochs": 0}, "decay_epochs of CosineDecay is from 0.001 to 100000"),
        ("CosineDecay", {"decay_epochs": 2, "decay_steps": 9}, "decay_steps and decay_epochs of "
         "CosineDecay are the same; received 9 and 2, give one."),
        ("CosineDecay", {"warmup_epochs": 2}, "received warmup_epochs 2, give warmup_target too."),
        ("CosineDecay", {"warmup_steps": 2}, "received warmup_steps 2, give warmup_target too."),
        ("CosineDecay", {"warmup_target": 1}, "received warmup_target 1, give warmup_epochs too."),
        ("CosineDecay", {"warmup_epochs": 6, "warmup_target": 1}, "leaves none of the 6 epochs to"
         " decay; received 6."),
        ("CosineDecayRestarts", {}, "schedule CosineDecayRestarts needs first_decay_epochs or "
         "first_decay_steps in schedule_options; received none."),
        ("CosineDecayRestarts", {"first_decay_epochs": 1, "t_mul": 0.5}, "is from 1 to 1000; rec"),
        ("ExponentialDecay", {"decay_steps": 3}, "needs decay_rate in schedule_options; received "
         "decay_steps."),
        ("ExponentialDecay", {"decay_rate": 0}, "decay_rate of ExponentialDecay is from 1e-06 to"),
        ("InverseTimeDecay", {"decay_rate": 1, "staircase": 1}, "is true or false; received 1."),
        ("PolynomialDecay", {"cycle": "yes"}, "cycle of PolynomialDecay is true or false; rec"),
        ("PolynomialDecay", {"end_learning_rate": 0.1}, "end_learning_rate of PolynomialDecay is "
         "0.1, above the learning_rate, 0.01; give a lower one"),
        ("PiecewiseConstantDecay", {"values": [1, 2]}, "needs boundary_epochs or boundaries in"),
        ("PiecewiseConstantDecay", {"boundaries": 3, "values": [1, 2]}, "boundaries of "
         "PiecewiseConstantDecay is a list of numbers; received 3."),
        ("PiecewiseConstantDecay", {"boundaries": [1.5], "values": [1, 2]}, "each of boundaries of"
         " PiecewiseConstantDecay is a whole number; received 1.5."),
        ("PiecewiseConstantDecay", {"boundaries": [3, 2], "values": [0.01, 0.1, 1]}, "boundaries of"
         " PiecewiseConstantDecay increase; received [3, 2]."),
        ("PiecewiseConstantDecay", {"boundary_epochs": [3], "values": [0.01]}, "are one more than "
         "boundary_epochs; received 1 values and 1 boundary_epochs."),
        ("PiecewiseConstantDecay", {"boundaries": [3], "values": [0.1, 0.01]}, "values of "
         "PiecewiseConstantDecay begin with the learning_rate, 0.01; received 0.1."),
        ("CosineDecay", 3, "schedule_options is a table of names and values; received 3."),
        ("CosineDecay", {"alpha": {}}, "schedule_options is a table of names and values; received"),
    ],
)  # fmt: skip
def test_wrong_options_of_a_schedule_are_said_in_a_line(schedule, options, words):
    with pytest.raises(BadInput) as caught:
        recipe("quick", "lenet", {"schedule": schedule, "schedule_options": options})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_end_of_a_polynomial_that_is_kerass_own_is_not_above_the_learning_rate():
    low = {"schedule": "PolynomialDecay", "learning_rate": 1e-5}
    with pytest.raises(BadInput, match=r"is 0\.0001, above the learning_rate, 1e-05"):
        recipe("quick", "lenet", low)


@pytest.mark.parametrize(
    ("loss", "options", "words"),
    [
        ("SparseCategoricalCrossentropy", {"label_smoothing": 0.1}, "no option 'label_smoothing' "
         "in the loss SparseCategoricalCrossentropy; there are none."),
        ("CategoricalCrossentropy", {"smoothing": 0.1}, "did you mean 'label_smoothing'?"),
        ("CategoricalCrossentropy", {"from_logits": False}, "no option 'from_logits'"),
        ("CategoricalCrossentropy", {"label_smoothing": 1}, "label_smoothing of "
         "CategoricalCrossentropy is from 0 to 0.99; received 1."),
        ("CategoricalFocalCrossentropy", {"gamma": -1}, "is from 0 to 100; received -1."),
        ("CategoricalFocalCrossentropy", {"gamma": "2"}, "is a number; received '2'."),
        ("CategoricalFocalCrossentropy", {"alpha": [1, 2]}, "loss_options is a table of names"),
        ("KLDivergence", None, "the loss KLDivergence of one class an image is the cross-entropy; "
         "received 'KLDivergence', try 'SparseCategoricalCrossentropy'. Known: "),
        ("binary_crossentropy", None, "the loss BinaryCrossentropy is of several labels an image; "
         "received 'binary_crossentropy', try 'CategoricalCrossentropy'."),
        ("Dice", None, "the loss Dice is of masks, over the whole batch; received 'Dice', try"),
    ],
)  # fmt: skip
def test_wrong_losses_and_options_of_one_are_said_in_a_line(loss, options, words):
    with pytest.raises(BadInput) as caught:
        recipe("quick", "lenet", {"loss": loss, "loss_options": options})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_schedule_or_loss_leaves_the_options_of_the_first_out():
    given = {"schedule_options": {"alpha": 0.1}, "loss_options": {"label_smoothing": 0.1}}
    names = {"schedule": "CosineDecay", "loss": "CategoricalCrossentropy"}
    first = recipe("quick", "lenet", names | given)
    assert first.changed({"schedule": "CosineDecay", "epochs": 9}).schedule_options == {
        "alpha": 0.1
    }
    other = first.changed({"schedule": "one-cycle"})
    assert (other.schedule_options, other.loss_options) == (None, {"label_smoothing": 0.1})
    assert first.changed({"loss": "CategoricalHinge"}).loss_options is None

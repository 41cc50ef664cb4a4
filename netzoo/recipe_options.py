"""The schedules and losses of Keras that a recipe names, and the options that each of them takes.

An option that Keras counts in steps, as decay_steps, may be in epochs: decay_epochs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netzoo.errors import BadInput, no_such

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Option:
    """The values of an option: numbers of a kind from least to most, or a list of them; or bool."""

    kind: type
    least: float = 0.0
    most: float = 1.0
    is_list: bool = False


_SWITCH, _SHARE, _FACTOR = Option(bool), Option(float), Option(float, 1e-6, 1e6)
_RATE, _STEPS, _EPOCHS = Option(float, 0, 1e6), Option(int, 1, 10**9), Option(float, 1e-3, 1e5)
_DECAY = {"decay_steps": _STEPS, "decay_epochs": _EPOCHS}

SCHEDULES: dict[str, dict[str, Option]] = {
    "CosineDecay": {
        **_DECAY,
        "alpha": _SHARE,
        "warmup_target": _RATE,
        "warmup_steps": _STEPS,
        "warmup_epochs": _EPOCHS,
    },
    "CosineDecayRestarts": {
        "first_decay_steps": _STEPS,
        "first_decay_epochs": _EPOCHS,
        "t_mul": Option(float, 1, 1000),
        "m_mul": _FACTOR,
        "alpha": _SHARE,
    },
    "ExponentialDecay": {**_DECAY, "decay_rate": _FACTOR, "staircase": _SWITCH},
    "InverseTimeDecay": {**_DECAY, "decay_rate": _FACTOR, "staircase": _SWITCH},
    "PiecewiseConstantDecay": {
        "boundaries": Option(int, 0, 10**9, is_list=True),
        "boundary_epochs": Option(float, 1e-3, 1e5, is_list=True),
        "values": Option(float, 0, 1e6, is_list=True),
    },
    "PolynomialDecay": {
        **_DECAY,
        "end_learning_rate": _RATE,
        "power": _FACTOR,
        "cycle": _SWITCH,
    },
}
# Of each group, one; without it the schedule has no meaning, or none that a recipe shows.
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "CosineDecayRestarts": (("first_decay_epochs", "first_decay_steps"),),
    "ExponentialDecay": (("decay_rate",),),
    "InverseTimeDecay": (("decay_rate",),),
    "PiecewiseConstantDecay": (("boundary_epochs", "boundaries"), ("values",)),
}
_TWICE = {
    "decay_steps": "decay_epochs",
    "first_decay_steps": "first_decay_epochs",
    "warmup_steps": "warmup_epochs",
    "boundaries": "boundary_epochs",
}
POLYNOMIAL_END = 1e-4  # Keras's end_learning_rate

CROSS_ENTROPY = "SparseCategoricalCrossentropy"
_SMOOTHING = {"label_smoothing": Option(float, 0, 0.99)}
LOSSES: dict[str, dict[str, Option]] = {
    CROSS_ENTROPY: {},
    "CategoricalCrossentropy": _SMOOTHING,
    "CategoricalFocalCrossentropy": {
        "alpha": _FACTOR,
        "gamma": Option(float, 0, 100),
        **_SMOOTHING,
    },
    "CategoricalHinge": {},
    "MeanSquaredError": {},
}
_LABELS = "is of several labels an image", "CategoricalCrossentropy"
_LABELS_FOCAL = _LABELS[0], "CategoricalFocalCrossentropy"
_NUMBERS = "is of numbers to be predicted, not of classes", "MeanSquaredError"
_MASKS = "is of masks, over the whole batch", "CategoricalFocalCrossentropy"
_SAME = "of one class an image is the cross-entropy", CROSS_ENTROPY
_MARGIN = "is of two classes", "CategoricalHinge"
# Of Keras's other losses: why not, and what to take.
NO_LOSSES = {
    "BinaryCrossentropy": _LABELS,
    "BinaryFocalCrossentropy": _LABELS_FOCAL,
    "CTC": ("is of sequences", CROSS_ENTROPY),
    "CategoricalGeneralizedCrossEntropy": (
        "has no gradient where a probability is 0",
        "CategoricalCrossentropy",
    ),
    "Circle": ("is of embeddings", CROSS_ENTROPY),
    "CosineSimilarity": ("is of directions, not of probabilities", "MeanSquaredError"),
    "Dice": _MASKS,
    "Hinge": _MARGIN,
    "Huber": _NUMBERS,
    "KLDivergence": _SAME,
    "LogCosh": _NUMBERS,
    "MeanAbsoluteError": _NUMBERS,
    "MeanAbsolutePercentageError": _NUMBERS,
    "MeanSquaredLogarithmicError": _NUMBERS,
    "Poisson": _SAME,
    "SquaredHinge": _MARGIN,
    "Tversky": _MASKS,
}


def check_loss_name(loss: Any) -> None:
    """Raise UnknownName or BadInput for a loss that is not one of LOSSES."""
    if isinstance(loss, str) and loss in LOSSES:
        return
    plain = str(loss).replace("_", "").lower()
    for name, (reason, instead) in NO_LOSSES.items():
        if name.lower() == plain:
            raise BadInput(
                f"the loss {name} {reason}; received {loss!r}, try {instead!r}. Known: "
                f"{', '.join(LOSSES)}."
            )
    raise no_such("loss", str(loss), LOSSES)


def check_loss(loss: str, options: Options | None) -> None:
    """Raise UnknownName or BadInput for options that a loss does not take."""
    _check("loss", loss, options or {}, LOSSES[loss])


def check_schedule(schedule: str, options: Options | None, rate: float, epochs: int) -> None:
    """Raise UnknownName or BadInput for options that a schedule does not take, or lacks.

    rate, epochs: the recipe's learning rate and epochs.
    """
    given = options or {}
    _check("schedule", schedule, given, SCHEDULES.get(schedule, {}))
    for steps, in_epochs in _TWICE.items():
        if steps in given and in_epochs in given:
            raise BadInput(
                f"{steps} and {in_epochs} of {schedule} are the same; received {given[steps]!r} "
                f"and {given[in_epochs]!r}, give one."
            )
    for group in _NEEDED.get(schedule, ()):
        if not any(name in given for name in group):
            raise BadInput(
                f"schedule {schedule} needs {' or '.join(group)} in schedule_options; received "
                f"{', '.join(given) or 'none'}."
            )
    if schedule == "CosineDecay":
        _check_warmup(given, epochs)
    elif schedule == "PiecewiseConstantDecay":
        _check_pieces(given, rate)
    elif schedule == "PolynomialDecay":
        end = given.get("end_learning_rate", POLYNOMIAL_END)
        if end > rate:
            raise BadInput(
                f"end_learning_rate of PolynomialDecay is {end:g}, above the learning_rate, "
                f"{rate:g}; give a lower one in schedule_options."
            )


def _check_warmup(given: Options, epochs: int) -> None:
    length = next((name for name in ("warmup_epochs", "warmup_steps") if name in given), None)
    if (length is None) != ("warmup_target" not in given):
        lacks, has = ("warmup_epochs", "warmup_target") if length is None else (
            "warmup_target", length
        )  # fmt: skip
        raise BadInput(
            f"a warmup of CosineDecay has a length and a target; received {has} {given[has]!r}, "
            f"give {lacks} too."
        )
    whole = not {"decay_steps", "decay_epochs"} & set(given)
    if whole and given.get("warmup_epochs", 0) >= epochs:
        raise BadInput(
            f"warmup_epochs of CosineDecay leaves none of the {epochs} epochs to decay; received "
            f"{given['warmup_epochs']!r}."
        )


def _check_pieces(given: Options, rate: float) -> None:
    name = next(key for key in ("boundary_epochs", "boundaries") if key in given)
    ends, values = given[name], given["values"]
    if len(values) != len(ends) + 1:
        raise BadInput(
            f"values of PiecewiseConstantDecay are one more than {name}; received {len(values)} "
            f"values and {len(ends)} {name}."
        )
    if sorted(set(ends)) != list(ends):
        raise BadInput(f"{name} of PiecewiseConstantDecay increase; received {list(ends)}.")
    if values[0] != rate:
        raise BadInput(
            f"values of PiecewiseConstantDecay begin with the learning_rate, {rate:g}; received "
            f"{values[0]:g}."
        )


def _check(kind: str, owner: str, given: Options, known: Mapping[str, Option]) -> None:
    """Raise for an option that is not known, or a value that it does not take."""
    for name, value in given.items():
        if name not in known:
            raise no_such("option", name, known, where=f"the {kind} {owner}")
        option, about = known[name], f"{name} of {owner}"
        if option.is_list:
            if not (isinstance(value, (list, tuple)) and value):
                raise BadInput(f"{about} is a list of numbers; received {value!r}.")
            for each in value:
                check_number(f"each of {about}", each, option.kind, option.least, option.most)
        elif option.kind is bool:
            if not isinstance(value, bool):
                raise BadInput(f"{about} is true or false; received {value!r}.")
        else:
            check_number(about, value, option.kind, option.least, option.most)


def is_table(value: Any, *, lists: bool) -> bool:
    """Return whether a value is a table of numbers, words and switches; lists: or lists of them."""
    kinds = (bool, int, float, str) + ((list, tuple) if lists else ())
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and isinstance(each, kinds) for key, each in value.items()
    )


def check_number(name: str, value: Any, kind: type, least: float, most: float) -> None:
    """Raise BadInput unless a value is a number of a kind from least to most."""
    allowed_types = (int,) if kind is int else (int, float)
    if type(value) not in allowed_types:
        word = "a whole number" if kind is int else "a number"
        raise BadInput(f"{name} is {word}; received {value!r}.")
    if not least <= value <= most:  # false for NaN too
        form = "d" if kind is int else "g"
        raise BadInput(f"{name} is from {least:{form}} to {most:{form}}; received {value:{form}}.")

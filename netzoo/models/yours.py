"""The builder that a spec of the user's names: its arguments, and the values they may take."""

import inspect
import typing
from dataclasses import dataclass
from typing import Any

from netzoo.errors import BadInput
from netzoo.models import applications, code
from netzoo.models.spec import CODE, KERAS, SAVED, ModelSpec

GIVEN = ("input_shape", "num_classes")  # by netzoo, and so no changes
# Arguments of the builders in keras.applications that are no changes of the network.
OF_KERAS = ("weights", "classes", "classifier_activation", "input_tensor", "include_top", "name")


@dataclass(frozen=True)
class Builder:
    """A builder's arguments that a spec may change.

    options: their defaults. choices: by argument, the values of a Literal annotation, or
    False and True; none for others.
    """

    options: dict[str, Any]
    choices: dict[str, tuple[Any, ...]]


def builder(spec: ModelSpec) -> Builder:
    """Return the arguments of a spec's builder; a saved or built model has none.

    Imports the user's code. Raises UnknownName or BadInput.
    """
    if spec.origin == SAVED:
        return Builder({}, {})
    called = applications.builder(spec) if spec.origin == KERAS else code.named(spec)
    if spec.origin == CODE and code.is_model(called):
        code.check_unchanged(spec)
        return Builder({}, {})
    code.options(spec, called, dict.fromkeys(GIVEN) if _takes(spec, called) else {})
    hints = _hints(called)
    options, choices = {}, {}
    for name, parameter in code.parameters(spec, called).items():
        plain = isinstance(parameter.default, (bool, int, float, str))
        if name in GIVEN or (spec.origin == KERAS and name in OF_KERAS) or not plain:
            continue
        options[name] = parameter.default
        values = _values(hints.get(name), parameter)
        if values:
            choices[name] = values
            given = spec.changes.get(name, parameter.default)
            if given not in values:
                raise BadInput(
                    f"{name} of {spec.model} is one of {', '.join(map(str, values))}; received "
                    f"{given!r}."
                )
    return Builder(options, choices)


def _takes(spec: ModelSpec, called: Any) -> bool:
    known = code.parameters(spec, called)
    return all(name in known for name in GIVEN)


def _hints(called: Any) -> dict[str, Any]:
    """Return the annotations of a builder, none if they cannot be resolved."""
    try:
        return typing.get_type_hints(called.__init__ if inspect.isclass(called) else called)
    except Exception:  # of names that its module does not know
        return {}


def _values(hint: Any, parameter: inspect.Parameter) -> tuple[Any, ...]:
    """Return the values that an argument may take, none if they are not told."""
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)
    return (False, True) if hint is bool or isinstance(parameter.default, bool) else ()

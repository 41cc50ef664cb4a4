"""The catalogue of models: the registered builders, and the facts of each before it is built.

Keras is not imported here but by the builders, so that listing names, checking a name and planning
trials start at once. Importing netzoo.models registers the built-in families.
"""

import fnmatch
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from netzoo.errors import BadInput, no_such
from netzoo.models.build import ensure_built
from netzoo.models.layout import channels_last
from netzoo.models.spec import REGISTERED, ModelSpec, parse
from netzoo.registry import Registry

Builder = TypeVar("Builder", bound=Callable[..., Any])

# The input shape of a builder without a default: that of the images in the package.
PLAIN_SHAPE = (28, 28, 1)


@dataclass(frozen=True)
class ModelInfo:
    """The facts of a model that are known before it is built.

    family: the name of the builder that its variants share.
    changes: the arguments in which it differs from the family's base.
    options: all arguments that a change may name, with this model's values.
    input_shape: its native input: height, width, channels.
    summary: the first line of the builder's docstring.
    sized: whether the builder has a default input shape; without one it takes the data's size.
    """

    name: str
    family: str
    changes: dict[str, Any]
    options: dict[str, Any]
    input_shape: tuple[int, int, int]
    summary: str
    builder: Callable[..., Any]
    sized: bool = True

    def checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the changes, validated against the builder's signature; raises BadInput."""
        hints = typing.get_type_hints(self.builder)
        for key, value in changes.items():
            if key not in self.options:
                raise no_such("change", key, self.options, where=self.name)
            _check_type(self.name, key, value, hints.get(key, Any))
        return dict(changes)


MODELS: Registry[ModelInfo] = Registry("model")


def register_model(name: str, **changes: Any) -> Callable[[Builder], Builder]:
    """Return a decorator that registers a model builder under a name.

    The builder is called as `builder(input_shape=…, num_classes=…, **options)` and returns a
    keras.Model whose outputs are logits, (batch, num_classes). Its keyword-only arguments are the
    possible changes. Without a default of input_shape its native size is the data's. Decorate once
    for each variant. Raises BadInput if the name is taken or a change is no argument of the
    builder.

    >>> import keras, netzoo
    >>> @netzoo.register_model("flat")
    ... @netzoo.register_model("flat-sigmoid", activation="sigmoid")
    ... def flat(input_shape=(28, 28, 1), num_classes=10, *, activation: str = "relu"):
    ...     '''Build one hidden layer; the output is logits.'''
    ...     hidden = keras.layers.Dense(64, activation=activation)
    ...     layers = [keras.Input(input_shape), keras.layers.Flatten(), hidden]
    ...     return keras.Sequential([*layers, keras.layers.Dense(num_classes)])
    >>> netzoo.summary("flat-sigmoid").macs
    50816
    """

    def decorate(builder: Builder) -> Builder:
        parameters = inspect.signature(builder).parameters
        keywords = {key for key, p in parameters.items() if p.kind is not p.POSITIONAL_ONLY}
        missing = {"input_shape", "num_classes"} - keywords
        if missing:
            raise BadInput(f"the builder of {name!r} takes no argument {sorted(missing)[0]!r}.")
        if any(mark in name for mark in ":,=@ "):
            raise BadInput(
                f"a model's name holds no ':', ',', '=', '@' or space; received {name!r}."
            )
        defaults = {
            key: parameter.default
            for key, parameter in parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        }
        info = ModelInfo(
            name=name,
            family=builder.__name__,
            changes=dict(changes),
            options=defaults,
            input_shape=_native(parameters["input_shape"]) or PLAIN_SHAPE,
            summary=(inspect.getdoc(builder) or "").partition("\n")[0],
            builder=builder,
            sized=_native(parameters["input_shape"]) is not None,
        )
        info.checked(changes)
        MODELS.add(name, replace(info, options=defaults | changes))
        return builder

    return decorate


def _native(parameter: inspect.Parameter) -> Any:
    """Return the default of a builder's input_shape, None if it has none or leaves a size open."""
    shape = parameter.default
    is_open = isinstance(shape, (tuple, list)) and None in shape
    return None if is_open or shape is parameter.empty else shape


def model_spec(text: str) -> ModelSpec:
    """Parse a spec; a name of the catalogue is a registered model, not a module.

    Raises BadInput for changes or settings that are not written name=value.
    """
    return parse(text, MODELS)


def model_info(spec: str | ModelSpec) -> ModelInfo:
    """Return the facts of a model by its name or a spec such as "alexnet:dropout=0.2".

    Raises UnknownName for an unknown name or change, BadInput for an invalid value.

    >>> import netzoo
    >>> info = netzoo.model_info("alexnet-sigmoid")
    >>> info.family, info.changes, info.input_shape
    ('alexnet', {'activation': 'sigmoid'}, (224, 224, 1))
    """
    if isinstance(spec, str):
        spec = model_spec(spec)
        if spec.settings:
            raise BadInput(
                f"{spec.text!r} has settings of a training after the '@'; name the model alone: "
                f"{spec.model!r}."
            )
    if spec.origin != REGISTERED:
        raise no_such("model", spec.model, MODELS)
    info = MODELS[spec.name]
    if not spec.changes:
        return info
    changes = info.checked(spec.changes)
    return replace(
        info,
        name=spec.model,
        changes=info.changes | changes,
        options=info.options | changes,
    )


def name_of(family: str, changes: Mapping[str, Any]) -> str:
    """Return the name of a family's model with these changes of its base, else its spec.

    A change to the base's own value counts as none. Raises UnknownName or BadInput for a change.
    """
    base = base_of(family)
    base.checked(changes)
    differing = {key: value for key, value in changes.items() if base.options.get(key) != value}
    for info in MODELS.values():
        if info.family == family and info.changes == differing:
            return info.name
    return f"{base.name}:" + ",".join(f"{key}={value}" for key, value in differing.items())


def base_of(family: str) -> ModelInfo:
    """Return the model of a family without changes. Raises UnknownName."""
    bases = {info.family: info for info in MODELS.values() if not info.changes}
    if family not in bases:
        raise no_such("family", family, bases)
    return bases[family]


def list_models(pattern: str = "*") -> list[str]:
    """Return the sorted names of the registered models that match a pattern such as "alexnet*".

    Those that installed packages and NETZOO_MODELS register are imported.

    >>> import netzoo
    >>> netzoo.list_models("alexnet-*pool")
    ['alexnet-avgpool']
    """
    MODELS.load_all()
    return [name for name in MODELS if fnmatch.fnmatchcase(name, pattern)]


def create_model(
    spec: str | ModelSpec,
    *,
    input_shape: tuple[int, int, int] | None = None,
    num_classes: int = 10,
    **changes: Any,
) -> Any:
    """Return a new keras.Model by name or spec; its outputs are logits, (batch, num_classes).

    input_shape: height, width, channels; by default the model's native one.
    changes: arguments of the builder, as `model_info(name).options` lists them.
    Raises UnknownName for a name or change that is not known, BadInput for a value.

    >>> import netzoo
    >>> netzoo.create_model("alexnet", input_shape=(96, 96, 3), num_classes=100).output_shape
    (None, 100)
    """
    info = model_info(spec)
    shape = check_input_shape(info.input_shape if input_shape is None else input_shape)
    if isinstance(num_classes, bool) or not isinstance(num_classes, int) or num_classes < 2:
        raise BadInput(f"a classifier needs at least 2 classes; received {num_classes!r}.")
    options = info.changes | info.checked(changes)
    with channels_last():
        model = info.builder(input_shape=shape, num_classes=num_classes, **options)
        return ensure_built(info.name, model, shape)


def check_input_shape(shape: Any) -> tuple[int, int, int]:
    """Return the shape as three positive whole numbers; raises BadInput."""
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    good = len(sizes) == 3 and all(type(size) is int and size > 0 for size in sizes)
    if not good:
        raise BadInput(
            "an input shape is height, width, channels, each a positive whole number; "
            f"received {shape!r}."
        )
    return sizes


def _check_type(model: str, key: str, value: Any, hint: Any) -> None:
    """Raise BadInput if the builder's annotation does not allow the value."""
    if typing.get_origin(hint) is typing.Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            error = no_such(f"value of {key}", str(value), map(str, allowed), where=model)
            raise BadInput(str(error))
    elif hint is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadInput(f"{key} of {model} is a number; received {value!r}.")
    elif hint is int and type(value) is not int:
        raise BadInput(f"{key} of {model} is a whole number; received {value!r}.")
    elif hint is bool and type(value) is not bool:
        raise BadInput(f"{key} of {model} is True or False; received {value!r}.")

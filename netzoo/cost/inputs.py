"""The symbolic inputs that a model is counted on: one image, of its own shape or of one given."""

import inspect
from numbers import Integral
from typing import Any

import keras
from keras import tree

from netzoo.errors import BadInput, no_such


def fixed_batch(model: Any, function: Any) -> int:
    """Return how many images a model is built for at once, 1 where that is open."""
    if function is not None:
        sizes = [tensor.shape[0] for tensor in function.inputs if tensor.shape]
    else:
        built = ((model.get_build_config() if model.built else None) or {}).values()
        shapes = [shape for shape in built if _is_shape(shape)]
        sizes = [shape[0] for shape in shapes if shape]
    return max((size for size in sizes if size), default=1)


def of_functional(function: Any, input_shape: Any, batch: int = 1) -> list[Any]:
    """Return inputs for a functional model, flat; input_shape replaces their own shapes."""
    own = function.inputs
    if input_shape is None:
        shapes = [(batch, *tensor.shape[1:]) for tensor in own]
    elif _is_shape(input_shape):
        shapes = [(batch, *_checked(input_shape))] * len(own)
    else:
        shapes = [(batch, *shape) for shape in _by_input(function, input_shape)]
    for tensor, shape in zip(own, shapes, strict=True):
        if len(shape) != len(tensor.shape):
            raise BadInput(
                f"the model takes inputs of shape {_without_batch(tensor.shape)}; received "
                f"{_without_batch(shape)}."
            )
    return [
        keras.KerasTensor(shape, dtype=tensor.dtype)
        for tensor, shape in zip(own, shapes, strict=True)
    ]


def of_subclassed(
    model: Any, input_shape: Any, batch: int = 1
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments and keywords to call a subclassed model with."""

    def tensor(shape: Any) -> Any:
        return keras.KerasTensor(shape, dtype=model.input_dtype)

    names = _required(model)
    own = getattr(model, "_inputs_struct", None)
    if input_shape is None and own is not None:  # functional, with a call of its own
        return (tree.map_structure(lambda each: tensor(_one(each.shape, batch)), own),), {}
    if input_shape is None:
        config = (model.get_build_config() if model.built else None) or {}
        built = config.get("shapes_dict") or {"": config.get("input_shape")}
        if not all(shape is not None and tree.flatten(shape) for shape in built.values()):
            known = "keeps no shape that it was built on" if model.built else "is not built"
            raise BadInput(
                f"{type(model).__name__} {model.name!r} {known}; give an input shape to count it."
            )
        shapes = {
            name.removesuffix("_shape"): _mapped(lambda shape: tensor(_one(shape, batch)), shape)
            for name, shape in built.items()
        }
        if len(shapes) > 1:
            return (), shapes
        given = list(shapes.values())
    elif _is_shape(input_shape):
        given = [tensor((batch, *_checked(input_shape)))]
    else:
        made = _mapped(lambda shape: tensor((batch, *_checked(shape))), input_shape)
        if isinstance(made, dict) and _names_arguments(model, names, made):
            return (), made
        given = made if len(names) > 1 and len(made) == len(names) else [made]
    if len(names) > 1 and len(given) < len(names):  # Keras keeps the shape of the first alone
        raise BadInput(
            f"{type(model).__name__} {model.name!r} is called on {', '.join(names)}; give the "
            "shape of each as the input shape, by its name."
        )
    return tuple(given), {}


def _names_arguments(model: Any, required: list[str], made: dict[str, Any]) -> bool:
    """Return whether shapes are named by the arguments of a model's call, not by its inputs."""
    known = inspect.signature(model.call).parameters
    return set(required) <= set(made) <= set(known)


def _required(model: Any) -> list[str]:
    """Return the names of the tensors that a model's call cannot go without."""
    parameters = inspect.signature(model.call).parameters.values()
    return [
        each.name
        for each in parameters
        if each.default is each.empty
        and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        and each.name not in ("training", "mask")
    ]


def _one(shape: Any, batch: int) -> tuple[Any, ...]:
    """Return a shape that a model was built on, for one image."""
    one = (batch, *tuple(shape)[1:])
    if None in one:
        raise BadInput(
            f"the model is built on {tuple(shape)}; give a full input shape to count it."
        )
    return one


def _mapped(function: Any, shapes: Any) -> Any:
    if _is_shape(shapes):
        return function(tuple(shapes))
    if isinstance(shapes, dict):
        return {key: _mapped(function, value) for key, value in shapes.items()}
    return [_mapped(function, value) for value in shapes]


def _by_input(function: Any, shapes: Any) -> list[Any]:
    """Return the given shapes in the order of a functional model's inputs."""
    names = [tensor.name for tensor in function.inputs]
    if isinstance(shapes, dict):
        struct = function._inputs_struct
        if isinstance(struct, dict):
            names = tree.flatten({key: key for key in struct})
        for key in shapes:
            if key not in names:
                raise no_such("input", str(key), names)
        shapes = [shapes[name] for name in names if name in shapes]
    flat = list(shapes) if isinstance(shapes, (list, tuple)) else [shapes]
    if len(flat) != len(names) or not all(map(_is_shape, flat)):
        raise BadInput(
            f"the model has {len(names)} inputs, {', '.join(names)}; received {len(flat)} shapes, "
            f"{', '.join(map(str, flat))}."
        )
    return [_checked(shape) for shape in flat]


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(
        size is None or isinstance(size, Integral) for size in value
    )


def _checked(shape: Any) -> tuple[int, ...]:
    """Return a shape that was given, as whole numbers. Raises BadInput for any other."""
    sizes = tuple(shape) if _is_shape(shape) else ()
    if not sizes or not all(size is not None and size > 0 for size in sizes):
        raise BadInput(
            f"an input shape is whole numbers above 0, without the batch; received {shape!r}."
        )
    return tuple(map(int, sizes))


def _without_batch(shape: Any) -> tuple[Any, ...]:
    return tuple(shape)[1:]

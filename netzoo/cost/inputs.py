"""The symbolic inputs that a model is counted on: one image, of its own shape or of one given."""

from typing import Any

import keras
from keras import tree

from netzoo.cost.graph import batch_of_one
from netzoo.errors import BadInput, no_such


def of_functional(function: Any, input_shape: Any) -> list[Any]:
    """Return inputs for a functional model, flat; input_shape replaces their own shapes."""
    own = function.inputs
    if input_shape is None:
        shapes = [(1, *tensor.shape[1:]) for tensor in own]
    elif _is_shape(input_shape):
        shapes = [(1, *input_shape)] * len(own)
    else:
        shapes = [(1, *shape) for shape in _by_input(function, input_shape)]
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


def of_subclassed(model: Any, input_shape: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments and keywords to call a subclassed model with."""

    def tensor(shape: Any) -> Any:
        return keras.KerasTensor(shape, dtype=model.input_dtype)

    if input_shape is not None:
        if _is_shape(input_shape):
            return (tensor((1, *input_shape)),), {}
        shapes = _mapped(lambda shape: tensor((1, *shape)), input_shape)
        return (shapes,), {}
    config = (model.get_build_config() if model.built else None) or {}
    several = config.get("shapes_dict")
    if several:
        names = {key.removesuffix("_shape"): shape for key, shape in several.items()}
        return (), {name: _mapped(lambda s: tensor(_one(s)), s) for name, s in names.items()}
    shape = config.get("input_shape")
    if shape is None or not tree.flatten(shape):
        raise BadInput(
            f"{type(model).__name__} {model.name!r} is not built; give an input shape to count it, "
            "or call it once on data."
        )
    return (_mapped(lambda s: tensor(_one(s)), shape),), {}


def _one(shape: Any) -> tuple[Any, ...]:
    """Return a shape that a model was built on, for one image."""
    one = batch_of_one((None, *tuple(shape)[1:]))
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
    flat = list(shapes)
    if len(flat) != len(names) or not all(map(_is_shape, flat)):
        raise BadInput(
            f"the model has {len(names)} inputs, {', '.join(names)}; received {len(flat)} shapes, "
            f"{', '.join(map(str, flat))}."
        )
    return [tuple(shape) for shape in flat]


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(
        size is None or isinstance(size, int) for size in value
    )


def _without_batch(shape: Any) -> tuple[Any, ...]:
    return tuple(shape)[1:]

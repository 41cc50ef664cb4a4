"""The symbolic inputs that a model is counted on: one image, of its own shape or of one given."""

import inspect
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

    names = _required(model)
    if input_shape is None:
        config = (model.get_build_config() if model.built else None) or {}
        built = config.get("shapes_dict") or {"": config.get("input_shape")}
        if not all(shape is not None and tree.flatten(shape) for shape in built.values()):
            raise BadInput(
                f"{type(model).__name__} {model.name!r} is not built; give an input shape to count "
                "it, or call it once on data."
            )
        shapes = {
            name.removesuffix("_shape"): _mapped(lambda shape: tensor(_one(shape)), shape)
            for name, shape in built.items()
        }
        if len(shapes) > 1:
            return (), shapes
        given = list(shapes.values())
    elif _is_shape(input_shape):
        given = [tensor((1, *input_shape))]
    else:
        made = _mapped(lambda shape: tensor((1, *shape)), input_shape)
        if len(names) > 1 and isinstance(made, dict) and set(made) == set(names):
            return (), made
        given = made if len(names) > 1 and len(made) == len(names) else [made]
    if len(names) > 1 and len(given) < len(names):  # Keras keeps the shape of the first alone
        raise BadInput(
            f"{type(model).__name__} {model.name!r} is called on {', '.join(names)}; give the "
            "shape of each as the input shape, by its name."
        )
    return tuple(given), {}


def _required(model: Any) -> list[str]:
    """Return the names of the tensors that a model's call cannot go without."""
    parameters = inspect.signature(model.call).parameters.values()
    return [
        each.name
        for each in parameters
        if each.default is each.empty
        and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        and each.name not in ("training", "mask")
    ]


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

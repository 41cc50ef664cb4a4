"""Walk a built Keras model and count each layer by its rule.

Convention: MACs are multiply-adds of convolutions and matrix products, bias not counted; FLOPs =
2 × MACs, the convention of PyTorch's FlopCounterMode; batch 1.
"""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

from keras import StatelessScope, layers

from netzoo.cost import rules
from netzoo.errors import BadInput
from netzoo.records import Cost, LayerCost
from netzoo.registry import create_model, model_info


def _conv(layer: Any, input_shape: rules.Shape, output_shape: rules.Shape) -> int:
    if layer.data_format == "channels_first":
        input_shape, output_shape = (s[1:] + s[:1] for s in (input_shape, output_shape))
    return rules.conv_macs(input_shape, output_shape, layer.kernel_size, layer.groups)


def _dense(layer: Any, input_shape: rules.Shape, output_shape: rules.Shape) -> int:
    return rules.dense_macs(input_shape, output_shape)


# Exact classes, not their subclasses: a subclass may compute something else.
RULES: dict[type, Callable[[Any, rules.Shape, rules.Shape], int]] = {
    layers.Conv1D: _conv,
    layers.Conv2D: _conv,
    layers.Conv3D: _conv,
    layers.Dense: _dense,
}

# Free: no convolution or matrix product inside, whatever the settings.
FREE: frozenset[type] = frozenset(
    {
        layers.InputLayer,
        layers.ZeroPadding2D,
        layers.MaxPooling2D,
        layers.AveragePooling2D,
        layers.GlobalAveragePooling2D,
        layers.GlobalMaxPooling2D,
        layers.Flatten,
        layers.Reshape,
        layers.Dropout,
        layers.Activation,
        layers.ReLU,
        layers.Softmax,
        layers.BatchNormalization,
        layers.LayerNormalization,
        layers.Rescaling,
        layers.Add,
        layers.Concatenate,
    }
)


def count_cost(model: Any) -> Cost:
    """Return parameters and MACs of a built functional or sequential Keras model, by layer.

    Nothing is run. A layer called several times has its weights counted once and its MACs at each
    call. A layer without a rule counts 0 MACs and is named in the result's `uncounted`.
    Raises BadInput for a model that is not built, or has an open dimension other than its batch.
    """
    layers_in_order: dict[int, LayerCost] = {}
    uncounted: dict[str, None] = {}
    trained: set[int] = set()  # the tensors that depend on a trained weight: they pass gradients on
    for call in _calls(model):
        layer, inputs, outputs = call.operation, call.input_tensors, call.output_tensors
        macs = _macs(layer, inputs or outputs, outputs)
        if macs is None:
            uncounted[f"{layer.name} ({type(layer).__name__})"] = None
        trainable = _size(getattr(layer, "trainable_weights", []))
        needs_input_gradient = any(id(tensor) in trained for tensor in inputs)
        if trainable or needs_input_gradient:
            trained.update(id(tensor) for tensor in outputs)
        passes = 1 + bool(trainable) + needs_input_gradient
        before = layers_in_order.get(id(layer))
        layers_in_order[id(layer)] = LayerCost(
            name=layer.name,
            type=type(layer).__name__,
            output_shape=tuple(outputs[0].shape[1:]),
            params=_size(getattr(layer, "weights", [])),
            trainable_params=trainable,
            macs=(macs or 0) + (before.macs if before else 0),
            training_macs=(macs or 0) * passes + (before.training_macs if before else 0),
        )
    shape = tuple(model.inputs[0].shape[1:])
    return Cost(model.name, shape, tuple(layers_in_order.values()), tuple(uncounted))


def count_named(
    spec: str, input_shape: tuple[int, int, int] | None = None, num_classes: int = 10
) -> Cost:
    """Return the cost of a registered model, at its native input by default.

    No weight is allocated. Raises as `create_model` does.
    """
    info = model_info(spec)
    with StatelessScope(initialize_variables=False):
        model = create_model(spec, input_shape=input_shape, num_classes=num_classes)
    return replace(count_cost(model), model=info.name)


def _calls(model: Any) -> list[Any]:
    """Return the calls that make up the model's graph, inputs first. Raises BadInput without one.

    Keras keeps them in a private attribute and offers no public way to tell one call of a layer
    from another.
    """
    graph = getattr(model, "_functional", model)
    calls = getattr(graph, "_nodes_by_depth", None)
    if calls is None:
        raise BadInput(
            "count_cost takes a built functional or sequential keras.Model; "
            f"received {type(model).__name__}."
        )
    return [call for depth in sorted(calls, reverse=True) for call in calls[depth]]


def _macs(layer: Any, inputs: list[Any], outputs: list[Any]) -> int | None:
    """Return the layer's MACs, None without a rule."""
    if type(layer) in FREE:
        return 0
    rule = RULES.get(type(layer))
    if rule is None:
        return None
    shapes = [tuple(tensor.shape[1:]) for tensor in (inputs[0], outputs[0])]
    if any(size is None for shape in shapes for size in shape):
        raise BadInput(
            f"layer {layer.name!r} has an open dimension ({shapes[0]} -> {shapes[1]}); "
            "build the model with a full input shape to count it."
        )
    return rule(layer, shapes[0], shapes[1])


def _size(weights: list[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)

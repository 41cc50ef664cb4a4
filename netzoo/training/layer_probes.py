"""Probes of a network's layers on one batch: outputs, and gradients with respect to them."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from netzoo.errors import BadInput
from netzoo.results.probe import LayerProbe

# The slope of an activation relative to its maximum, as a function of its output.
SLOPES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "sigmoid": lambda y: 4 * y * (1 - y),
    "tanh": lambda y: 1 - y * y,
}
FLAT = 0.05

ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Softmax": "softmax",
}

Mark = Callable[[str, Any], Any]


class Gradients(Protocol):
    """The gradients of one backend: the function `gradients` of netzoo.training.on_…."""

    def __call__(
        self,
        loss: Callable[..., Any],
        images: Any,
        weights: Sequence[Any],
        variables: Sequence[Any],
        /,
    ) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
        """Return the outputs by layer, the gradients with respect to them, and to the weights.

        loss: a function of `mark`, which takes the name and the output of each layer and returns a
        replacement for the output; of the images; and, if values of variables are arguments, of
        pairs of variable and value. weights: some of the variables of the model.
        """


def layer_probes(model: Any, x: Any, labels: Any) -> tuple[LayerProbe, ...]:
    """Return the probes of all layers but the inputs on a batch, in the order of the model.

    The network runs in evaluation mode, without dropout and with batch norm's moving averages: the
    figures are deterministic, and those of an image do not depend on the others. The model does not
    change. A nested model counts as one layer. Outputs and gradients have the model's precision and
    are summed in float64; in float16 a gradient below 6e-8 is 0, as in a training without loss
    scaling.
    model: functional or sequential and built, its outputs logits. x: (batch, height, width,
    channels), scaled as the model's inputs. labels: classes as integers, (batch,).

    Raises BadInput for any other model, for a layer that is called more than once or has several
    outputs, and for images or labels that do not fit the model.
    """
    graph = _graph(model)
    images, classes = _batch(graph, x, labels)
    layers = [layer for layer in graph.layers if not isinstance(layer, keras.layers.InputLayer)]
    kernels = {layer.name: _kernels(layer) for layer in layers}
    weights = list({id(w): w for group in kernels.values() for w in group}.values())
    module = importlib.import_module(f"netzoo.training.on_{keras.backend.backend()}")
    gradients: Gradients = module.gradients
    outputs, by_output, by_weight = gradients(
        _loss(graph, classes), images, weights, model.variables
    )
    # The loss is the sum over the images; the gradient of the mean is that divided by their number.
    squares = {
        id(weight): _sum_of_squares(_array(gradient)) / len(classes) ** 2
        for weight, gradient in zip(weights, by_weight, strict=True)
    }
    probes = []
    for layer in layers:
        own_kernels = kernels[layer.name]
        norm = gradient_norm = None
        if own_kernels:
            norm = sum(_sum_of_squares(_array(weight.value)) for weight in own_kernels) ** 0.5
            gradient_norm = sum(squares[id(weight)] for weight in own_kernels) ** 0.5
        probes.append(
            LayerProbe(
                name=layer.name,
                type=type(layer).__name__,
                **_of_output(_activation(layer), _array(outputs.pop(layer.name))),
                **_of_gradient(_array(by_output.pop(layer.name))),
                weight_gradient_norm=gradient_norm,
                weight_norm=norm,
            )
        )
    return tuple(probes)


def _graph(model: Any) -> Any:
    """Return the model, or the functional model of a sequential one. Raises BadInput."""
    if not isinstance(model, keras.Model):
        raise BadInput(f"expected a built keras.Model; received {type(model).__name__}.")
    graph = getattr(model, "_functional", None) or model
    kinds = type(model).__mro__
    own = any("call" in vars(kind) for kind in kinds if not kind.__module__.startswith("keras."))
    own = own or "call" in vars(model)  # set by netzoo.training.head
    if own or not isinstance(graph, keras.Function):
        raise BadInput(
            f"the model {model.name} ({type(model).__name__}) cannot be probed: its layers are not "
            "known, or it is not built. A functional or a built sequential keras.Model can."
        )
    shapes = [tuple(tensor.shape) for tensor in (*graph.inputs, *graph.outputs)]
    if [len(shape) for shape in shapes] != [4, 2]:
        raise BadInput(
            f"the model {model.name} cannot be probed: one input (batch, height, width, channels) "
            f"and one output (batch, classes) are supported; its shapes are {shapes}."
        )
    return graph


def _batch(graph: Any, x: Any, labels: Any) -> tuple[Any, NDArray[np.int32]]:
    """Return images and classes as the model takes them. Raises BadInput if they do not fit."""
    (seen,), (logits,) = graph.inputs, graph.outputs
    images = ops.convert_to_tensor(x, dtype=seen.dtype)
    shape = tuple(images.shape)
    fits = len(shape) == 4 and all(
        want in (None, has) for want, has in zip(seen.shape, shape, strict=True)
    )
    if not fits or shape[0] == 0:
        raise BadInput(f"{graph.name} takes images {tuple(seen.shape)}; received {shape}.")
    classes = np.asarray(ops.convert_to_numpy(labels))
    if classes.shape != shape[:1] or classes.dtype.kind not in "iu":
        raise BadInput(
            f"labels are a whole number for each of the {shape[0]} images; received "
            f"{classes.dtype} {classes.shape}."
        )
    wrong = classes[(classes < 0) | (classes >= logits.shape[-1])]
    if wrong.size:
        raise BadInput(f"labels are 0 to {logits.shape[-1] - 1}; received {wrong[0]}.")
    return images, classes.astype("int32")


def _loss(graph: Any, classes: NDArray[np.int32]) -> Callable[..., Any]:
    """Return the function that runs the model and returns the sum of the images' losses."""

    def loss(mark: Mark, images: Any, state: Sequence[tuple[Any, Any]] = ()) -> Any:
        seen: set[str] = set()

        def watched(operation: Any) -> Any:
            if not isinstance(operation, keras.Layer):
                return operation

            def call(*arguments: Any, **keywords: Any) -> Any:
                output = operation(*arguments, **keywords | {"training": False})
                _check(graph, operation, output, seen)
                return mark(operation.name, output)

            return call

        # Within the scope, assignments of layers leave the model unchanged. Keras has no public way
        # to observe outputs of layers on all backends without adding nodes to the layers.
        with keras.StatelessScope(state_mapping=state):
            logits = graph._run_through_graph([images], operation_fn=watched)
            (logits,) = keras.tree.flatten(logits)
        losses = ops.sparse_categorical_crossentropy(
            ops.convert_to_tensor(classes), ops.cast(logits, "float32"), from_logits=True
        )
        return ops.sum(losses)

    return loss


def _check(graph: Any, layer: Any, output: Any, seen: set[str]) -> None:
    """Raise BadInput for a layer whose output is not one tensor with gradients."""
    if layer.name in seen:
        problem = "is called more than once"
    elif not ops.is_tensor(output):
        problem = "has several outputs"
    elif not keras.backend.is_float_dtype(keras.backend.standardize_dtype(output.dtype)):
        problem = f"gives {keras.backend.standardize_dtype(output.dtype)}, which has no gradient"
    else:
        seen.add(layer.name)
        return
    raise BadInput(
        f"the model {graph.name} cannot be probed: its layer {layer.name} {problem}. Layers that "
        "are called once and give one floating-point tensor are supported."
    )


def _kernels(layer: Any) -> list[Any]:
    """Return the kernels: trainable weights of rank 2 or more, but an attention's bias."""
    weights = layer.trainable_weights
    return [weight for weight in weights if len(weight.shape) > 1 and weight.name != "bias"]


def _activation(layer: Any) -> str | None:
    """Return the name of a layer's activation, a function or a layer; None if it is linear."""
    activation = getattr(layer, "activation", None) or layer
    if isinstance(activation, keras.Layer):
        leaky = getattr(activation, "negative_slope", 0)
        name = ACTIVATION_LAYERS.get(type(activation).__name__)
        return "leaky_relu" if name == "relu" and leaky else name
    name = getattr(activation, "__name__", type(activation).__name__)
    return None if name == "linear" else name


def _of_output(activation: str | None, values: NDArray[Any]) -> dict[str, Any]:
    """Return the fields of a LayerProbe on an output (batch, …)."""
    dead = saturated = None
    if activation == "relu":
        dead = float((values == 0).all(axis=0).mean())
    if activation in SLOPES:
        saturated = float((SLOPES[activation](values) < FLAT).mean())
    return {
        "activation": activation,
        "activation_mean": float(values.mean(dtype=np.float64)),
        "activation_sd": float(values.std(dtype=np.float64)),
        "dead": dead,
        "saturated": saturated,
    }


def _of_gradient(gradient: NDArray[Any]) -> dict[str, Any]:
    """Return the fields of a LayerProbe on the gradients of the images (batch, …)."""
    squares = np.array([_sum_of_squares(image) for image in gradient])
    return {
        "activation_gradient_norm": float(np.sqrt(squares).mean()),
        "activation_gradient_rms": float(np.sqrt(squares.sum() / gradient.size)),
    }


def _sum_of_squares(values: NDArray[Any]) -> float:
    """Return the sum of squares in float64: small gradients' squares underflow in float32."""
    return float(np.square(values, dtype=np.float64).sum())


def _array(tensor: Any) -> NDArray[Any]:
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32")))

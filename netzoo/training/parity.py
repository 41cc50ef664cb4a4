"""A few training steps of a network from given weights on given images, to be compared.

Arrays go from process to process by names: "loss", "logits", and of each variable its number and
path behind "start", "gradient" or "end".
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src import dtype_policies
from numpy.typing import NDArray

from netzoo.data.pipeline import tensors
from netzoo.data.source import Images
from netzoo.errors import BadInput
from netzoo.recipes import Recipe
from netzoo.training.inputs import Inputs
from netzoo.training.replaced import replaced
from netzoo.training.step import step_of

Arrays = dict[str, NDArray[Any]]
Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]

LOSS, LOGITS, START, GRADIENT, END, OUTPUT = "loss", "logits", "start", "gradient", "end", "output"
FLOAT64 = "float64"  # a precision that no recipe has
SAMPLED = 4096  # values of each layer's output

# The attribute that is the share or strength of what a layer draws anew at each step.
_RANDOM: tuple[tuple[type, str], ...] = (
    (keras.layers.Dropout, "rate"),
    (keras.layers.AlphaDropout, "rate"),
    (keras.layers.GaussianDropout, "rate"),
    (keras.layers.GaussianNoise, "stddev"),
)


def batches(images: Images, recipe: Recipe, steps: int) -> list[Batch]:
    """Return the batches of all steps: the first training images of each class, in their order.

    Of fewer images than that, the first ones come again.
    """
    size = recipe.batch_size
    count = min(size * steps, len(images.train))
    split = images.train.limited(count, len(images.class_names))
    pixels, labels = np.asarray(split.images[:]), np.asarray(split.labels, np.int64)
    places = np.arange(steps * size).reshape(steps, size) % count
    return [(pixels[chosen], labels[chosen]) for chosen in places]


def be_calm(model: Any) -> None:
    """Set the rate of dropout, and the strength of noise, to 0 in all layers of a model.

    Random numbers differ between backends, and each backend scales what is left alike.
    Raises BadInput for another layer that draws random numbers.
    """
    for layer in model._flatten_layers():
        for kind, name in _RANDOM:
            if isinstance(layer, kind):
                setattr(layer, name, 0.0)
                break
        else:
            if getattr(layer, "_seed_generators", ()):
                raise BadInput(
                    f"its layer {layer.name} ({type(layer).__name__}) draws random numbers, which "
                    "differ between backends; parity turns off dropout and noise only."
                )


@contextmanager
def in_float64() -> Iterator[None]:
    """Let every layer that is built within the context have weights and compute in float64.

    A layer of mixed precision, or one that asks for float32 as the last layers of netzoo's own
    networks do, too. The rest of the process computes in float64 for good.
    """
    keras.config.set_floatx(FLOAT64)
    keras.config.set_dtype_policy(FLOAT64)
    original = dtype_policies.get

    def get(identifier: Any) -> Any:
        policy = original(identifier)
        floating = policy.compute_dtype is None or policy.compute_dtype.startswith(("float", "bf"))
        return keras.DTypePolicy(FLOAT64) if floating else policy

    with replaced(dtype_policies, "get", get):
        yield


def variables_of(model: Any) -> dict[str, Any]:
    """Return the weights of a model, trained or not, by number and path."""
    return {f"{number} {weight.path}": weight for number, weight in enumerate(model.weights)}


def arrays_of(kind: str, variables: dict[str, Any]) -> Arrays:
    """Return the values of variables under their names behind a word."""
    return {f"{kind} {name}": array(variable) for name, variable in variables.items()}


def assign(model: Any, arrays: Arrays, kind: str) -> None:
    """Give a model the weights that are kept under a word. Raises BadInput if they do not fit."""
    variables = variables_of(model)
    kept = {name: array for name, array in arrays.items() if name.startswith(f"{kind} ")}
    shapes = {f"{kind} {name}": tuple(variable.shape) for name, variable in variables.items()}
    if shapes != {name: value.shape for name, value in kept.items()}:
        other = next(iter(sorted(set(shapes.items()) ^ {(n, v.shape) for n, v in kept.items()})))
        raise BadInput(
            f"the model has other weights than on the reference's backend: {other[0]} {other[1]}."
        )
    for name, variable in variables.items():
        variable.assign(kept[f"{kind} {name}"])


def array(tensor: Any) -> NDArray[Any]:
    """Return the values of a tensor or variable, float32 or float64, in memory of their own."""
    values = np.array(ops.convert_to_numpy(tensor))
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def steps_taken(
    model: Any, images: Images, recipe: Recipe, size: tuple[int, ...], steps: int, given: Arrays
) -> Arrays:
    """Take the training's own steps from the given start, and return their arrays.

    model: compiled. size: height, width and channels of its inputs. given: the reference's arrays,
    whose end is what the logits are computed with, of the first batch.
    """
    inputs = Inputs(images.train, recipe, size)
    taken = batches(images, recipe, steps)
    assign(model, given, END)
    found: Arrays = {LOGITS: step_of(model, inputs).logits(taken[0][0])}
    assign(model, given, START)
    gradients = keep_gradients(model)
    step = step_of(model, inputs)
    losses = []
    for number, batch in enumerate(taken):
        loss, _ = np.array(step.train(*tensors(*batch)))
        losses.append(loss / recipe.batch_size)
        if number == 0:
            step.sync_variables()
            found |= arrays_of(GRADIENT, gradients)
    step.sync_variables()
    return found | arrays_of(END, variables_of(model)) | {LOSS: np.array(losses)}


def keep_gradients(model: Any) -> dict[str, Any]:
    """Let the optimizer of a compiled model keep the gradients that each step hands to it.

    Return the variables that hold them, by number and path of their weights. They are among the
    optimizer's own, which every backend's step keeps up to date.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    places = {
        id(weight): optimizer.add_variable_from_reference(weight, name="kept_gradient")
        for weight in model.trainable_variables
    }
    apply = optimizer.apply

    def applying(gradients: Any, trainable_variables: Any = None) -> None:
        for place, gradient in zip(places.values(), gradients, strict=True):
            if gradient is not None:
                place.assign(ops.cast(gradient, place.dtype))
        apply(gradients, trainable_variables)

    optimizer.apply = applying
    return {
        name: places[id(weight)]
        for name, weight in variables_of(model).items()
        if id(weight) in places
    }


def outputs(model: Any, x: Any, kernels: Callable[[], AbstractContextManager[Any]]) -> Arrays:
    """Return values of each layer's output in a training step, in the order of the model.

    kernels: the context in which the step computes. Up to SAMPLED values of each layer, evenly
    spread; a nested model counts as one layer. Empty for a model whose layers are not known.
    """
    graph = getattr(model, "_functional", None) or model
    if not isinstance(graph, keras.Function):
        return {}
    found: Arrays = {}

    def watched(operation: Any) -> Any:
        if not isinstance(operation, keras.Layer):
            return operation

        def call(*arguments: Any, **keywords: Any) -> Any:
            output = operation(*arguments, **keywords | {"training": True})
            if ops.is_tensor(output):
                values = array(ops.cast(output, output_type)).reshape(-1)
                places = np.linspace(0, values.size - 1, min(values.size, SAMPLED)).astype(int)
                found.setdefault(f"{OUTPUT} {operation.name}", values[places])
            return output

        return call

    output_type = keras.config.floatx()
    with keras.StatelessScope(), kernels():
        graph._run_through_graph([ops.convert_to_tensor(x)], operation_fn=watched)
    return found


def outputs_of_step(
    model: Any, images: Images, recipe: Recipe, size: tuple[int, ...], steps: int, given: Arrays
) -> Arrays:
    """Return the outputs of the layers on the first batch, from the given start."""
    assign(model, given, START)
    pixels, _ = batches(images, recipe, steps)[0]
    x = Inputs(images.train, recipe, size)(ops.convert_to_tensor(pixels))
    module = importlib.import_module(f"netzoo.training.kernels_{keras.backend.backend()}")
    return outputs(model, x, module.kernels)

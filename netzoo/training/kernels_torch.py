"""Faster ways on PyTorch to compute what Keras computes, in force while a model trains or infers.

Each replaces a function of Keras for the cases that it covers, and leaves the others to it. A
function that this Keras no longer has is left alone.
"""

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import torch
from keras import ops

from netzoo.training.replaced import replaced

# A convolution of fewer channels, with a stride, runs over the stride's pixels as channels.
FEW_CHANNELS = 8


@contextmanager
def kernels() -> Iterator[None]:
    """Put all replacements in force.

    None of them copies a number from the device to the host, so that a step can be recorded.
    """
    with ExitStack() as stack:
        for owner_name, name, replacement in (
            ("keras.src.backend.torch.nn", "_transpose_spatial_inputs", _viewed),
            ("keras.src.backend.torch.random", "torch_seed_generator", _default_generator),
            ("keras.src.backend.torch.optimizers.torch_sgd:SGD", "_parallel_update_step", _sgd),
            ("keras.layers:BatchNormalization", "call", _batch_normalization),
            ("keras.layers:Conv2D", "convolution_op", _strided_convolution),
        ):
            owner = found(owner_name)
            original = getattr(owner, name, None)
            if original is not None:
                stack.enter_context(replaced(owner, name, replacement(original)))
        yield


def found(name: str) -> Any:
    """Return a module, or "module:name" in it, which a later Keras may not have: then None."""
    try:
        return pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return None


def _viewed(original: Callable[..., Any]) -> Callable[..., Any]:
    """Pass images to convolutions and pools without copies in another memory format.

    Keras copies their inputs to channels-first, and a convolution's output back; torch computes on
    channels-last memory directly. The values are equal up to rounding; the copies took an eighth of
    a step of AlexNet (224 px, float32, two cores) and a seventh of its peak memory.
    Source: keras-team/keras issues 23279 (convolutions, mended after Keras 3.15) and 23649 (pools).
    """

    def transpose(images: Any, *options: Any, **more: Any) -> Any:
        if images.ndim == 4:
            return images.permute(0, 3, 1, 2)
        return original(images, *options, **more)

    return transpose


def _default_generator(original: Callable[..., Any]) -> Callable[..., Any]:
    """Draw random numbers from torch's own generator, which every epoch seeds anew.

    Keras makes a generator for each call of a layer with a seed, whose state it reads back.
    """
    return lambda seed: None


def _sgd(original: Callable[..., Any]) -> Callable[..., Any]:
    """Update by SGD in one pass over the weights, with a learning rate that stays a tensor.

    Keras makes it a Python number, which waits for the device. The weights are equal to the bit.
    """

    def update(self: Any, gradients: Any, variables: Any, learning_rate: Any) -> None:
        values = [variable.value for variable in variables]
        formats = {(t.dtype, t.device) for t in (*values, *gradients)}
        if self.momentum or len(formats) > 1 or not hasattr(torch, "_fused_sgd_"):
            original(self, gradients, variables, learning_rate)
            return
        torch._fused_sgd_(
            values,
            # The kernel reads both by their place in memory, without looking at strides.
            [gradient.contiguous() for gradient in gradients],
            [],
            lr=ops.convert_to_tensor(learning_rate, "float32"),
            weight_decay=0.0,
            momentum=0.0,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )

    return update


def _batch_normalization(original: Callable[..., Any]) -> Callable[..., Any]:
    """Normalise a training batch by torch's own kernel.

    It reads and writes the images in their format and computes in float32, where Keras stores a
    float32 copy at each of its steps. The values are equal up to rounding; a step of ResNet50
    (96 px, bfloat16) moves a quarter of the bytes.
    """

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        covered = (
            type(self) is keras.layers.BatchNormalization  # a subclass may do a part in another way
            and training
            and self.trainable
            and mask is None
            and not self.renorm
        )
        wide = inputs.dtype in (torch.float32, torch.bfloat16) and inputs.ndim >= 2
        if not covered or not wide or getattr(self, "synchronized", False):
            return original(self, inputs, training=training, mask=mask)
        gamma, beta = (
            variable.value.float() if used else None
            for variable, used in ((self.gamma, self.scale), (self.beta, self.center))
        )
        outputs, mean, deviation = torch.native_batch_norm(
            *(inputs.movedim(self.axis, 1), gamma, beta, None, None),
            *(True, 0.0, self.epsilon),
        )
        with torch.no_grad():
            # The kernel returns 1 / sqrt(variance + epsilon); its variance is the biased one.
            variance = deviation.float().pow(-2) - self.epsilon
            for moving, now in (
                (self.moving_mean, mean.float()),
                (self.moving_variance, variance),
            ):
                kept = ops.cast(moving, "float32")
                moving.assign(kept * self.momentum + now * (1.0 - self.momentum))
        return ops.cast(outputs.movedim(1, self.axis), self.compute_dtype)

    return call


def _strided_convolution(original: Callable[..., Any]) -> Callable[..., Any]:
    """Convolve images of few channels over the pixels of a stride as channels.

    A convolution with stride s is one without a stride over s × s times the channels, its kernel
    padded with zeros to a multiple of s: the same products, added in another order. Kernels of
    convolutions are made for many channels: AlexNet's first takes a sixth of the time on an H200,
    and two thirds in bfloat16 on a CPU that computes in it.
    """

    def convolve(self: Any, inputs: Any, kernel: Any) -> Any:
        stride, sides = self.strides[0], self.kernel_size
        covered = (
            inputs.ndim == 4
            and gains_by_blocks(inputs)
            and tuple(self.strides) == (stride, stride)
            and min(sides) > stride > 1
            and self.padding == "valid"
            and self.data_format == "channels_last"
            and inputs.shape[-1] < FEW_CHANNELS
            and self.groups == 1
            and set(self.dilation_rate) == {1}
            and kernel.shape == (*sides, inputs.shape[-1], self.filters)
        )
        if not covered:
            return original(self, inputs, kernel)
        blocks = [-(-side // stride) for side in sides]
        # As many blocks of s pixels as the outputs need, the last perhaps over the edge.
        wanted = [
            ((size - side) // stride + block) * stride
            for size, side, block in zip(inputs.shape[1:3], sides, blocks, strict=True)
        ]
        x = _to_blocks(_fitted(ops.convert_to_tensor(inputs), 1, wanted), stride)
        weights = _fitted(ops.convert_to_tensor(kernel), 0, [block * stride for block in blocks])
        weights = _to_blocks(weights.unsqueeze(0), stride).squeeze(0)
        return ops.conv(x, weights, strides=1, padding="valid", data_format="channels_last")

    return convolve


def gains_by_blocks(images: Any) -> bool:
    """Return whether a strided convolution of a few channels is faster over blocks of pixels.

    In float32 on CPUs it takes as long, or a fourth longer.
    """
    return bool(images.is_cuda or images.dtype == torch.bfloat16)


def _fitted(array: Any, axis: int, sizes: list[int]) -> Any:
    """Cut or pad with zeros two axes from `axis` to sizes."""
    for number, size in enumerate(sizes):
        if size < array.shape[axis + number]:
            array = array.narrow(axis + number, 0, size)
    short = [size - array.shape[axis + number] for number, size in enumerate(sizes)]
    if not any(short):
        return array
    after = array.ndim - axis - 2  # axes behind the two; pad counts from the last
    return torch.nn.functional.pad(array, (0, 0) * after + (0, short[1], 0, short[0]))


def _to_blocks(images: Any, stride: int) -> Any:
    """Turn (n, height, width, c, …) into (n, height / s, width / s, s × s × c, …)."""
    count, height, width, channels, *rest = images.shape
    x = images.reshape(count, height // stride, stride, width // stride, stride, channels, *rest)
    x = x.transpose(2, 3)
    return x.reshape(count, height // stride, width // stride, stride * stride * channels, *rest)

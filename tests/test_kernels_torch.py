"""PyTorch's own kernels in place of Keras's operations: the same values, up to rounding."""

from contextlib import nullcontext

import keras
import numpy as np
import pytest
from keras import layers, ops

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="they are kernels of PyTorch"
)

ROUNDING = {"float32": 2e-5, "bfloat16": 2e-2}


def results(layer, inputs, replaced, **options):
    """Return outputs, gradients and moving averages after one call of a new layer."""
    from netzoo.training.kernels_torch import kernels

    keras.utils.set_random_seed(1)
    made = layer()
    made.build(inputs.shape)
    dtype = getattr(torch, made.compute_dtype)
    x = torch.from_numpy(inputs).to(dtype).requires_grad_()
    with kernels() if replaced else nullcontext():
        y = made(x, **options)
    generator = torch.Generator().manual_seed(2)
    weights = [variable.value for variable in made.trainable_variables]
    (y.float() * torch.randn(y.shape, generator=generator)).sum().backward()
    gradients = [tensor.grad for tensor in (x, *weights)]
    state = [variable.value for variable in made.non_trainable_variables]
    return y.dtype, [t.detach().float().numpy() for t in (y, *gradients, *state)]


def check_close(layer, inputs, dtype, **options):
    (kind, ours), (expected, theirs) = (
        results(layer, inputs, replaced, **options) for replaced in (True, False)
    )
    assert kind == expected
    for mine, its in zip(ours, theirs, strict=True):
        scale = max(float(np.abs(its).max()), 1.0)
        np.testing.assert_allclose(mine, its, rtol=0, atol=ROUNDING[dtype] * scale)


def normal(*shape):
    return (3.0 + 2.0 * np.random.default_rng(0).standard_normal(shape)).astype("float32")


@pytest.mark.parametrize("rate", [0.05, keras.optimizers.schedules.CosineDecay(0.1, 20)], ids=type)
def test_sgd_is_kerass_to_the_bit(rate):
    """Whatever the order of a gradient in memory: a convolution's is not that of its kernel."""
    from netzoo.training.kernels_torch import kernels

    def update(context):
        generator = torch.Generator().manual_seed(3)
        shapes = (5, 5, 3, 7), (33, 17), (7,)
        variables = [keras.Variable(torch.randn(s, generator=generator).numpy()) for s in shapes]
        optimizer = keras.optimizers.SGD(rate)
        optimizer.build(variables)
        for _ in range(3):
            gradients = [
                torch.randn(shape[::-1], generator=generator).permute(*range(len(shape))[::-1])
                for shape in shapes
            ]
            with context(), torch.no_grad():
                optimizer.apply(gradients, variables)
        return [variable.value.detach().numpy() for variable in variables]

    for mine, its in zip(update(kernels), update(nullcontext), strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.fixture
def calls(monkeypatch):
    """Count the calls of torch's kernel for batch normalisation."""
    counted = []

    def count(*arguments):
        counted.append(arguments)
        return kept(*arguments)

    kept = torch.native_batch_norm
    monkeypatch.setattr(torch, "native_batch_norm", count)
    return counted


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((8, 6, 5, 4), {}),
        ((8, 6, 5, 4), {"axis": 1, "momentum": 0.5, "epsilon": 0.1}),
        ((8, 6, 5, 4), {"center": False}),
        ((8, 6, 5, 4), {"scale": False, "dtype": "mixed_bfloat16"}),
        ((16, 7), {}),
        ((4, 9, 3), {"center": False, "scale": False}),
        ((2, 3, 4, 5, 6), {}),
    ],
    ids=str,
)
def test_batch_normalization_is_kerass(shape, options, dtype, calls):
    policy = "mixed_bfloat16" if dtype == "bfloat16" else "float32"
    options = {"dtype": policy, **options}
    rounding = "bfloat16" if "bfloat16" in options["dtype"] else dtype
    check_close(
        lambda: layers.BatchNormalization(**options), normal(*shape), rounding, training=True
    )
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("options", "call"),
    [
        ({}, {"training": False}),
        ({"trainable": False}, {"training": True}),
        ({"renorm": True}, {"training": True}),
        ({"dtype": "mixed_float16"}, {"training": True}),
        ({}, {"training": True, "mask": torch.ones(8, 6, 5, dtype=torch.bool)}),
    ],
    ids=str,
)
def test_other_normalizations_are_left_to_keras(options, call, calls):
    ours, theirs = (
        results(lambda: layers.BatchNormalization(**options), normal(8, 6, 5, 4), replaced, **call)
        for replaced in (True, False)
    )
    assert not calls
    for mine, its in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_array_equal(mine, its)


class Halved(layers.BatchNormalization):
    def _moments(self, inputs, mask):
        mean, variance = super()._moments(inputs, mask)
        return mean / 2, variance


def test_a_subclass_is_left_to_keras(calls):
    ours, theirs = (
        results(Halved, normal(8, 3), replaced, training=True) for replaced in (True, False)
    )
    assert not calls
    np.testing.assert_array_equal(ours[1][0], theirs[1][0])


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize(
    ("size", "channels", "kernel", "stride"),
    [
        ((65, 65), 1, (11, 11), 4),
        ((33, 40), 3, (7, 7), 2),
        ((20, 23), 2, (5, 3), 2),
        ((9, 9), 7, (3, 3), 2),
        ((11, 12), 1, (11, 11), 4),
    ],
)
def test_a_strided_convolution_is_kerass(size, channels, kernel, stride, dtype, monkeypatch):
    from netzoo.training import kernels_torch

    monkeypatch.setattr(kernels_torch, "gains_by_blocks", lambda images: True)  # as on a GPU
    strides = []

    def conv(inputs, weights, strides_, **more):
        strides.append(strides_)
        return kept(inputs, weights, strides_, **more)

    kept = ops.conv
    monkeypatch.setattr(ops, "conv", lambda x, w, strides, **more: conv(x, w, strides, **more))
    policy = "mixed_bfloat16" if dtype == "bfloat16" else "float32"
    check_close(
        lambda: layers.Conv2D(5, kernel, strides=stride, activation="tanh", dtype=policy),
        normal(3, *size, channels) / 5,
        dtype,
    )
    assert strides[0] == 1


@pytest.mark.parametrize(
    ("channels", "options"),
    [
        (1, {"padding": "same", "strides": 2}),
        (1, {"dilation_rate": 2}),
        (1, {"strides": 3}),
        (1, {"strides": (2, 1)}),
        (8, {"strides": 2}),
        (2, {"groups": 2, "strides": 2}),
    ],
    ids=str,
)
def test_other_convolutions_are_left_to_keras(channels, options, monkeypatch):
    from netzoo.training import kernels_torch

    monkeypatch.setattr(kernels_torch, "gains_by_blocks", lambda images: True)
    inputs = normal(3, 20, 20, channels)
    ours, theirs = (
        results(lambda: layers.Conv2D(4, 3, **options), inputs, replaced)
        for replaced in (True, False)
    )
    for mine, its in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-4)

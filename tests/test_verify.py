"""The second opinion: netzoo's rules against what the running backend counts."""

import json

import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers, ops
from test_cost_layers import LAYERS, Subclassed, model_of

import netzoo
from netzoo.cost.verify import verify

WRONG = """
import keras
class Half(keras.layers.Dense):
    def count_macs(self, input_shapes, output_shapes):
        return input_shapes[0][-1] * output_shapes[0][-1] // 2
def build():
    image = keras.Input((8,))
    return keras.Model(image, keras.layers.Dense(3, name="right")(Half(4, name="half")(image)))
"""

STACKED = layers.StackedRNNCells

quick = settings(
    max_examples=6 if keras.backend.backend() == "jax" else 12,  # which compiles each
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def agree(model):
    opinions = verify(model)
    assert [opinion for opinion in opinions if not opinion.agrees] == []
    assert sum(opinion.theirs for opinion in opinions) == netzoo.count_cost(model).macs


@pytest.mark.parametrize("name", ["lenet-modern", "alexnet"])
def test_the_networks(name):
    agree(netzoo.create_model(name))


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"), LAYERS, ids=lambda value: type(value).__name__
)
def test_layers(layer, shapes, expected, backend_name):
    if type(layer) is not layers.Lambda:
        layer = type(layer).from_config(layer.get_config())
    model = model_of(layer, *shapes)
    apart = [opinion for opinion in verify(model) if not opinion.agrees]
    if backend_name == "jax" and getattr(layer, "value_dim", None) == 3:
        (opinion,) = apart  # JAX has no attention with values of another size than keys
        assert (opinion.ours, opinion.theirs) == (expected, None)
        assert "cannot reshape" in opinion.reason
    elif backend_name == "torch" and isinstance(getattr(layer, "cell", None), STACKED):
        (opinion,) = apart  # Keras on torch makes a step before the 7, to learn its shape
        assert opinion.theirs == expected * 8 // 7
    else:
        assert apart == []


def test_nested_and_subclassed_models():
    model = Subclassed()
    model(ops.ones((1, 5)))
    image = keras.Input((5,))
    agree(keras.Model(image, layers.Dense(2)(model(image))))


def test_a_layer_that_nothing_can_be_seen_in_is_told_with_the_backends_count():
    class Hidden(layers.Dense):
        def call(self, inputs):
            if isinstance(inputs, keras.KerasTensor):
                raise TypeError("values, please")
            return super().call(inputs)

        def compute_output_spec(self, inputs):
            return keras.KerasTensor((*inputs.shape[:-1], self.units))

    image = keras.Input((8,))
    layer = Hidden(4, name="hidden")
    layer.build((None, 8))
    opinions = {o.name: o for o in verify(keras.Model(image, layer(image)))}
    assert (opinions["hidden"].ours, opinions["hidden"].theirs) == (None, 32)


def test_the_command_line_says_where_they_differ(netzoo_here, tmp_path, backend_name):
    (tmp_path / "wrong.py").write_text(WRONG)
    done = netzoo_here("summary", "wrong.py:build", "--verify")
    assert done.returncode == 1
    assert f"28 MACs by netzoo, 44 by {backend_name} itself" in done.stdout
    assert "1 of 3 layers differ" in done.stdout
    (row,) = [line.split() for line in done.stdout.splitlines() if line.startswith(" half")]
    assert row == ["half", "16", "32"]
    done = netzoo_here("summary", "lenet", "--verify")
    assert done.returncode == 0
    assert "0 of 9 layers differ" in done.stdout


def test_both_counts_in_json(netzoo_here):
    told = json.loads(netzoo_here("summary", "lenet", "--verify", "--format", "json").stdout)
    assert told["agrees"] is True
    assert sum(layer["backend_macs"] for layer in told["layers"]) == 416_520


small = st.integers(1, 4)
some = st.integers(2, 5)  # PyTorch writes a product over one element as no product


@quick
@given(
    side=st.integers(6, 10),
    channels=st.sampled_from([2, 4]),
    filters=st.sampled_from([2, 4, 6]),
    kernel=st.tuples(small, small),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(["same", "valid"]),
    groups=st.sampled_from([1, 2]),
)
def test_any_convolution(side, channels, filters, kernel, stride, dilation, padding, groups):
    layer = layers.Conv2D(
        filters,
        kernel,
        strides=stride if dilation == 1 else 1,
        dilation_rate=dilation if max(kernel) * dilation <= side else 1,
        padding=padding,
        groups=groups,
    )
    agree(model_of(layer, (side, side + 1, channels)))


@quick
@given(
    side=st.integers(4, 8),
    channels=small,
    multiplier=st.integers(1, 3),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 2),
    padding=st.sampled_from(["same", "valid"]),
    kind=st.sampled_from(["depthwise", "separable", "transposed"]),
)
def test_any_other_convolution(side, channels, multiplier, kernel, stride, padding, kind):
    options = {"strides": stride, "padding": padding}
    layer = {
        "depthwise": lambda: layers.DepthwiseConv2D(kernel, depth_multiplier=multiplier, **options),
        "separable": lambda: layers.SeparableConv2D(
            5, kernel, depth_multiplier=multiplier, **options
        ),
        "transposed": lambda: layers.Conv2DTranspose(multiplier, kernel, **options),
    }[kind]()
    agree(model_of(layer, (side, side, channels)))


@quick
@given(axes=st.lists(small, min_size=1, max_size=3), units=small, bias=st.booleans())
def test_any_dense_layer(axes, units, bias):
    agree(model_of(layers.Dense(units, use_bias=bias), tuple(axes)))


@quick
@given(heads=st.integers(1, 3), size=some, query=st.tuples(some, some), keys=some, width=some)
def test_any_attention(heads, size, query, keys, width):
    agree(model_of(layers.MultiHeadAttention(heads, size), query, (keys, width)))
    grouped = layers.GroupQueryAttention(size, 2 * heads, heads)
    agree(model_of(grouped, query, (keys, query[1])))


@quick
@given(
    kind=st.sampled_from([layers.LSTM, layers.GRU, layers.SimpleRNN]),
    units=small,
    steps=small,
    features=small,
    whole=st.booleans(),
    both=st.booleans(),
)
def test_any_recurrent_layer(kind, units, steps, features, whole, both):
    layer = kind(units, return_sequences=whole)
    agree(model_of(layers.Bidirectional(layer) if both else layer, (steps, features)))


class Residual(keras.Model):
    """A subclassed model, whose operations get their names as it is traced."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(8), layers.Dense(8)

    def call(self, x):
        return self.second(self.first(x)) + x


class Factors(layers.Layer):
    def build(self, shape):
        self.a = self.add_weight(shape=(shape[-1], 2), name="a")
        self.b = self.add_weight(shape=(2, 6), name="b")

    def call(self, x):
        return ops.matmul(x, ops.matmul(self.a, self.b))


def residual():
    model = Residual()
    model(ops.ones((4, 8)))
    return model


def augmented():
    x = y = keras.Input((8, 8, 3))
    for layer in (
        layers.RandomRotation(0.2),
        layers.RandomZoom(0.2),
        layers.RandomTranslation(0.2, 0.2),
        layers.RandomSharpness(0.5),
        layers.RandAugment(),
    ):
        y = layer(y)
    return keras.Model(x, layers.Dense(3)(layers.Flatten()(y)))


def in_a_function():
    inside, x = keras.Input((8,)), keras.Input((8,))
    return keras.Model(x, keras.Function(inside, layers.Dense(4)(inside))(x))


def of(function, *shape):
    return lambda: model_of(function, shape)


TRACED = {
    "subclassed": (residual, 128),
    "augmentation": (augmented, 8 * 8 * 3 * 3),
    "a function": (in_a_function, 32),
    "products of weights": (of(Factors(), 8), 8 * 2 * 6 + 48),
    "folded": (of(lambda x: layers.Dense(5)(ops.reshape(x, (-1, 10))), 6, 10), 300),
    "batch moved": (of(lambda x: layers.Dense(3)(ops.transpose(x, (1, 0, 2))), 7, 4), 84),
    "a vector": (of(lambda x: ops.matmul(x, ops.ones((3,))), 5, 3), 15),
    "grey": (of(ops.image.rgb_to_grayscale, 4, 6, 3), 0),
    "an update": (of(lambda x: ops.slice_update(x, (0, 0), ops.ones((1, 2))), 8), 0),
}


@pytest.mark.parametrize("name", TRACED)
def test_what_is_traced_anew_is_verified_call_by_call(name):
    make, macs = TRACED[name]
    model = make()
    agree(model)
    assert netzoo.count_cost(model).macs == macs

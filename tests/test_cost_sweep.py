"""A walk over Keras's own lists of layers and operations, beside the backend's own counter."""

import importlib

import keras
import pytest
from keras import layers, ops
from test_cost_layers import LAYERS, model_of

import netzoo
from netzoo.cost import layer_facts
from netzoo.cost.operation_facts import OPERATIONS as ROWS
from netzoo.cost.operations import free, untold
from netzoo.cost.verify import verify

FREE = {
    name
    for name, facts in layer_facts.LAYERS.items()
    if facts.macs is free and facts.inside is None
}
RULED = {name for name, facts in ROWS.items() if facts.macs not in (None, free, untold)}
UNTOLD = {name for name, facts in ROWS.items() if facts.macs is untold}

# What a layer without products is made with, where it asks for something.
ARGUMENTS = {
    "Activation": ("gelu",), "CategoryEncoding": (5,), "CenterCrop": (4, 4),
    "Discretization": ([0.0, 1.0],), "GroupNormalization": (3,), "MaxNumBoundingBoxes": (5,),
    "Permute": ((2, 1, 3),),
    "RandomBrightness": (0.2,), "RandomColorDegeneration": (0.2,), "RandomContrast": (0.2,),
    "RandomCrop": (4, 4), "RandomHue": (0.2,), "RandomPosterization": (4,),
    "RandomRotation": (0.2,), "RandomSaturation": (0.2,), "RandomSharpness": (0.2,),
    "RandomTranslation": (0.2, 0.2), "RandomZoom": (0.2,), "RepeatVector": (3,),
    "Rescaling": (2.0,), "Reshape": ((-1,),), "Resizing": (4, 4),
}  # fmt: skip
RATES = ("Dropout", "GaussianNoise")
SHAPES = {"1D": (8, 3), "2D": (8, 8, 3), "3D": (4, 4, 4, 3)}
# Of texts, integers or boxes: no number of theirs meets another.
NOT_OF_IMAGES = {
    "CategoryEncoding", "HashedCrossing", "Hashing", "InputLayer", "IntegerLookup",
    "MaxNumBoundingBoxes", "StringLookup", "TextVectorization",
}  # fmt: skip
# Keras cannot put it into a functional model (a cycle in its own layers), or it takes labels too.
NOT_IN_A_MODEL = {"CutMix", "Equalization", "MixUp"}
MERGING = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}
BY_HAND = {type(layer).__name__ for layer, _, _ in LAYERS}
ELSEWHERE = {  # with a test of their own
    "AdditiveAttention", "Attention", "ConvLSTM3D", "Dot", "Embedding", "GRUCell", "LSTMCell",
    "STFTSpectrogram", "SimpleRNNCell", "StackedRNNCells",
}  # fmt: skip
# Nothing can be seen in them: another library's code, or an FFT. Named in `uncounted`.
NOT_SEEN = {"FlaxLayer", "JaxLayer", "MelSpectrogram", "TFSMLayer", "TorchModuleWrapper"}


def free_layer(name):
    """Return a layer without products, and the shapes of what it is called on."""
    kind = getattr(layers, name)
    if name.startswith("Adaptive") or name.startswith(("AveragePooling", "MaxPooling")):
        given = (2,)
    elif name.endswith(RATES) or name.startswith("SpatialDropout"):
        given = (0.3,)
    else:
        given = ARGUMENTS.get(name, ())
    shape = SHAPES.get(name[-2:], (8, 8, 3))
    return kind(*given), (8,) if name == "RepeatVector" else shape


def test_every_layer_of_the_table_is_counted():
    kinds = {name: getattr(layers, name).__name__ for name in layer_facts.LAYERS}
    counted = FREE | BY_HAND | ELSEWHERE | NOT_SEEN
    assert {name for name, kind in kinds.items() if kind not in counted} == set()


@pytest.mark.parametrize("name", sorted(FREE - {"InputLayer"}))
def test_a_layer_without_products_has_none_for_the_backend_either(name):
    if name in NOT_OF_IMAGES | NOT_IN_A_MODEL:
        assert not hasattr(getattr(layers, name), "kernel")
        return
    layer, shape = free_layer(name)
    inputs = [keras.Input(shape) for _ in range(2 if name in MERGING else 1)]
    model = keras.Model(inputs, layer(inputs if name in MERGING else inputs[0]))
    cost = netzoo.count_cost(model)
    assert (cost.macs, cost.uncounted) == (0, ())
    opinions = [opinion for opinion in verify(model) if not opinion.agrees]
    # TensorFlow and JAX write a resizing as products, or refuse to tell; none says another number.
    assert [opinion for opinion in opinions if opinion.theirs is not None] == []


def rows(*shapes):
    return [keras.Input(shape) for shape in shapes]


OPERATIONS = {
    "Conv": (lambda a: ops.conv(a, ops.ones((3, 3, 2, 4))), [(8, 8, 2)], 36 * 4 * 18),
    "ConvTranspose": (
        lambda a: ops.conv_transpose(a, ops.ones((3, 3, 4, 2)), 2), [(8, 8, 2)], 64 * 2 * 9 * 4,
    ),
    "DepthwiseConv": (
        lambda a: ops.depthwise_conv(a, ops.ones((3, 3, 2, 2))), [(8, 8, 2)], 36 * 4 * 9,
    ),
    "Dot": (lambda a: ops.dot(a, ops.ones((3, 4))), [(5, 3)], 60),
    "Dot with a number": (lambda a: ops.dot(a, 2.0), [(6,)], 0),
    "Dot of a number": (lambda a: ops.dot(2.0, a), [(6,)], 0),
    "DotProductAttention": (
        lambda a, b: ops.dot_product_attention(a, b, b), [(6, 2, 4), (9, 2, 4)], 2 * 54 * 8,
    ),
    "Einsum": (lambda a, b: ops.einsum("bij,bkj->bik", a, b), [(5, 3), (4, 3)], 60),
    "Einsum, summed before": (lambda a, b: ops.einsum("bij,bjk->bk", a, b), [(4, 5), (5, 6)], 30),
    "Einsum, summed behind": (lambda a, b: ops.einsum("bij,bjk->bi", a, b), [(4, 5), (5, 6)], 20),
    "Einsum, nothing shared": (lambda a, b: ops.einsum("bi,bj->bij", a, b), [(4,), (5,)], 0),
    "Einsum without an arrow": (
        lambda a: ops.einsum("bij,jk", a, ops.ones((3, 4))), [(5, 3)], 60,
    ),
    "Inner": (lambda a: ops.inner(a, ops.ones((4, 3))), [(5, 3)], 60),
    "Inner with a number": (lambda a: ops.inner(a, 2.0), [(6,)], 0),
    "Matmul": (ops.matmul, [(5, 3), (3, 4)], 60),
    "Matmul with a vector": (lambda a: ops.matmul(a, ops.ones((3,))), [(5, 3)], 15),
    "Matmul by name": (lambda a: ops.matmul(x1=a, x2=ops.ones((3, 4))), [(5, 3)], 60),
    "SeparableConv": (
        lambda a: ops.separable_conv(a, ops.ones((3, 3, 2, 1)), ops.ones((1, 1, 2, 4))),
        [(8, 8, 2)], 36 * 2 * 9 + 36 * 2 * 4,
    ),
    "Tensordot": (lambda a: ops.tensordot(a, ops.ones((3, 4)), axes=1), [(5, 3)], 60),
    "Tensordot over two": (
        lambda a: ops.tensordot(a, ops.ones((5, 3)), axes=((1, 2), (0, 1))), [(5, 3)], 15,
    ),
    "Tensordot over none": (lambda a: ops.tensordot(a, ops.ones((3,)), axes=0), [(5,)], 0),
    "Vdot": (lambda a: ops.vdot(ops.reshape(a, (-1,)), ops.ones((15,))), [(5, 3)], 15),
}  # fmt: skip
NOT_COMPARED = {
    "ConvTranspose",  # Keras 3.15 builds it in a functional model, and cannot run it
    "Tensordot over none",  # an outer product is a matrix product over one for the backends
}


@pytest.mark.filterwarnings("ignore:NotImplemented should not be used:DeprecationWarning")
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_with_products_by_hand_and_by_the_backend(name):
    function, shapes, expected = OPERATIONS[name]
    inputs = rows(*shapes)
    model = keras.Model(inputs, function(*inputs))
    cost = netzoo.count_cost(model)
    assert (cost.macs, cost.uncounted) == (expected, ())
    # TensorFlow and JAX tell nothing of a kernel that is a constant, as they filter with one, too.
    told = [opinion for opinion in verify(model) if opinion.theirs is not None]
    if name not in NOT_COMPARED:
        assert [opinion for opinion in told if opinion.theirs != opinion.ours] == []


def test_every_operation_with_a_rule_is_in_the_list():
    assert {name.partition(" ")[0].rstrip(",") for name in OPERATIONS} == RULED


# They take something else than tensors of one shape, and have no products: constants, and moves.
_OTHERS = """
    adaptive_average_pool adaptive_max_pool arange argpartition array_split average_pool bartlett
    batch_normalization bincount bitwise_and bitwise_invert bitwise_left_shift bitwise_not
    bitwise_or bitwise_right_shift bitwise_xor blackman broadcast_to cast concatenate
    convert_to_numpy cross custom_gradient depth_to_space diag digitize dsplit dtype empty
    expand_dims extract_sequences eye fold full gcd get_item hamming hanning histogram hsplit
    identity in_top_k kaiser lcm ldexp left_shift max_pool meshgrid moments moveaxis multi_hot
    nanpercentile nanquantile nonzero one_hot ones pad percentile quantile rearrange repeat reshape
    right_shift roll saturate_cast scatter scatter_update searchsorted segment_max segment_min
    segment_prod segment_sum select slice slice_update space_to_depth
    sparse_categorical_crossentropy split swapaxes take take_along_axis tile top_k tri unfold unique
    unravel_index vander vectorize view_as_complex vsplit zeros
"""
OTHERS = frozenset(_OTHERS.split())


def public_operations():
    return sorted(name for name in dir(ops) if callable(getattr(ops, name)) and name[0] != "_")


def rule_or_name(name):
    """Return the class of a function of keras.ops as this counts by it: "", a rule's, or named."""
    kind = name.replace("_", "")
    for known in (*RULED, *UNTOLD):
        if known.lower() == kind:
            return known
    return ""


@pytest.mark.filterwarnings("ignore")
def test_every_operation_of_keras_that_multiplies_and_adds_has_a_rule_or_is_named(backend_name):
    counter = importlib.import_module(f"netzoo.cost.opinion_{backend_name}")
    unknown = []
    for name in public_operations():
        function, called, found = getattr(ops, name), False, 0
        if name in OTHERS or rule_or_name(name):
            continue
        for count in (1, 2, 3):
            specs = [keras.KerasTensor((1, 4, 4)) for _ in range(count)]

            def call(*given, function=function):
                made = keras.tree.flatten(function(*given))
                return [part for part in made if keras.ops.is_tensor(part)]

            try:
                found += counter.count_macs(call, specs)
                called = True
            except Exception as error:
                found += "products" in str(error)
        if found or (backend_name == "jax" and not called):
            unknown.append(name)
    assert unknown == []


def threshold(x):
    return keras.activations.threshold(x, 0.5, 0.0)


ACTIVATIONS = ["relu", "mish", threshold, "sparsemax", "relu6", "hard_silu", "celu"]
ACTIVE = [
    (layers.DepthwiseConv2D, (3,), (8, 9, 5), 6 * 7 * 5 * 9),
    (layers.Conv2DTranspose, (4, 3), (5, 5, 2), 25 * 2 * 9 * 4),
    (layers.SeparableConv1D, (4, 3), (8, 3), 6 * 3 * 3 + 6 * 3 * 4),
    (layers.LSTM, (6,), (7, 5), 7 * 4 * 11 * 6),
    (layers.GRU, (6,), (7, 5), 7 * 3 * 11 * 6),
    (layers.SimpleRNN, (6,), (7, 5), 7 * 11 * 6),
    (layers.ConvLSTM1D, (3, 3), (4, 8, 2), 4 * 4 * 6 * 9 * (2 + 3)),
]


@pytest.mark.parametrize(("place", "activation"), list(enumerate(ACTIVATIONS)))
def test_an_activation_hides_nothing(place, activation):
    for kind, arguments, shape, expected in (ACTIVE[place], ACTIVE[place - 1]):
        cost = netzoo.count_cost(model_of(kind(*arguments, activation=activation), shape))
        assert (cost.macs, cost.uncounted) == (expected, ())

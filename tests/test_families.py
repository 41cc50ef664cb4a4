"""The families, beside the same networks in plain PyTorch, and trained."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from reference_families import PUBLISHED

import netzoo
from netzoo.cost.by_name import shapes_only, summary
from netzoo.data import sample
from netzoo.models.catalog import MODELS, base_of
from netzoo.recipes import recipe
from netzoo.training import fit
from netzoo.training.inputs import Inputs
from netzoo.training.step import step_of

NETWORKS = Path(__file__).parent / "support" / "torch_networks.py"
BASES = sorted(base_of(family).name for family in {info.family for info in MODELS.values()})

# The smallest side in px, and the layer that is last to have a pixel; none of those of any size.
SMALLEST = {
    "alexnet2012": (67, "pool5"),
    "densenet": (4, "block3_layer6"),
    "densenet121": (32, "block4_layer16"),
    "googlenet": (32, "inception5b"),
    "lenet5": (28, "c5"),
    "mobilenet": (32, "pointwise14"),
    "nin": (4, "maps"),
    "resnet18": (32, "stage5_unit2_relu"),
    "resnet20": (4, "stage3_unit3_relu"),
    "resnext": (32, "stage5_unit3_relu"),
    "vgg11": (32, "pool5"),
}
# Another size than the native one, of an uneven number of pixels where that may be.
SMALL = {"mlp": 9, "lenet": 21, "lenet5": 33, "vit-tiny": 56, "densenet": 21, "nin": 21}
SMALL |= {"resnet20": 21}
SMALL_PX = 75
# A step of the others compiles for long.
BRIEF = ("lenet5", "mlp")


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(100, 50)


def by_pytorch(cases):
    """Return what PyTorch counts of each [family, options, shape, classes], in a process."""
    pytest.importorskip("torch", reason="PyTorch counts the second opinion")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", NETWORKS],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def compare_with_pytorch(names, *, native):
    infos = [netzoo.model_info(name) for name in names]
    cases = []
    for info in infos:
        size = SMALL.get(base_of(info.family).name, SMALL_PX)
        shape = info.input_shape if native else (size, size, 3)
        cases.append([info.family, info.options, shape, 10 if native else 7])
    for info, case, theirs in zip(infos, cases, by_pytorch(cases), strict=True):
        cost = summary(info.name, input_shape=case[2], num_classes=case[3])
        assert [cost.params, cost.trainable_params, cost.macs] == theirs, info.name
        assert cost.uncounted == ()


@pytest.mark.backend_independent
def test_the_counts_are_those_of_the_same_networks_in_pytorch():
    light = ("alexnet", "alexnet2012", "lenet", "lenet5", "mlp", "nin", "resnet20", "vgg11")
    compare_with_pytorch(light, native=True)


@pytest.mark.slow
@pytest.mark.backend_independent
@pytest.mark.parametrize("native", [True, False])
def test_so_are_those_of_every_model_at_any_size(native):
    compare_with_pytorch(list(MODELS), native=native)


@pytest.mark.backend_independent
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_networks_of_the_papers_have_the_published_numbers(name):
    side = 227 if name == "alexnet2012" else 224
    cost = summary(name, input_shape=(side, side, 3), num_classes=1000)
    assert (cost.trainable_params, cost.macs) == PUBLISHED[name]


@pytest.mark.backend_independent
@pytest.mark.parametrize("name", SMALLEST)
def test_a_smaller_image_than_the_smallest_is_refused(name):
    side, last = SMALLEST[name]
    with shapes_only():
        model = netzoo.create_model(name, input_shape=(side, side, 1))
        assert model.get_layer(last).output.shape[1:3] == (1, 1)
    with pytest.raises(netzoo.NetzooError, match=f"at least {side} × {side} px"):
        netzoo.create_model(name, input_shape=(side, side - 1, 1))


def layers_of(name, **options):
    with shapes_only():
        return {layer.name: layer for layer in netzoo.create_model(name, **options).layers}


def kinds(name):
    return {type(layer).__name__ for layer in layers_of(name).values()}


@pytest.mark.backend_independent
def test_each_change_is_seen_in_the_layers():
    assert "Add" not in kinds("resnet18-plain") | kinds("resnet20-plain")
    assert "Add" in kinds("resnet18") & kinds("resnet20") & kinds("densenet-add")
    assert "Concatenate" in kinds("densenet") & kinds("densenet121") & kinds("googlenet")
    assert "Concatenate" not in kinds("densenet-add") | kinds("googlenet-onebranch")
    assert "DepthwiseConv2D" not in kinds("mobilenet-full")
    assert "Flatten" not in kinds("nin")
    assert "Flatten" in kinds("nin-dense")
    for name in ("lenet", "alexnet", "mlp", "vgg11", "vgg16", "googlenet"):
        assert "BatchNormalization" in kinds(f"{name}-batchnorm") - kinds(name)
    assert layers_of("alexnet2012")["conv2"].groups == 2
    assert layers_of("alexnet2012-onegroup")["conv2"].groups == 1
    assert "norm1" not in layers_of("alexnet2012-nolrn")
    assert layers_of("alexnet2012-nooverlap")["pool1"].pool_size == (2, 2)
    assert layers_of("resnext")["stage2_unit1_conv2"].groups == 32
    assert layers_of("vit-tiny-onehead")["block1_attention"].num_heads == 1
    assert layers_of("vit-tiny-patch4")["sequence"].output.shape == (None, 49, 192)
    assert "f6_slope" in layers_of("lenet5")
    assert "f6_relu" in layers_of("lenet5-relu")


@pytest.mark.backend_independent
def test_before_activation_a_unit_starts_with_its_norm_and_ends_with_its_sum():
    for preactivation, first, last in ((False, "conv1", "relu"), (True, "conv1_norm", "add")):
        layers = layers_of("resnet20", preactivation=preactivation)
        unit = [name for name in layers if name.startswith("stage2_unit2_")]
        assert (unit[0], unit[-1]) == (f"stage2_unit2_{first}", f"stage2_unit2_{last}")


@pytest.mark.backend_independent
def test_moving_averages_follow_in_a_training_of_some_hundred_steps():
    norms = {"conv1_norm", "fc1_norm"}
    found = [layer for name, layer in layers_of("lenet-batchnorm").items() if name in norms]
    assert [(layer.momentum, layer.epsilon) for layer in found] == [(0.9, 1e-5)] * 2


def array(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def test_a_channel_is_divided_by_what_the_five_around_it_give():
    from netzoo.models import blocks

    image = keras.Input((3, 4, 7))
    model = keras.Model(image, blocks.response_norm(image, "norm"))
    x = 50 * np.random.default_rng(0).normal(size=(2, 3, 4, 7)).astype("float32")
    expected = np.empty_like(x)
    for channel in range(7):
        near = x[..., max(0, channel - 2) : channel + 3]
        expected[..., channel] = x[..., channel] / (2 + 1e-4 * (near**2).sum(-1)) ** 0.75
    np.testing.assert_allclose(array(model(x)), expected, rtol=1e-5)


def test_a_map_of_c3_sees_the_maps_of_the_table_and_no_other():
    model = netzoo.create_model("lenet5")
    part = keras.Model(model.get_layer("s2_amplitude").output, model.get_layer("c3").output)
    x = np.random.default_rng(0).normal(size=(1, 14, 14, 6)).astype("float32")
    base, seen = array(part(x)), np.zeros((6, 16), bool)
    for place in range(6):
        changed = x.copy()
        changed[..., place] += 1
        seen[place] = (array(part(changed)) != base).any(axis=(0, 1, 2))
    rows = ["".join(".X"[int(cell)] for cell in row) for row in seen]
    assert rows == [
        *("X...XXX..XXXX.XX", "XX...XXX..XXXX.X", "XXX...XXX..X.XXX"),
        *(".XXX..XXXX..X.XX", "..XXX..XXXX.XX.X", "...XXX..XXXX.XXX"),
    ]


def test_a_patch_is_projected_with_the_embedding_of_its_place():
    model = netzoo.create_model("vit-tiny", patch=14)
    part = keras.Model(model.input, model.get_layer("sequence").output)
    x = np.random.default_rng(0).normal(size=(1, 28, 28, 1)).astype("float32")
    kernel, bias = map(array, model.get_layer("project").weights)
    for place, (top, left) in enumerate([(0, 0), (0, 14), (14, 0), (14, 14)]):
        patch = x[0, top : top + 14, left : left + 14]
        expected = patch.reshape(-1) @ kernel.reshape(-1, 192) + bias.reshape(4, 192)[place]
        np.testing.assert_allclose(array(part(x))[0, place], expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "name",
    [name if name in BRIEF else pytest.param(name, marks=pytest.mark.slow) for name in BASES],
)
def test_a_step_moves_every_weight(images, name):
    side = SMALLEST.get(name, (65 if name == "alexnet" else 28, ""))[0]
    side = max(side, 16)
    chosen = replace(recipe("quick", base_of_name(name)), batch_size=8, precision="float32")
    keras.utils.set_random_seed(3)
    model = netzoo.create_model(name, input_shape=(side, side, 1))
    before = [array(each) for each in model.trainable_variables]
    fit.compile_model(model, images, chosen)
    step = step_of(model, Inputs(images.train, chosen, (side, side)))
    batch = tf.constant(images.train.images[:8]), tf.constant(images.train.labels[:8])
    metrics = step.fetch([step.train(*batch) for _ in range(2)])
    assert np.isfinite(metrics).all()
    step.sync_variables()
    for old, variable in zip(before, model.trainable_variables, strict=True):
        # The keys' bias adds the same to each weight of an attention, which its softmax takes off.
        if not variable.path.endswith("attention/key/bias"):
            assert (old != array(variable)).any(), variable.path


def base_of_name(name):
    return netzoo.model_info(name).family


# Few images and epochs, but steps enough that moving averages follow.
SETTINGS = {"limit_train": 600, "limit_test": 500, "epochs": 3, "batch_size": 10}
SIDES = {"alexnet": 65, "alexnet2012": 67, "lenet": None}


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_every_family_learns_the_images(name, tmp_path):
    large = max(netzoo.model_info(name).input_shape) > 28
    size = {"image_size": SIDES.get(name, 32)} if large else {}
    comparison = netzoo.compare(
        [name],
        recipe="quick",
        dataset="fashion_mnist_sample",
        device="cpu",
        output=tmp_path,
        **SETTINGS,
        **size,
    )
    (row,) = comparison.models
    assert row.status == "ok"
    assert row.test_accuracy.mean > 0.3

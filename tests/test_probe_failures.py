"""Models that cannot be probed, in real probes: a row each, beside those that can."""

import json
import subprocess
import sys

import pytest

MODELS = """
import keras, netzoo
from keras import layers

@netzoo.register_model("mine-broken")
def mine_broken(input_shape=(28, 28, 1), num_classes=10):
    raise RuntimeError("no such layer")

class Own(keras.Model):
    def call(self, x, training=False):
        return super().call(x, training=training)

@netzoo.register_model("mine-unseen")
def mine_unseen(input_shape=(28, 28, 1), num_classes=10):
    image = keras.Input(input_shape)
    return Own(image, layers.Dense(num_classes, name="logits")(layers.Flatten()(image)))

@netzoo.register_model("mine")
def mine(input_shape=(28, 28, 1), num_classes=10):
    image = keras.Input(input_shape)
    x = layers.Dense(8, activation="relu", name="fc1")(layers.Flatten()(image))
    return keras.Model(image, layers.Dense(num_classes, name="logits")(x))
"""
PROBES = """
import json, netzoo, models_of_mine
from netzoo.results.probe import probe_table
found = netzoo.probe({models}, steps={steps}, seeds=(0,), device="cpu", epochs=1,
    dataset="fashion_mnist_sample", limit_train=200, limit_test=100, **{options})
print(json.dumps({{**found.to_dict(), "footer": probe_table(found).footer}}))
"""


def probed(folder, models, steps=(0,), **options):
    """Probe users' models in a process of its own; return what the probe says, and its footer."""
    (folder / "models_of_mine.py").write_text(MODELS)
    done = subprocess.run(
        [sys.executable, "-c", PROBES.format(models=models, steps=steps, options=options)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_model_that_cannot_be_probed_is_a_row_and_the_others_go_on(tmp_path):
    told = probed(tmp_path, ["mine-broken", "mine", "mine-unseen", "lenet"])
    models = {model["name"]: model for model in told["models"]}
    assert {name: model["status"] for name, model in models.items()} == {
        "mine-broken": "failed", "mine": "ok", "mine-unseen": "failed", "lenet": "ok",
    }  # fmt: skip
    assert models["mine-broken"]["error"].endswith("RuntimeError: no such layer")
    assert "cannot be probed" in models["mine-unseen"]["error"]
    assert {row["model"] for row in told["layers"]} == {"mine", "lenet"}
    # Nothing is said of a ratio to the first model, which has no figures.
    assert {ratio["model"] for ratio in told["ratios"]} == set()
    assert not any("name in mine-broken, geometric mean" in line for line in told["footer"])


@pytest.mark.slow
def test_a_network_that_diverges_while_it_is_probed_is_a_row(tmp_path):
    wild = {"optimizer": "sgd", "learning_rate": 1e6, "schedule": "constant"}
    told = probed(tmp_path, ["lenet-relu", "lenet"], (0, 20), **wild)
    relu, sigmoid = told["models"]
    assert (relu["status"], sigmoid["status"]) == ("failed", "ok")
    assert "learning rate" in relu["error"]

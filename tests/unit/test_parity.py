"""The table of a comparison of backends, and what is beyond a tolerance."""

import csv
import io
import math
from dataclasses import replace

import pytest
from parity_results import LAYERS, judged_run, parities

from netzoo.records.codec import from_text, to_text
from netzoo.results.parity import (
    BEYOND,
    QUANTITIES,
    TOLERANCES,
    WITHIN,
    LayerParity,
    Parity,
)


def test_the_table_is_as_before(golden):
    golden("parity.txt", parities().table().render("table", 140) + "\n")


def test_the_worst_layer_is_that_of_the_largest_difference_each():
    run = judged_run("lenet", "torch")
    assert (run.gradient, run.gradient_layer) == (4e-6, "conv1_norm")
    assert (run.weights, run.weights_layer) == (3e-5, "conv1")
    assert (run.status, run.beyond, run.tolerances) == (WITHIN, (), TOLERANCES["float32"])


@pytest.mark.parametrize("value", [1.0, math.inf, math.nan])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_each_quantity_is_held_to_its_tolerance_and_a_nan_is_beyond_it(quantity, value):
    if quantity in ("loss", "logits"):
        run = judged_run("lenet", "torch", **{quantity: value})
    else:
        bad = replace(LAYERS[1], **{quantity: value})
        run = judged_run("lenet", "torch", layers=(LAYERS[0], bad, LAYERS[2]))
        assert getattr(run, f"{quantity}_layer") == "conv1_norm"
    assert (run.status, run.beyond) == (BEYOND, (quantity,))


def test_a_tolerance_is_of_the_precision():
    assert judged_run("lenet", "torch", loss=0.005).beyond == ("loss",)
    assert judged_run("lenet", "torch", loss=0.005, precision="mixed_bfloat16").beyond == ()
    for name in QUANTITIES:
        strict, half, brain = (
            getattr(TOLERANCES[precision], name)
            for precision in ("float32", "mixed_float16", "mixed_bfloat16")
        )
        assert 0 < strict < half < brain <= 1


def test_it_is_within_only_if_every_run_is():
    both = judged_run("lenet", "tensorflow"), judged_run("lenet", "torch")
    assert parities(*both).within
    assert not parities(*both, judged_run("lenet", "jax", logits=1e-3)).within
    assert not parities(*both, replace(both[0], status="failed")).within


def test_each_layer_has_a_row_of_its_own():
    rows = list(csv.DictReader(io.StringIO(parities().layers().render("csv"))))
    assert len(rows) == 4 * len(LAYERS)
    assert rows[1] == {
        "model": "lenet",
        "backend": "tensorflow",
        "layer": "conv1_norm",
        "gradient": "4e-06",
        "weights": "1e-05",
    }
    assert rows[2]["weights"] == ""


def test_a_model_without_weights_has_no_worst_layer():
    run = judged_run("lenet", "torch", layers=(LayerParity("scale", None, None),))
    assert (run.status, run.gradient, run.weights_layer) == (WITHIN, None, None)
    assert "–" in parities(run).table().render("markdown")


def test_it_comes_back_from_its_json():
    found = parities()
    assert from_text(Parity, to_text(found), "parity") == found

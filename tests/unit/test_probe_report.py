"""Probes put side by side: layers over the seeds, ratios to the first model, and the table."""

import statistics
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats as scipy_stats
from study_records import CPU, DATA, VERSIONS, agree_in_every_form, holm, trial_of

from netzoo.records.codec import to_plain
from netzoo.results.layers import layers_side_by_side
from netzoo.results.probe import LayerProbe, Probe, ProbedModel, ProbeRecord, Snapshot, probe_table

SIGMOID, RELU = "lenet", "lenet-relu"
SEEDS = (0, 1, 2)


def layer(name, kind, activation, rng):
    """Return a layer that never was, with figures as it could have them."""
    kernels = kind in ("Conv2D", "Dense")
    figures = rng.lognormal(-2, 1, 6).tolist()
    return LayerProbe(
        name=name,
        type=kind,
        activation=activation,
        activation_mean=rng.normal(0, 0.01),
        activation_sd=figures[0],
        dead=rng.uniform() if activation == "relu" else None,
        saturated=rng.uniform() if activation == "sigmoid" else None,
        activation_gradient_norm=figures[1],
        activation_gradient_rms=figures[2],
        weight_gradient_norm=figures[3] if kernels else None,
        weight_norm=figures[4] if kernels else None,
    )


def probed(model, seed):
    """Return a model's layers after 0 and 50 steps; the logits pull at nothing after 50."""
    activation = "relu" if model == RELU else "sigmoid"
    rng = np.random.default_rng([seed, model == RELU])
    moments = []
    for step in (0, 50):
        layers = [
            layer("conv1", "Conv2D", activation, rng),
            layer("pool1", "AveragePooling2D", None, rng),
            layer("flatten", "Flatten", None, rng),
            layer("fc1", "Dense", activation, rng),
            layer("logits", "Dense", None, rng),
        ]
        if step:
            layers[-1] = replace(layers[-1], weight_gradient_norm=0.0)
        moments.append(Snapshot(step, tuple(layers)))
    return ProbeRecord(trial_of(model, seed), CPU, VERSIONS, 100, tuple(moments))


def probe_of(*models, seeds=SEEDS):
    records = [probed(model, seed) for model in models for seed in seeds]
    layers, ratios = layers_side_by_side(records, models[0])
    recipes = {each.trial.model: to_plain(each.trial.recipe) for each in records}
    return Probe(
        dataset=DATA,
        recipe={"name": "brief", "seeds": list(seeds), "by_model": recipes},
        backend="tensorflow",
        device=CPU,
        versions=VERSIONS,
        images=100,
        models=tuple(ProbedModel(model, "ok", seeds) for model in models),
        layers=layers,
        ratios=ratios,
    )


def figure(model, step, name, key):
    """Return a figure of a layer by seed."""
    told = []
    for seed in SEEDS:
        (moment,) = [each for each in probed(model, seed).moments if each.step == step]
        (found,) = [each for each in moment.layers if each.name == name]
        told.append(getattr(found, key))
    return told


def test_layers_are_put_side_by_side_over_the_seeds():
    layers, _ = layers_side_by_side(
        [probed(model, s) for s in SEEDS for model in (SIGMOID, RELU)], SIGMOID
    )
    assert {(row.model, row.step, row.layer) for row in layers} == {
        (model, step, name)
        for model in (SIGMOID, RELU)
        for step in (0, 50)
        for name in ("conv1", "pool1", "flatten", "fc1", "logits")
    }
    below = 0
    for row in layers:
        for key in ("activation_mean", "dead", "saturated", "weight_gradient_norm"):
            values, found = figure(row.model, row.step, row.layer, key), getattr(row, key)
            if None in values:
                assert found is None
                continue
            assert found.values == tuple(values)
            assert found.mean == pytest.approx(statistics.fmean(values))
            if len(set(values)) == 1:
                assert found.ci95 is None
                continue
            interval = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.95)
            assert found.ci95[0] == pytest.approx(interval.low)
            below += found.ci95[0] < 0
    assert below  # a mean may lie below 0, and its interval is not cut off there


def test_ratios_are_to_the_first_model_by_the_logarithms():
    _, ratios = layers_side_by_side(
        [probed(model, s) for s in SEEDS for model in (SIGMOID, RELU)], SIGMOID
    )
    assert {ratio.model for ratio in ratios} == {RELU}
    ps = []
    for ratio in ratios:
        ours, base = (
            figure(model, ratio.step, ratio.layer, ratio.figure) for model in (RELU, SIGMOID)
        )
        logs = np.log(np.divide(ours, base))
        found = scipy_stats.ttest_1samp(logs, 0)
        assert ratio.ratio == pytest.approx(scipy_stats.gmean(np.divide(ours, base)))
        assert ratio.ci95 == pytest.approx(tuple(np.exp(found.confidence_interval(0.95))))
        assert ratio.n == 3
        ps.append(found.pvalue)
    assert [ratio.p for ratio in ratios] == pytest.approx(ps)
    assert [ratio.p_corrected for ratio in ratios] == pytest.approx(holm(ps))
    known = {(ratio.step, ratio.layer, ratio.figure) for ratio in ratios}
    assert {step for step, *_ in known} == {0, 50}
    assert (0, "pool1", "activation_gradient_norm") in known
    assert (0, "pool1", "weight_gradient_norm") not in known  # it has no weights
    assert (0, "logits", "weight_gradient_norm") in known
    assert (50, "logits", "weight_gradient_norm") not in known  # both are 0


def test_the_table_of_a_probe_in_each_form(golden):
    """The first model is the one that the ratios are to; a layer without figures has no row."""
    table = probe_table(probe_of(RELU, SIGMOID))
    golden("probe.txt", table.render("table") + "\n")
    agree_in_every_form(table)
    assert "flatten" not in {row[1].raw for row in table.rows}
    assert {row[2].raw for row in table.rows if row[6].raw is not None} == {SIGMOID}
    assert "over the layer of the same name in lenet-relu, " in "\n".join(table.footer)
    alone = probe_table(probe_of(RELU))
    assert not any("× first" in line for line in alone.footer)


def test_a_probe_of_one_seed_has_ratios_that_nothing_is_said_of():
    found = probe_of(SIGMOID, RELU, seeds=(0,))
    assert {(r.p, r.p_corrected, r.ci95, r.n) for r in found.ratios} == {(None, None, None, 1)}
    table = probe_table(found)
    cells = [row[6].text for row in table.rows if row[2].text == RELU]
    assert all(text.endswith("× n. s.") for text in cells)
    assert "n. s.: not separable from 1, since one seed allows no test." in "\n".join(table.footer)


def test_ratios_are_of_the_seeds_that_both_models_have():
    records = [probed(SIGMOID, 0), probed(SIGMOID, 1), probed(RELU, 1), probed(RELU, 2)]
    layers, ratios = layers_side_by_side(records, SIGMOID)
    assert {row.activation_sd.n for row in layers} == {2}
    assert {ratio.n for ratio in ratios} == {1}
    (ratio,) = [
        each for each in ratios
        if (each.step, each.layer, each.figure) == (0, "fc1", "activation_sd")
    ]  # fmt: skip
    ours, base = (figure(model, 0, "fc1", "activation_sd")[1] for model in (RELU, SIGMOID))
    assert ratio.ratio == pytest.approx(ours / base)

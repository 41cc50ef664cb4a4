"""Layers of several models side by side, from records of probes, with ratios to the first model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from netzoo.results.pairs import shared_values
from netzoo.results.probe import LayerProbe, LayerRow, ProbeRecord, Ratio
from netzoo.stats import corrected_ps, estimate, log_ratio

FIGURES = (
    "activation_mean",
    "activation_sd",
    "dead",
    "saturated",
    "activation_gradient_norm",
    "activation_gradient_rms",
    "weight_gradient_norm",
    "weight_norm",
)
COMPARED = ("activation_mean", "activation_sd", "activation_gradient_norm", "weight_gradient_norm")

# The probes of a layer by seed; the key is model, step and layer.
Probes = Mapping[tuple[str, int, str], Mapping[int, LayerProbe]]


def layers_side_by_side(
    records: Sequence[ProbeRecord], first: str
) -> tuple[tuple[LayerRow, ...], tuple[Ratio, ...]]:
    """Return a row for each layer, step and model, and the ratios of figures to the first model's.

    first: the model that the others are compared with.
    """
    probes: dict[tuple[str, int, str], dict[int, LayerProbe]] = {}
    for record in records:
        for snapshot in record.moments:
            for layer in snapshot.layers:
                key = record.trial.model, snapshot.step, layer.name
                probes.setdefault(key, {})[record.trial.seed] = layer
    rows = tuple(_row(key, by_seed) for key, by_seed in probes.items())
    return rows, tuple(_ratios(probes, first))


def _row(key: tuple[str, int, str], by_seed: Mapping[int, LayerProbe]) -> LayerRow:
    model, step, name = key
    first = next(iter(by_seed.values()))
    figures: dict[str, Any] = {}
    for figure in FIGURES:
        values = [
            value for probe in by_seed.values() if (value := getattr(probe, figure)) is not None
        ]
        figures[figure] = estimate(values, least=-math.inf)
    return LayerRow(model, step, name, first.type, first.activation, **figures)


def _ratios(probes: Probes, first: str) -> list[Ratio]:
    """Return the ratios to the first model's layers of the same names."""
    ratios = []
    for (model, step, layer), by_seed in probes.items():
        first_by_seed = probes.get((first, step, layer))
        if model == first or first_by_seed is None:
            continue
        ours, theirs = shared_values(by_seed, first_by_seed)
        for figure in COMPARED:
            pairs = [
                (getattr(probe, figure), getattr(base, figure))
                for probe, base in zip(ours, theirs, strict=True)
            ]
            if pairs and all((a or 0) > 0 and (b or 0) > 0 for a, b in pairs):
                mean, ci95, p = log_ratio(pairs)
                ratios.append(Ratio(model, step, layer, figure, mean, len(pairs), ci95, p))
    ps = iter(corrected_ps([ratio.p for ratio in ratios if ratio.p is not None]))
    return [ratio if ratio.p is None else replace(ratio, p_corrected=next(ps)) for ratio in ratios]

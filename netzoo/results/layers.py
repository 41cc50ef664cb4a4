"""From the records of probes to layers side by side, with ratios to the first model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

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

# By model, step and layer: the layer's probes by seed.
Found = Mapping[tuple[str, int, str], Mapping[int, LayerProbe]]


def layers_side_by_side(
    records: Sequence[ProbeRecord], first: str
) -> tuple[tuple[LayerRow, ...], tuple[Ratio, ...]]:
    """Return a row for each layer, step and model, and what each model has of the first one's.

    first: the model that the others are compared with.
    """
    found: dict[tuple[str, int, str], dict[int, LayerProbe]] = {}
    for record in records:
        for moment in record.moments:
            for layer in moment.layers:
                key = record.trial.model, moment.step, layer.name
                found.setdefault(key, {})[record.trial.seed] = layer
    return tuple(_row(key, of) for key, of in found.items()), tuple(_ratios(found, first))


def _row(key: tuple[str, int, str], by_seed: Mapping[int, LayerProbe]) -> LayerRow:
    model, step, name = key
    first = next(iter(by_seed.values()))
    figures: dict[str, Any] = {}
    for figure in FIGURES:
        values = [
            value for each in by_seed.values() if (value := getattr(each, figure)) is not None
        ]
        figures[figure] = estimate(values, least=-math.inf)
    return LayerRow(model, step, name, first.type, first.activation, **figures)


def _ratios(found: Found, first: str) -> list[Ratio]:
    """Return the ratios to the first model, for layers that both have under one name."""
    told = []
    for (model, step, layer), ours in found.items():
        theirs = found.get((first, step, layer))
        if model == first or theirs is None:
            continue
        for figure in COMPARED:
            pairs = [
                (getattr(ours[seed], figure), getattr(theirs[seed], figure))
                for seed in ours
                if seed in theirs
            ]
            if pairs and all((a or 0) > 0 and (b or 0) > 0 for a, b in pairs):
                mean, ci95, p = log_ratio(pairs)
                told.append(Ratio(model, step, layer, figure, mean, len(pairs), ci95, p))
    ps = iter(corrected_ps([each.p for each in told if each.p is not None]))
    return [each if each.p is None else replace(each, p_corrected=next(ps)) for each in told]

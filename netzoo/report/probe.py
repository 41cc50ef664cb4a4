"""A probe as a table: a row a layer and model, at each step, and the gradients' ratios below."""

from collections.abc import Mapping, Sequence

from netzoo import units
from netzoo.report.origin import origin_lines
from netzoo.results.probe import LayerRow, Probe, Ratio
from netzoo.stats import LEVEL, Spread
from netzoo.tables.table import EMPTY, Cell, Column, Table

# Layers that hand on what they get, or forget a part of it: nothing of their own to show.
_QUIET = ("Flatten", "Dropout", "ZeroPadding2D")
Ratios = Mapping[tuple[str, int, str, str], Ratio]


def probe_table(probe: Probe) -> Table:
    """Return what each layer gives and its gradients, models side by side."""
    columns = [
        Column("Step", "step"),
        Column("Layer", "layer", numeric=False),
        Column("Model", "model", numeric=False),
        Column("Activation", "activation", numeric=False),
        Column("Output\nmean", "activation_mean"),
        Column("Output\nsd", "activation_sd"),
        Column("×\nfirst", "activation_sd_ratio"),
        Column("Dead", "dead"),
        Column("Saturated", "saturated"),
        Column("Gradient of\nweights", "weight_gradient_norm"),
        Column("×\nfirst", "weight_gradient_norm_ratio"),
        Column("Gradient of\noutput", "activation_gradient_norm"),
        Column("×\nfirst", "activation_gradient_norm_ratio"),
    ]
    rows = [row for row in probe.layers if row.type not in _QUIET]
    order = {name: place for place, name in enumerate(_layer_order(rows))}
    names = [model.name for model in probe.models]
    rows.sort(key=lambda row: (row.step, order[row.layer], names.index(row.model)))
    ratios = {(each.model, each.step, each.layer, each.figure): each for each in probe.ratios}
    return Table(columns, [_cells(row, ratios) for row in rows], _footer(probe))


def _layer_order(rows: Sequence[LayerRow]) -> list[str]:
    """Return the names of all models' layers, each model's in its own order."""
    return list(dict.fromkeys(row.layer for row in rows))


def _cells(row: LayerRow, ratios: Ratios) -> list[Cell]:
    def ratio(figure: str) -> Cell:
        found = ratios.get((row.model, row.step, row.layer, figure))
        if found is None:
            return EMPTY
        p = found.p_corrected
        said = " n. s." if p is None or p >= LEVEL else ""
        return Cell(found.ratio, units.factor(found.ratio) + said)

    return [
        Cell(row.step, str(row.step)),
        Cell(row.layer, row.layer),
        Cell(row.model, row.model),
        Cell(row.activation, row.activation) if row.activation else EMPTY,
        _number(row.activation_mean),
        _number(row.activation_sd),
        ratio("activation_sd"),
        _share(row.dead),
        _share(row.saturated),
        _number(row.weight_gradient_norm),
        ratio("weight_gradient_norm"),
        _number(row.activation_gradient_norm),
        ratio("activation_gradient_norm"),
    ]


def _number(value: Spread | None) -> Cell:
    return EMPTY if value is None else Cell(value.mean, units.three_digits(value.mean))


def _share(value: Spread | None) -> Cell:
    return EMPTY if value is None else Cell(round(value.mean, 6), units.percent(value.mean))


def _footer(probe: Probe) -> list[str]:
    seeds = probe.recipe["seeds"]
    return [
        *(f"{model.name} {model.status}: {model.error}" for model in probe.models if model.error),
        "Step: training steps before the look. Output: after the activation, over all units and "
        f"{probe.images} training images, in evaluation mode. Dead: units that are 0 for every "
        "image, of ReLU. Saturated: values where the slope is below a twentieth of its largest, of "
        "sigmoid and tanh. Gradient of weights: L2 norm, of the mean loss. Gradient of output: L2 "
        "norm for an image's own loss, mean over the images."
        + (" Each the mean over the seeds." if len(seeds) > 1 else ""),
        *_ratio_line(probe, len(seeds)),
        *origin_lines(probe),
    ]


def _ratio_line(probe: Probe, seeds: int) -> list[str]:
    if not probe.ratios:
        return []
    tested = (
        f"; n. s.: not separable from 1 by a paired t test of the logarithms over the seeds, "
        f"p < {LEVEL:g} after Holm's correction for {len(probe.ratios)} ratios."
        if seeds > 1
        else "; of one seed none can be told from 1 (n. s.)."
    )
    first = probe.models[0].name
    return [f"× first: over the layer of the same name in {first}, geometric mean{tested}"]

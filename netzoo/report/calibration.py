"""Reliability diagrams: the accuracy of the models by their confidence."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import altair as alt

from netzoo import units
from netzoo.records.calibration import BINS, Calibration
from netzoo.records.trial import TrialRecord, TrialStatus
from netzoo.report.figure import Figure, color, opacity, picked_param, rows_named

NAME = "calibration"
DIAGONAL = f"{NAME}-diagonal"
X, Y = "Confidence, %", "Accuracy, %"


def calibration(records: Mapping[str, Sequence[TrialRecord]]) -> Figure | None:
    """Return the accuracy of each model by confidence, summed over its seeds.

    None without a calibration, as in records of older versions.
    """
    known = {
        name: [r.calibration for r in group if r.status == TrialStatus.OK and r.calibration]
        for name, group in records.items()
    }
    known = {name: group for name, group in known.items() if group}
    if not known:
        return None
    rows = [row for name, group in known.items() for row in _rows(name, group)]
    errors = {name: fmean(each.ece for each in group) for name, group in known.items()}
    return Figure(
        NAME,
        "Calibration",
        (
            "Accuracy by confidence (probability of the predicted class, in {bins} bins of equal "
            "width) of the test images, over all seeds. Dashed line: accuracy equals confidence. "
            "Expected calibration error, mean over the seeds: {errors}.",
            {
                "bins": BINS,
                "errors": ", ".join(f"{name} {units.percent(e)}" for name, e in errors.items()),
            },
        ),
        rows,
        {"": _chart(list(known))},
        (),
        ("Model", X, Y, "Images, all seeds"),
        [
            [
                row["model"],
                f"{row['confidence']:.1f}",
                f"{row['accuracy']:.1f}",
                units.exact(row["count"]),
            ]
            for row in rows
        ],
        more={DIAGONAL: [{"confidence": value, "accuracy": value} for value in (0, 100)]},
    )


def _rows(name: str, group: Sequence[Calibration]) -> list[dict[str, Any]]:
    """Return a row for each bin with images."""
    rows = []
    for place in range(BINS):
        bins = [(c.counts[place], c.confidences[place], c.accuracies[place]) for c in group]
        count = sum(n for n, _, _ in bins)
        if count:
            rows.append(
                {
                    "model": name,
                    "confidence": 100 * sum(n * (mean or 0.0) for n, mean, _ in bins) / count,
                    "accuracy": 100 * sum(n * (share or 0.0) for n, _, share in bins) / count,
                    "count": count,
                }
            )
    return rows


def _chart(models: Sequence[str]) -> Any:
    scale = alt.Scale(domain=[0, 100])
    place = {
        "x": alt.X("confidence:Q", title=X, scale=scale),
        "y": alt.Y("accuracy:Q", title=Y, scale=scale),
    }
    diagonal = (
        alt.Chart(rows_named(DIAGONAL))
        .mark_line(strokeDash=[4, 3], strokeWidth=1.5, color="#888888", tooltip=False)
        .encode(**place)
    )
    lines = (
        alt.Chart(rows_named(NAME))
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=28))
        .encode(
            **place,
            color=color(models),
            opacity=opacity(),
            tooltip=[
                alt.Tooltip("model:N", title="Model"),
                alt.Tooltip("confidence:Q", title=X, format=".1f"),
                alt.Tooltip("accuracy:Q", title=Y, format=".1f"),
                alt.Tooltip("count:Q", title="Images, all seeds", format=",d"),
            ],
        )
    )
    layered = alt.layer(diagonal, lines).add_params(picked_param())
    return layered.properties(height=280, width="container")

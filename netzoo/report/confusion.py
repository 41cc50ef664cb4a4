"""Confusion matrices of the models."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from netzoo.records.trial import TrialRecord, TrialStatus
from netzoo.report.figure import Choice, Figure, rows_named

NAME = "confusion"
MOST_CLASSES = 40  # cells of more classes would be too small to read
CELL_PX = 26
WRITTEN_CLASSES = 12  # the most with a number in each cell


def confusion(records: Mapping[str, Sequence[TrialRecord]]) -> Figure | None:
    """Return the confusion matrix of each model, summed over its seeds.

    None without predictions, or with more than MOST_CLASSES classes.
    """
    known = {
        name: [r for r in group if r.status == TrialStatus.OK and r.predictions is not None]
        for name, group in records.items()
    }
    known = {name: group for name, group in known.items() if group}
    if not known:
        return None
    classes = next(iter(known.values()))[0].trial.dataset.class_names
    if len(classes) > MOST_CLASSES:
        return None
    rows = [row for name, group in known.items() for row in _rows(name, group, classes)]
    return Figure(
        NAME,
        "Confusion matrices",
        (
            "Rows: true class; columns: predicted class. Values: % of the test images of the "
            "true class, over all seeds.",
            {},
        ),
        rows,
        {"": _chart(classes, next(iter(known)))},
        (Choice("Model", tuple((name, name) for name in known), signal="shown"),),
        ("Model", "True class", "Predicted class", "% of the true class"),
        [
            [row["model"], row["true"], row["predicted"], f"{row['share']:.1f}"]
            for row in sorted(rows, key=lambda r: -r["share"])
            if row["true"] != row["predicted"] and row["share"] >= 1
        ],
    )


def _rows(
    name: str, records: Sequence[TrialRecord], classes: Sequence[str]
) -> list[dict[str, Any]]:
    counts = [[0] * len(classes) for _ in classes]
    for record in records:
        assert record.predictions is not None
        predictions = record.predictions
        for true, predicted in zip(
            predictions.true_classes(), predictions.predicted_classes(), strict=True
        ):
            counts[true][predicted] += 1
    return [
        {
            "model": name,
            "true": classes[true],
            "predicted": classes[predicted],
            "count": count,
            "share": 100 * count / sum(line),
        }
        for true, line in enumerate(counts)
        for predicted, count in enumerate(line)
        if count
    ]


def _chart(classes: Sequence[str], first: str) -> Any:
    scale = alt.Scale(domain=list(classes))  # also classes without a row
    base = (
        alt.Chart(rows_named(NAME))
        .transform_filter("datum.model == shown")
        .encode(
            x=alt.X("predicted:N", sort=list(classes), title="Predicted class", scale=scale),
            y=alt.Y("true:N", sort=list(classes), title="True class", scale=scale),
        )
    )
    share = alt.Scale(domain=[0, 100], type="sqrt", range=["#eef3fb", "#0b3d91"])
    cells = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=share, title="% of the true class"),
        tooltip=[
            alt.Tooltip("true:N", title="True class"),
            alt.Tooltip("predicted:N", title="Predicted class"),
            alt.Tooltip("share:Q", title="% of the true class", format=".1f"),
            alt.Tooltip("count:Q", title="Images, all seeds", format=",d"),
        ],
    )
    marks = [cells]
    if len(classes) <= WRITTEN_CLASSES:
        marks.append(
            base.transform_filter("datum.share >= 0.5")
            .mark_text(tooltip=False)
            .encode(
                text=alt.Text("share:Q", format=".0f"),
                color=alt.condition("datum.share > 25", alt.value("#ffffff"), alt.value("#16181d")),
            )
        )
    shown = alt.param(name="shown", value=first)
    chart = alt.layer(*marks).add_params(shown)
    return chart.properties(width="container", height=CELL_PX * len(classes))

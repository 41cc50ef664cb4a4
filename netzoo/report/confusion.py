"""Which classes a model takes for which others."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from netzoo.records.trial import TrialRecord, TrialStatus
from netzoo.report.figure import Choice, Figure, rows_named

NAME = "confusion"
MOST_CLASSES = 40  # more cells than can be told apart
CELL_PX = 26
WRITTEN_CLASSES = 12  # up to here each cell has its number


def confusion(records: Mapping[str, Sequence[TrialRecord]]) -> Figure | None:
    """Return the confusion matrix of each model, over its seeds; None if nothing was predicted.

    None also for more classes than can be drawn.
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
        "What is taken for what",
        (
            "Rows: the true class; columns: what the model says. Numbers: % of the test images of "
            "the true class, over all seeds.",
            {},
        ),
        rows,
        {"": _chart(classes, next(iter(known)))},
        (Choice("Model", tuple((name, name) for name in known), signal="shown"),),
        ("Model", "True", "Predicted", "% of the class"),
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
        for true, said in zip(
            record.predictions.true_classes(), record.predictions.predicted_classes(), strict=True
        ):
            counts[true][said] += 1
    return [
        {
            "model": name,
            "true": classes[true],
            "predicted": classes[said],
            "count": count,
            "share": 100 * count / sum(line),
        }
        for true, line in enumerate(counts)
        for said, count in enumerate(line)
        if count
    ]


def _chart(classes: Sequence[str], first: str) -> Any:
    base = (
        alt.Chart(rows_named(NAME))
        .transform_filter("datum.model == shown")
        .encode(
            x=alt.X("predicted:N", sort=list(classes), title="Predicted", scale=_all(classes)),
            y=alt.Y("true:N", sort=list(classes), title="True", scale=_all(classes)),
        )
    )
    share = alt.Scale(domain=[0, 100], type="sqrt", range=["#eef3fb", "#0b3d91"])
    cells = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=share, title="% of the class"),
        tooltip=[
            alt.Tooltip("true:N", title="True"),
            alt.Tooltip("predicted:N", title="Predicted"),
            alt.Tooltip("share:Q", title="% of the class", format=".1f"),
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


def _all(classes: Sequence[str]) -> Any:
    return alt.Scale(domain=list(classes))

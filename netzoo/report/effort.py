"""The figure of a search: the best validation accuracy of each model against the budget."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import Choice, Figure, color, opacity, picked_param, rows_named
from netzoo.results.effort import value_at
from netzoo.results.tuning import Tuning

BUDGETS = {"settings": "Settings tried", "epochs": "Epochs trained"}
ACCURACY = "Validation accuracy, %"
NAME = "effort"


def effort(study: Tuning, models: Sequence[str]) -> Figure | None:
    """Return the best accuracy against settings tried and epochs trained; None without any.

    models: all models of the page, in the order of their colours.
    """
    rows: dict[str, list[dict[str, Any]]] = {"settings": [], "epochs": []}
    for row in study.models:
        for number, accuracy in enumerate(row.expected, 1):
            rows["settings"].append(_point(row.model, number, accuracy))
        if row.best:
            steps = [*row.best, (row.epochs, row.best[-1][1])]  # the line goes on to the end
            rows["epochs"] += [_point(row.model, *step) for step in steps]
    if not rows["settings"] or not rows["epochs"]:
        return None
    caption = (
        "By settings: the expected best of so many settings drawn at random; each counts with what "
        "it reached in its last epoch. By epochs: the best so far, one setting after another."
        if study.sampler == "random"
        else "The best so far, in the order of the draws, and one setting after another."
    )
    named = {key: [{**row, "budget": key} for row in held] for key, held in rows.items()}
    return Figure(
        NAME,
        "Best accuracy by search budget",
        (caption, {}),
        [row for held in named.values() for row in held],
        {key: _chart(key, title, models) for key, title in BUDGETS.items()},
        (Choice("Budget", tuple(BUDGETS.items())),),
        ("Model", "Settings tried", ACCURACY, "Epochs trained", "Chosen"),
        [
            [
                row.model,
                str(row.tried),
                units.decimal(100 * (value_at(row.best, row.epochs) or 0.0)),
                str(row.epochs),
                ", ".join(f"{name} {value}" for name, value in row.settings.items()) or "–",
            ]
            for row in study.models
        ],
    )


def _point(model: str, amount: int, accuracy: float) -> dict[str, Any]:
    return {"model": model, "amount": amount, "accuracy": 100 * accuracy}


def _chart(key: str, title: str, models: Sequence[str]) -> Any:
    stepped: Any = "step-after" if key == "epochs" else "linear"
    base = (
        alt.Chart(rows_named(NAME))
        .transform_filter(f"datum.budget == '{key}'")
        .encode(
            x=alt.X("amount:Q", title=title, axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("accuracy:Q", title=ACCURACY, scale=alt.Scale(zero=False, padding=10)),
            color=color(models),
            opacity=opacity(),
        )
    )
    line = base.mark_line(interpolate=stepped, strokeWidth=2.5, tooltip=False)
    points = base.mark_point(filled=True, size=50).encode(
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("amount:Q", title=title),
            alt.Tooltip("accuracy:Q", title=ACCURACY, format=".1f"),
        ]
    )
    chart = alt.layer(line, points).add_params(picked_param())
    return chart.properties(width="container", height=280)

"""The lines of a table on classes that differ in their number of test images."""

from collections.abc import Sequence

from netzoo import units
from netzoo.results.model_row import ModelRow

MOST_RECALLS = 12  # in the line of a model


def balance_lines(
    rows: Sequence[ModelRow], class_names: Sequence[str], images: Sequence[int]
) -> list[str]:
    """Return the balanced accuracy in words, and the recall of each class of each model.

    images: the number of test images of each class.
    """
    present = [count for count in images if count]
    ends = [f"{count:,}" for count in sorted({min(present, default=0), max(present, default=0)})]
    span = f", of {' to '.join(ends)} test images each" if present else ""
    return [
        f"Balanced accuracy: mean recall over the classes{span}.",
        *(
            f"Recall of {row.name}{', mean over the seeds' if len(row.seeds) > 1 else ''}: "
            f"{recalls_text(row.class_recalls, class_names)}."
            for row in rows
            if row.class_recalls
        ),
    ]


def recalls_text(recalls: Sequence[float | None], class_names: Sequence[str]) -> str:
    """Return the recall of each class in words, or the lowest of many."""
    pairs = zip(class_names, recalls, strict=True)
    known = [(value, name) for name, value in pairs if value is not None]
    few = len(known) <= MOST_RECALLS
    shown = known if few else sorted(known)[:MOST_RECALLS]
    text = ", ".join(f"{name} {units.percent(value)}" for value, name in shown)
    return text if few else f"{text}, the lowest of {len(known)} classes"

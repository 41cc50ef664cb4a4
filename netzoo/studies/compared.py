"""A study that is one comparison, read in a way of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from netzoo.errors import Interrupted
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.comparison import Comparison
from netzoo.runs.compare import compare
from netzoo.runs.origin import command_line, git_commit
from netzoo.runs.store import keep_study

Result = TypeVar("Result", Ablation, Ladder)


def compared(
    models: Sequence[str],
    read: Callable[[Comparison], Result],
    *,
    output: str | Path | None = None,
    **options: Any,
) -> Result:
    """Compare models, and return and keep the comparison as it is read.

    Raises as netzoo.compare; Interrupted with what can be read of the finished trials.
    """
    try:
        found = compare(models, output=output, **options)
    except Interrupted as stop:
        result = read(_asked(stop.comparison))
        keep_study(output, result)
        raise Interrupted(result) from None
    result = read(_asked(found))
    keep_study(output, result)
    return result


def _asked(comparison: Comparison) -> Comparison:
    """Return the comparison as asked for by this command; its records may be another's."""
    return replace(comparison, command=command_line(), commit=git_commit())

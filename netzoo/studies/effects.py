"""The effects of changes: differences between two rows of a comparison."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from netzoo import recipe_files
from netzoo.errors import Interrupted
from netzoo.provenance import COMMAND, git_commit
from netzoo.recipes import RECIPES, Recipe, recipe
from netzoo.results.ablation import Ablation, Effect, Ladder
from netzoo.results.comparison import Comparison
from netzoo.results.metric import ACCURACY, FIGURES
from netzoo.results.model_row import ModelRow
from netzoo.results.pairs import shared_values
from netzoo.runs.compare import compare
from netzoo.runs.store import keep_study
from netzoo.stats import Delta, Estimate, corrected, seed_delta, verdict

AUGMENT = "augment"


def rows_by_name(comparison: Comparison) -> dict[str, ModelRow]:
    """Return a comparison's rows by the names of their models."""
    return {row.name: row for row in comparison.models}


def effects(
    pairs: Sequence[tuple[str, ModelRow, ModelRow]], metric: str = ACCURACY
) -> tuple[Effect, ...]:
    """Return the effect of each change: its words, the changed row and the one it is compared with.

    metric: what the verdicts are of. They are corrected for all of them together.
    """
    untested = [_effect(*pair, FIGURES[metric]) for pair in pairs]
    known = [effect.accuracy for effect in untested if _tested(effect.accuracy)]
    fair = iter(corrected([delta for delta in known if delta is not None]))
    tested = []
    for effect, (_, row, _) in zip(untested, pairs, strict=True):
        said = row.verdict if row.verdict in ("did not train", "diverged") else None
        if _tested(effect.accuracy):
            delta = next(fair)
            effect = replace(effect, accuracy=delta)
            said = said or verdict(delta)
        tested.append(replace(effect, verdict=said))
    return tuple(tested)


def by_seed(row: ModelRow, figure: str) -> dict[int, float]:
    """Return a figure of a row ("test_accuracy", "gap") by seed."""
    spread: Estimate | None = getattr(row, figure)
    return dict(zip(row.seeds, spread.values, strict=True)) if spread is not None else {}


def words(key: str, before: Any, after: Any) -> str:
    """Return a change in words: "activation: relu → sigmoid"."""
    return f"{key}: {before} → {after}"


def _effect(change: str, row: ModelRow, base: ModelRow, figure: str) -> Effect:
    rates = row.images_per_second, base.images_per_second
    return Effect(
        change=change,
        model=row.name,
        params=_difference(row.params, base.params),
        macs=_difference(row.macs, base.macs),
        accuracy=paired(row, base, figure),
        gap=paired(row, base, "gap"),
        speed=rates[0] / rates[1] if rates[0] and rates[1] else None,
        verdict=None,
    )


def paired(row: ModelRow, base: ModelRow, figure: str) -> Delta | None:
    """Return the difference over the seeds that both have; for a single seed, without a test."""
    values, base_values = shared_values(by_seed(row, figure), by_seed(base, figure))
    if not values:
        return None
    if len(values) == 1:
        return Delta(values[0] - base_values[0], None, 1, 1.0, "none")
    return seed_delta(values, base_values)


def _tested(delta: Delta | None) -> bool:
    return delta is not None and delta.test != "none"


def _difference(value: int | None, base: int | None) -> int | None:
    return None if value is None or base is None else value - base


Result = TypeVar("Result", Ablation, Ladder)


def setting_of(recipe_name: str, family: str, name: str) -> Any:
    """Return a field of a recipe for a family: the usual value for those that netzoo takes itself.

    Raises as `recipe_files.register` for a file.
    """
    if recipe_files.is_file(recipe_name):
        recipe_files.register(recipe_name)
    return getattr(recipe(recipe_name, family) if recipe_name in RECIPES else Recipe, name)


def run_study(
    models: Sequence[str],
    read: Callable[[Comparison], Result],
    *,
    output: str | Path | None = None,
    **options: Any,
) -> Result:
    """Train models, and return and save the study that `read` makes of their comparison.

    Raises as netzoo.compare; Interrupted with what can be read of the finished trials.
    """
    try:
        comparison = compare(models, output=output, **options)
    except Interrupted as stop:
        result = read(_with_provenance(stop.result))
        keep_study(output, result)
        raise Interrupted(result) from None
    result = read(_with_provenance(comparison))
    keep_study(output, result)
    return result


def _with_provenance(comparison: Comparison) -> Comparison:
    """Return the comparison with this command and commit; its records may have others."""
    return replace(comparison, command=COMMAND.get(), commit=git_commit())

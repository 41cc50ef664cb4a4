"""Ladders: from one model to another, one change at a time; each rung is a model."""

from collections.abc import Sequence
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models.catalog import ModelInfo, model_info, model_spec, name_of
from netzoo.recipes import AS
from netzoo.results.ablation import Ladder
from netzoo.results.comparison import Comparison
from netzoo.runs.request import BRIEF
from netzoo.studies.ablate import AUGMENTATION
from netzoo.studies.effects import AUGMENT, effects, rows_by_name, run_study, words

SIZE = "size"  # from one family's builder to the other's: its input, strides and pooling windows
SETTINGS = "settings"  # from one family's settings in the recipe to the other's


def ladder(
    start: str,
    end: str,
    *,
    order: Sequence[str] | None = None,
    recipe: str = BRIEF,
    seeds: Sequence[int] = (0, 1, 2),
    **options: Any,
) -> Ladder:
    """Train each model on the way from start to end, one change a rung, and return the effects.

    start, end: models of one family, or of two whose builders take the same arguments, such as
    "lenet" and "alexnet".
    order: the changes in the order to make them: the arguments in which the two differ, "size" (the
    other family's input, strides and pooling), and, if wanted, "augment" (flips and crops) and
    "settings" (those that the recipe has for the other family: its learning rate). By default the
    builder's own order, "augment" after "dropout", "size" last; settings that are not named change
    with the first rung.
    recipe, seeds, options: as netzoo.studies.ablate takes them.
    Raises as netzoo.compare; Interrupted with the ladder of what was finished.

    >>> import netzoo
    >>> few = {"seeds": [0], "epochs": 1, "limit_train": 100}
    >>> order = ["activation", "pooling", "dropout"]
    >>> ladder = netzoo.ladder("lenet", "lenet-modern", order=order, **few)
    >>> [rung.model for rung in ladder.rungs]
    ['lenet-relu', 'lenet-relu-maxpool', 'lenet-modern']
    """
    ends = _end(start), _end(end)
    steps = _steps(ends, order)
    if AUGMENT in steps and "augment" in options:
        raise BadInput(
            "augment is a rung of this ladder; name an order without it to give it to all rungs."
        )
    rungs = [_spec(ends, steps[:done], steps) for done in range(len(steps) + 1)]
    return run_study(
        rungs,
        lambda comparison: _read(comparison, rungs, ends, steps),
        recipe=recipe,
        seeds=seeds,
        **options,
    )


Ends = tuple[ModelInfo, ModelInfo]


def _end(name: str) -> ModelInfo:
    spec = model_spec(name)
    if spec.settings:
        raise BadInput(f"a ladder goes from model to model, without settings; received {name!r}.")
    return model_info(spec)


def _steps(ends: Ends, order: Sequence[str] | None) -> list[str]:
    """Return the changes in their order. Raises UnknownName or BadInput."""
    start, end = ends
    differing = [
        key
        for key in end.options
        if key in start.options and start.options[key] != end.options[key]
    ]
    two_families = start.family != end.family
    needed = [*differing, *([SIZE] if two_families else [])]
    optional = [AUGMENT, *([SETTINGS] if two_families else [])]
    if not needed:
        raise BadInput(f"there is nothing to change from {start.name} to {end.name}.")
    if order is None:
        place = needed.index("dropout") + 1 if "dropout" in needed else len(differing)
        return [*needed[:place], AUGMENT, *needed[place:]]
    for step in order:
        if step not in (*needed, *optional):
            where = f"the way from {start.name} to {end.name}"
            raise no_such("change", step, [*needed, *optional], where=where)
    missing = [step for step in needed if step not in order]
    if missing or len(set(order)) < len(order):
        raise BadInput(
            f"the order names each of {', '.join(needed)} once; received {', '.join(order)}."
        )
    return list(order)


def _spec(ends: Ends, done: Sequence[str], steps: Sequence[str]) -> str:
    """Return the model that is reached when these steps are done."""
    start, end = ends
    at, other = (end, start) if SIZE in done or start.family == end.family else (start, end)
    changed = {
        key: (end if key in done else start).options[key]
        for key in at.options
        if key in other.options and start.options[key] != end.options[key]
    }
    name = name_of(at.family, {**at.changes, **changed})
    settings = [f"{AUGMENT}={AUGMENTATION}"] if AUGMENT in done else []
    switched = SETTINGS in done if SETTINGS in steps else bool(done)
    family = (end if switched else start).family
    if family != at.family:
        settings.append(f"{AS}={family}")
    return f"{name}@{','.join(settings)}" if settings else name


def _words(ends: Ends, step: str, place: int, steps: Sequence[str]) -> str:
    start, end = ends
    families = f"{start.family}'s → {end.family}'s"
    if step == AUGMENT:
        return words(AUGMENT, "none", AUGMENTATION)
    if step in (SIZE, SETTINGS):
        return f"{step}: {families}"
    text = words(step, start.options[step], end.options[step])
    along = place == 0 and SETTINGS not in steps and start.family != end.family
    return f"{text}; settings: {families}" if along else text


def _read(comparison: Comparison, rungs: Sequence[str], ends: Ends, steps: Sequence[str]) -> Ladder:
    rows = rows_by_name(comparison)
    texts = [_words(ends, step, place, steps) for place, step in enumerate(steps)]
    pairs = [
        (change, rows[rung], rows[before])
        for change, rung, before in zip(texts, rungs[1:], rungs, strict=False)
    ]
    return Ladder(rungs=effects(pairs, comparison.metric), comparison=comparison)

"""Ladders: from one model to another, one change at a time; each rung is a model."""

from collections.abc import Mapping, Sequence
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models import lineage
from netzoo.models.catalog import model_spec
from netzoo.recipes import AS
from netzoo.results.ablation import Ladder
from netzoo.results.comparison import Comparison
from netzoo.runs.callback import Callback, callback_of
from netzoo.runs.request import BRIEF
from netzoo.studies.ablate import AUGMENTATION
from netzoo.studies.effects import AUGMENT, effects, rows_by_name, run_study, setting_of, words
from netzoo.studies.models import StudyModel, study_model

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

    start, end: models of one family; of two whose builders take the same arguments, such as "lenet"
    and "alexnet"; or of an earlier and a later family in the history that the families declare,
    such as "lenet" and "resnet18"; or of one builder of yours ("mine.py:build", "mine.py:build:
    width=2,wide=True"). The ladder then goes through all families between them.
    order: the changes in the order to make them: the arguments in which the two differ, "size" (the
    other family's input, strides and pooling), and, if wanted, "augment" (flips and crops) and
    "settings" (those that the recipe has for the other family: its learning rate). By default the
    builder's own order, "augment" after "dropout", "size" last; settings that are not named change
    with the first rung. Through several families the order is that of history, and cannot be given.
    recipe, seeds, options: as netzoo.studies.ablate takes them.
    Raises as netzoo.compare; Interrupted with the ladder of what was finished.

    >>> import netzoo
    >>> few = {"seeds": [0], "epochs": 1, "limit_train": 100}
    >>> order = ["activation", "pooling", "dropout"]
    >>> ladder = netzoo.ladder("lenet", "lenet-modern", order=order, **few)
    >>> [rung.model for rung in ladder.rungs]
    ['lenet-relu', 'lenet-relu-maxpool', 'lenet-modern']
    """
    callback = callback_of(options.get("callbacks", ()), options.get("listener"))
    ends = _end(start, callback), _end(end, callback)
    rungs = _rungs(ends, order, options, setting_of(recipe, ends[0].family, AUGMENT))
    return run_study(
        [spec for _, spec in rungs],
        lambda comparison: _read(comparison, rungs),
        recipe=recipe,
        seeds=seeds,
        **options,
    )


Ends = tuple[StudyModel, StudyModel]
Rung = tuple[str, str]  # the change that leads to it, in words, and its spec


def _end(name: str, callback: Callback) -> StudyModel:
    if model_spec(name).settings:
        raise BadInput(f"a ladder goes from model to model, without settings; received {name!r}.")
    return study_model(name, callback)


def _registered(name: str) -> StudyModel:
    return study_model(name, Callback())


def _rungs(
    ends: Ends, order: Sequence[str] | None, options: Mapping[str, Any], augment: str
) -> list[Rung]:
    """Return the rungs, the start first, with no change. augment: what the recipe has for all.

    Raises UnknownName or BadInput.
    """
    start, end = ends
    steps = lineage.way(start.family, end.family)
    if steps and any(step.change for step in steps):
        if order is not None:
            raise BadInput(
                f"the order from {start.name} to {end.name} is that of history, through "
                f"{', '.join(step.family for step in steps)}; leave `order` out."
            )
        return _through_history(ends, steps)
    back = lineage.way(end.family, start.family)
    if steps is None and (back is None or any(step.change for step in back)):
        _check_no_history(ends)
    names = _steps(ends, order)
    if AUGMENT in names and "augment" in options:
        raise BadInput(
            "augment is a rung of this ladder; name an order without it to give it to all rungs."
        )
    if AUGMENT in names and augment != "none":
        raise BadInput(
            f"augment is a rung of this ladder, and the recipe has {augment} for all rungs; name "
            "an order without it."
        )
    changes = ["", *(_words(ends, name, place, names) for place, name in enumerate(names))]
    return [(change, _spec(ends, names[:done], names)) for done, change in enumerate(changes)]


def _check_no_history(ends: Ends) -> None:
    """Raise BadInput if both families have a history, in which no way leads to the end."""
    start, end = ends
    earlier, later = lineage.before(end.family), lineage.before(start.family)
    if end.family in later:
        raise BadInput(
            f"no ladder leads from {start.name} back to {end.name}; one leads from {end.name} to "
            f"{start.name}."
        )
    if earlier and later:
        raise BadInput(
            f"no ladder leads from {start.name} to {end.name}; those to {end.name} start from a "
            f"model of its own family, or of {', '.join(earlier)}."
        )


def _through_history(ends: Ends, steps: Sequence[lineage.Step]) -> list[Rung]:
    """Return the rungs from a model to one of a later family, by the steps between the families.

    After the first rung all train with the settings of the last family.
    """
    here, end = ends
    reached: list[tuple[str, StudyModel]] = []
    for place, step in enumerate(steps):
        if step.change:
            reached += _climb((here, _registered(step.before)))
            here = _registered(step.reaching)
            reached.append((step.change, here))
        else:  # argument by argument, to where the next step starts
            target = _registered(steps[place + 1].before) if place + 1 < len(steps) else end
            reached += _climb((here, target))
            here = target
    reached += _climb((here, end))
    rungs = [("", ends[0].name)]
    for change, info in reached:
        if len(rungs) == 1:
            change += f"; {_of_families(SETTINGS, ends)}"
        own = info.family == end.family
        rungs.append((change, info.name if own else f"{info.name}@{AS}={end.family}"))
    return rungs


def _climb(ends: Ends) -> list[tuple[str, StudyModel]]:
    """Return the changes from one model to another that takes the same arguments, in words."""
    names = _needed(ends)
    return [
        (_change(ends, name), _registered(_model(ends, names[: place + 1])))
        for place, name in enumerate(names)
    ]


def _needed(ends: Ends) -> list[str]:
    """Return the arguments in which two models differ, and "size" for two families."""
    start, end = ends
    differing = [
        key
        for key in end.options
        if key in start.options and start.options[key] != end.options[key]
    ]
    return [*differing, *([SIZE] if start.family != end.family else [])]


def _steps(ends: Ends, order: Sequence[str] | None) -> list[str]:
    """Return the changes in their order. Raises UnknownName or BadInput."""
    start, end = ends
    two_families = start.family != end.family
    needed = _needed(ends)
    optional = [AUGMENT, *([SETTINGS] if two_families else [])]
    if not needed:
        raise BadInput(f"there is nothing to change from {start.name} to {end.name}.")
    if order is None:
        last = len(needed) - two_families
        place = needed.index("dropout") + 1 if "dropout" in needed else last
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
    """Return the model that is reached when these steps are done, with its settings."""
    start, end = ends
    at = _at(ends, done)
    settings = [f"{AUGMENT}={AUGMENTATION}"] if AUGMENT in done else []
    switched = SETTINGS in done if SETTINGS in steps else bool(done)
    family = (end if switched else start).family
    if family != at.family:
        settings.append(f"{AS}={family}")
    name = _model(ends, done)
    return f"{name}@{','.join(settings)}" if settings else name


def _at(ends: Ends, done: Sequence[str]) -> StudyModel:
    """Return the end whose family a model is of when these steps are done."""
    start, end = ends
    return end if SIZE in done or start.family == end.family else start


def _model(ends: Ends, done: Sequence[str]) -> str:
    """Return the model that is reached when these steps are done."""
    start, end = ends
    at = _at(ends, done)
    other = start if at is end else end
    changed = {
        key: (end if key in done else start).options[key]
        for key in at.options
        if key in other.options and start.options[key] != end.options[key]
    }
    return at.changed({**at.changes, **changed})


def _words(ends: Ends, step: str, place: int, steps: Sequence[str]) -> str:
    """Return a step in words; the first one, with the settings that change along with it."""
    start, end = ends
    along = place == 0 and SETTINGS not in steps and start.family != end.family
    alone = step in (AUGMENT, SIZE, SETTINGS) or not along
    return _change(ends, step) + ("" if alone else f"; {_of_families(SETTINGS, ends)}")


def _change(ends: Ends, step: str) -> str:
    start, end = ends
    if step == AUGMENT:
        return words(AUGMENT, "none", AUGMENTATION)
    if step in (SIZE, SETTINGS):
        return _of_families(step, ends)
    return words(step, start.options[step], end.options[step])


def _of_families(step: str, ends: Ends) -> str:
    start, end = ends
    return f"{step}: {start.family}'s → {end.family}'s"


def _read(comparison: Comparison, rungs: Sequence[Rung]) -> Ladder:
    rows = rows_by_name(comparison)
    pairs = [
        (change, rows[rung], rows[before])
        for (change, rung), (_, before) in zip(rungs[1:], rungs, strict=False)
    ]
    return Ladder(rungs=effects(pairs, comparison.metric), comparison=comparison)

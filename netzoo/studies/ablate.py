"""Ablations: a base, and the base with each of its family's changes, alone or combined."""

import itertools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models.catalog import MODELS, base_of, model_info, model_spec
from netzoo.models.spec import REGISTERED
from netzoo.recipes import Recipe
from netzoo.results.ablation import Ablation, Interaction, Share
from netzoo.results.comparison import Comparison
from netzoo.results.metric import FIGURES
from netzoo.results.model_row import ModelRow
from netzoo.runs.callback import Callback, callback_of
from netzoo.runs.request import BRIEF
from netzoo.stats import corrected, estimate, seed_delta, verdict
from netzoo.studies import shapley
from netzoo.studies.effects import (
    AUGMENT,
    by_seed,
    effects,
    rows_by_name,
    run_study,
    setting_of,
    words,
)
from netzoo.studies.models import StudyModel, study_model

AUGMENTATION = "flip+crop"
# What a recipe may add to the training of any network; an ablation takes away what it has.
ADDITIONS = ("ema", "test_flip", "loss")


@dataclass(frozen=True)
class Change:
    """One change: an argument of the builder or a field of the recipe, its value before and after.

    name: the argument's, or "activation=tanh" where the family changes it in several ways.
    """

    name: str
    key: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return words(self.key, self.before, self.after)


def ablate(
    model: str,
    *,
    changes: Sequence[str] | None = None,
    factorial: bool = False,
    augment: str | None = None,
    recipe: str = BRIEF,
    seeds: Sequence[int] = (0, 1, 2),
    **options: Any,
) -> Ablation:
    """Train a family's base, and the base with each change made alone, and return their effects.

    model: the base. The changes are those of its family's variants that change one thing, or the
    values of a Literal or bool argument of a builder of yours ("mine.py:build"); and augmentation,
    which a base that trains with it loses and another gets; and what the recipe adds by ADDITIONS,
    which the base loses.
    changes: the names of some of them, to make only these. factorial: train all combinations of
    the changes, and report Shapley values and interactions. augment: what the base trains with,
    by default what the recipe says.
    recipe, seeds, options: as in netzoo.compare; the recipe by default is "lesson" on a
    GPU, "brief" on a CPU.
    Raises as netzoo.compare; Interrupted with the ablation of what was finished.

    >>> import netzoo
    >>> few = {"seeds": [0], "epochs": 1, "limit_train": 100}
    >>> ablation = netzoo.ablate("lenet", changes=["pooling"], **few)
    >>> ablation.effects[0].change, ablation.effects[0].params
    ('pooling: average → max', 0)
    """
    if "pairs" in options:
        warnings.warn("pairs is deprecated; it is factorial.", DeprecationWarning, stacklevel=2)
        factorial = options.pop("pairs")
    callback = callback_of(options.get("callbacks", ()), options.get("listener"))
    base = _base(model, callback)
    augment = setting_of(recipe, base.family, AUGMENT) if augment is None else augment
    added = {name: options.get(name, setting_of(recipe, base.family, name)) for name in ADDITIONS}
    chosen = _chosen(base, augment, added, changes, factorial)
    arms = {
        names: _spec(base, [c for c in chosen if c.name in names])
        for names in _sets(chosen, factorial)
    }
    return run_study(
        list(arms.values()),
        lambda comparison: _read(comparison, arms, chosen, factorial),
        recipe=recipe,
        seeds=seeds,
        augment=augment,
        **options,
    )


def _base(model: str, callback: Callback) -> StudyModel:
    """Return the base of an ablation. Raises UnknownName or BadInput."""
    spec = model_spec(model)
    if spec.origin == REGISTERED:
        base = base_of(model_info(spec).family).name
        if model != base:
            raise BadInput(
                f"an ablation starts from a family's base; received {model!r}, try {base}."
            )
    elif spec.settings:
        raise BadInput(
            f"an ablation starts from a model without settings; received {model!r}, try "
            f"{spec.model}."
        )
    return study_model(model, callback)


def _joint(family: str) -> set[str]:
    """Return the arguments that some variant of a family changes beside another."""
    variants = [info.changes for info in MODELS.values() if info.family == family]
    return {key for changes in variants if len(changes) > 1 for key in changes}


def _chosen(
    base: StudyModel,
    augment: str,
    added: Mapping[str, Any],
    names: Sequence[str] | None,
    factorial: bool,
) -> list[Change]:
    """Return the changes to make, in the order of the builder's arguments.

    added: the base's values of ADDITIONS. factorial: if none are named, the arguments that some
    variant of the family changes beside another, and the augmentation.
    """
    joint = _joint(base.family) if factorial and names is None else set()
    known = []
    for key, before in base.options.items():
        if joint and key not in joint:
            continue
        values = [value for changed, value in base.choices if changed == key]
        several = len(values) > 1
        known += [Change(f"{key}={v}" if several else key, key, before, v) for v in values]
    other = AUGMENTATION if augment == "none" else "none"
    known.append(Change(AUGMENT, AUGMENT, augment, other))
    if factorial and names is None:
        return known
    for key, value in added.items():
        usual = getattr(Recipe, key)
        if value != usual:
            known.append(Change(key, key, value, usual))
    if names is None:
        return known
    for name in names:
        if name not in {change.name for change in known}:
            raise no_such("change", name, [change.name for change in known], where=base.name)
    return [change for change in known if change.name in names]


def _sets(changes: Sequence[Change], factorial: bool) -> Iterator[frozenset[str]]:
    """Return the sets of changes to train, none first. Raises BadInput for two of one argument."""
    if factorial and len({change.key for change in changes}) < len(changes):
        raise BadInput(
            "`factorial` takes one change of each argument; choose among "
            f"{', '.join(change.name for change in changes)} by `changes`."
        )
    names = [change.name for change in changes]
    for count in range((len(names) if factorial else 1) + 1):
        yield from map(frozenset, itertools.combinations(names, count))


def _spec(base: StudyModel, changes: Sequence[Change]) -> str:
    """Return the spec of the base with these changes."""
    settings = (AUGMENT, *ADDITIONS)
    made = {change.key: change.after for change in changes if change.key not in settings}
    name = base.changed({**base.changes, **made})
    given = [f"{change.key}={change.after}" for change in changes if change.key in settings]
    return f"{name}@{','.join(given)}" if given else name


def _read(
    comparison: Comparison,
    arms: dict[frozenset[str], str],
    changes: Sequence[Change],
    factorial: bool,
) -> Ablation:
    rows = rows_by_name(comparison)
    base = rows[arms[frozenset()]]
    alone = [(str(c), rows[arms[frozenset({c.name})]], base) for c in changes]
    of_changes = effects(alone, comparison.metric)
    ablation = Ablation(base=base.name, effects=of_changes, comparison=comparison)
    if not factorial:
        return ablation
    return _shared_out(ablation, {names: rows[arm] for names, arm in arms.items()}, changes)


def _shared_out(
    ablation: Ablation, rows: dict[frozenset[str], ModelRow], changes: Sequence[Change]
) -> Ablation:
    """Return the ablation with Shapley values of the joint effect, over the seeds of all models."""
    figure = FIGURES[ablation.comparison.metric]
    accuracies = {names: by_seed(row, figure) for names, row in rows.items()}
    seeds = sorted(set.intersection(*(set(values) for values in accuracies.values())))
    if not seeds:
        return ablation
    of_seed = [{names: values[seed] for names, values in accuracies.items()} for seed in seeds]
    names = frozenset(change.name for change in changes)
    total = _spread([values[names] - values[frozenset()] for values in of_seed])
    parts = [shapley.shares(values) for values in of_seed]
    shares = []
    for change in changes:
        part = _spread([each[change.name] for each in parts])
        ratio = part.mean / total.mean if total.mean else None
        shares.append(Share(str(change), part, ratio))
    return replace(ablation, total=total, shares=tuple(shares), interactions=_interactions(of_seed))


def _interactions(of_seed: Sequence[shapley.Values]) -> tuple[Interaction, ...]:
    """Return each pair's interaction with its verdict; none of a single seed."""
    if len(of_seed) < 2:
        return ()
    of_pairs = [shapley.interactions(values) for values in of_seed]
    pairs = list(of_pairs[0])
    deltas = [
        seed_delta([each[pair] for each in of_pairs], [0.0] * len(of_pairs)) for pair in pairs
    ]
    return tuple(
        Interaction(pair, delta, verdict(delta))
        for pair, delta in zip(pairs, corrected(deltas), strict=True)
    )


def _spread(values: Sequence[float]) -> Any:
    return estimate(values, least=-1.0, most=1.0)

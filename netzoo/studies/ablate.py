"""Ablations: a base, and the base with each of its family's changes, alone or combined."""

import itertools
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models.catalog import (
    MODELS,
    ModelInfo,
    base_of,
    model_info,
    model_spec,
    name_of,
)
from netzoo.models.spec import REGISTERED
from netzoo.results.ablation import Ablation, Interaction, Share
from netzoo.results.comparison import Comparison
from netzoo.results.metric import FIGURES
from netzoo.results.model_row import ModelRow
from netzoo.runs.callback import Callback, callback_of
from netzoo.runs.describe import describe
from netzoo.runs.request import BRIEF, check_trainable
from netzoo.stats import corrected, estimate, seed_delta, verdict
from netzoo.studies import shapley
from netzoo.studies.effects import AUGMENT, by_seed, effects, rows_by_name, run_study, words

AUGMENTATION = "flip+crop"


@dataclass(frozen=True)
class Change:
    """One change: an argument of the builder, or "augment", its value before and after.

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
    augment: str = "none",
    recipe: str = BRIEF,
    seeds: Sequence[int] = (0, 1, 2),
    **options: Any,
) -> Ablation:
    """Train a family's base, and the base with each change made alone, and return their effects.

    model: the base. The changes are those of its family's variants that change one thing, or the
    values of a Literal or bool argument of a builder of yours ("mine.py:build"); and augmentation,
    which a base that trains with it loses and another gets.
    changes: the names of some of them, to make only these. factorial: train all combinations of
    the changes, and report Shapley values and interactions. augment: what the base trains with.
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
    base = _base(model, factorial, changes is not None, callback)
    chosen = _chosen(base, augment, changes)
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


@dataclass(frozen=True)
class Base:
    """The model that is changed: its name, the arguments of its builder, and their other values.

    family: of a registered model, else None.
    """

    name: str
    family: str | None
    options: dict[str, Any]
    values: list[tuple[str, Any]]

    def spec(self, changes: dict[str, Any]) -> str:
        """Return the spec of this model with changes."""
        if self.family is not None:
            return name_of(self.family, changes)
        if not changes:
            return self.name
        changed = ",".join(f"{key}={value}" for key, value in changes.items())
        return f"{self.name}{',' if _has_changes(self.name) else ':'}{changed}"


def _base(model: str, factorial: bool, named: bool, callback: Callback) -> Base:
    """Return the base of an ablation. Raises UnknownName or BadInput."""
    spec = model_spec(model)
    if spec.settings:
        base = base_of(model_info(spec).family).name if spec.origin == REGISTERED else spec.model
        raise BadInput(
            f"an ablation starts from a model without settings; received {model!r}, try {base}."
        )
    if spec.origin == REGISTERED:
        return _registered(model_info(spec), model, factorial and not named)
    check_trainable(spec)
    found = describe(spec, callback)
    others = [
        (name, value)
        for name, values in found.choices.items()
        for value in values
        if value != found.options[name]
    ]
    return Base(model, None, found.options, others)


def _registered(info: ModelInfo, model: str, joint_only: bool) -> Base:
    """Return a family's base with the values that its variants have.

    joint_only: those that some variant of the family has beside another change.
    """
    base = base_of(info.family)
    if model != base.name:
        raise BadInput(
            f"an ablation starts from a family's base; received {model!r}, try {base.name}."
        )
    variants = [each.changes for each in MODELS.values() if each.family == info.family]
    alone = [pair for each in variants if len(each) == 1 for pair in each.items()]
    if joint_only:
        joint = {key for each in variants if len(each) > 1 for key in each}
        alone = [(key, value) for key, value in alone if key in joint]
    return Base(base.name, info.family, base.options, alone)


def _has_changes(name: str) -> bool:
    return bool(model_spec(name).changes)


def _chosen(base: Base, augment: str, names: Sequence[str] | None) -> list[Change]:
    """Return the changes to make, in the order of the builder's arguments."""
    known = []
    for key, before in base.options.items():
        values = [value for changed, value in base.values if changed == key]
        several = len(values) > 1
        known += [Change(f"{key}={v}" if several else key, key, before, v) for v in values]
    other = AUGMENTATION if augment == "none" else "none"
    known.append(Change(AUGMENT, AUGMENT, augment, other))
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


def _spec(base: Base, changes: Sequence[Change]) -> str:
    """Return the spec of the base with these changes."""
    name = base.spec({c.key: c.after for c in changes if c.key != AUGMENT})
    for change in changes:
        if change.key == AUGMENT:
            name += f"@{AUGMENT}={change.after}"
    return name


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

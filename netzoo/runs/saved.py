"""Saved comparisons, read without any backend: their tables and their progress."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from netzoo.errors import BadInput, DataError, no_such
from netzoo.records.index import Row
from netzoo.records.plan import MANY, Plan
from netzoo.records.trial import TrialRecord, TrialStatus
from netzoo.records.trials import Trials
from netzoo.results.comparison import Comparison
from netzoo.results.filters import Filters
from netzoo.results.metric import ACCURACY, check_metric
from netzoo.results.rows import compare_records
from netzoo.results.runs import RunState, TrialState
from netzoo.results.target import check_curves
from netzoo.runs.request import is_search
from netzoo.runs.store import Store, in_use


def run_state(
    store: Store, *, whole: bool = False, only: Collection[str] | None = None
) -> RunState:
    """Return the progress of a comparison.

    whole: with records that have what a comparison needs, where a list does with their rows.
    only: the names of the trials to return.
    """
    plan = store.plan()
    states = tuple(_states(store, plan, whole, only))
    state = "damaged"
    if in_use(store):
        state = "running"
    elif plan is not None:
        waits = plan.target is None and any(s.state == TrialStatus.PAUSED for s in states)
        ended = all(each.ended for each in states) and not waits
        state = "finished" if ended else "unfinished"
    return RunState(store.name, state, states, _notes(store))


def chosen_state(store: Store, filters: Filters, *, whole: bool = False) -> RunState:
    """Return the progress of a comparison, with the trials that pass the filters.

    whole: as in `run_state`, for these alone. Raises UnknownName, BadInput for wrong filters.
    """
    if not filters or filters.whole:
        state = run_state(store, whole=whole or filters.whole)
        return filters.applied(state) if filters else state
    chosen = filters.applied(run_state(store))
    if not whole or not chosen.trials:
        return chosen
    names = {trial.name for trial in chosen.trials}
    return replace(chosen, trials=tuple(_states(store, store.plan(), whole=True, only=names)))


def saved_comparison(
    store: Store, metric: str | None = None, target: float | None = None
) -> tuple[Comparison, tuple[str, ...]]:
    """Return a comparison from its records, and a line for each file that is damaged.

    metric, target: what the verdicts are of, and whose first epoch is told; by default those of the
    comparison. Raises UnknownName for another metric, BadInput for a target without a curve,
    DataError if there is nothing to show.
    """
    if metric is not None:
        check_metric(metric)
    records, baseline, notes = saved_records(store)
    if not records:
        raise DataError(" ".join([f"{store.folder} holds no trial to show.", *notes]))
    if target is not None:
        check_curves(record.trial for record in records)
    about = baseline, metric or saved_metric(store), target or saved_target(store)
    comparison = compare_records(records, *about)
    return comparison, _notes(store)  # a packed record may be found damaged only now


def saved_metric(store: Store) -> str:
    """Return what the verdicts of a comparison are of."""
    plan = store.plan()
    return ACCURACY if plan is None else plan.metric


def saved_target(store: Store) -> float | None:
    """Return the target of a comparison, None without one."""
    plan = store.plan()
    return None if plan is None else plan.target


def saved_records(
    store: Store, *, whole: bool = False
) -> tuple[list[TrialRecord], str, tuple[str, ...]]:
    """Return the records of a comparison, its baseline, and a line for each file that is damaged.

    whole: with their predictions and filters, which packed records are else without.

    A planned trial without a record is there as unfinished. Without the plan, the records that are
    there stand for it, and the first one's model is the baseline, "" if there is none.
    """
    plan = store.plan()
    if plan is not None and is_search(plan.request):
        raise DataError(
            f"{store.folder} holds a search that has not come to its end; the same command goes on."
        )
    records = []
    for state in _states(store, plan, whole=True):
        if isinstance(state.record, TrialRecord):
            records.append(state.record.whole() if whole else state.record)
        elif plan is not None and state.state != TrialStatus.PROBED:
            records.append(_unended(plan, state))
    baseline = plan.baseline if plan is not None else records[0].trial.model if records else ""
    return records, baseline, _notes(store)


def find_trial(stores: Sequence[Store], name: str) -> tuple[Store, TrialRecord]:
    """Return the record of a trial by its name or the beginning of it, and the folder that has it.

    stores: the comparison, or its parts by backend. Raises UnknownName, BadInput for the beginning
    of several, DataError for one without a record.
    """
    states = {each.name: (store, each) for store in stores for each in run_state(store).trials}
    where = ", ".join(str(store.folder) for store in stores)
    matching = [key for key in states if key.startswith(name)]
    if name in states:
        matching = [name]
    if len(matching) > 1:
        raise BadInput(
            f"{name!r} begins the names of {len(matching)} trials in {where}, such as "
            f"{matching[0]} and {matching[1]}; give more of one."
        )
    if not matching:
        raise no_such("trial", name, islice(states, MANY), where=where)
    store, state = states[matching[0]]
    record = store.record(state.trial)
    if record is None or not record.history:
        raise DataError(f"{matching[0]} is {state.state}; it has no record to repeat.")
    return store, record


def _notes(store: Store) -> tuple[str, ...]:
    return tuple(reason for _, reason in store.damaged)


def _states(
    store: Store, plan: Plan | None, whole: bool, only: Collection[str] | None = None
) -> Iterator[TrialState]:
    """Yield the progress of the planned trials; without a plan, of those with a record."""
    trials = Trials.of(store.trials.trials() if plan is None else plan.trials)
    probed, held = store.probed(), store.trials.look(whole=whole, only=only)
    for name, kind, seed, record in store.trials.each(trials, held):
        if only is not None and name not in only:
            continue
        if isinstance(record, Row):
            yield TrialState(name, kind, seed, record.status, record.epochs, record)
            continue
        status, epochs = TrialStatus.NOT_BEGUN, 0
        if record is not None:
            status, epochs = record.status, record.epochs
        if (record is None or status == TrialStatus.FAILED) and name in held.checkpoints:
            meta = store.progress(kind.with_seed(seed))  # of a failed one too: it may be damaged
            if meta is not None and record is None:
                status, epochs = TrialStatus.UNFINISHED, len(meta.history)
        if status == TrialStatus.NOT_BEGUN and name in probed:
            status = TrialStatus.PROBED
        yield TrialState(name, kind, seed, status, epochs, record)


def _unended(plan: Plan, each: TrialState) -> TrialRecord:
    error = f"{each.epochs} of {each.trial.recipe.epochs} epochs are done."
    return plan.record(
        each.trial, TrialStatus.UNFINISHED, error=error if each.epochs else "not begun."
    )

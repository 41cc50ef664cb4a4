"""Saved comparisons, read without any backend: their tables and their progress."""

from collections.abc import Sequence

from netzoo.errors import BadInput, DataError, no_such
from netzoo.records.plan import Plan
from netzoo.records.trial import Trial, TrialRecord, TrialStatus
from netzoo.results.comparison import Comparison
from netzoo.results.metric import ACCURACY, check_metric
from netzoo.results.rows import compare_records
from netzoo.results.runs import RunState, TrialState
from netzoo.runs.request import identity
from netzoo.runs.store import Store, in_use


def run_state(store: Store) -> RunState:
    """Return the progress of a comparison."""
    plan = store.plan()
    states = tuple(_state(store, trial) for trial in _trials(store, plan))
    state = "damaged"
    if in_use(store):
        state = "running"
    elif plan is not None:
        state = "finished" if all(each.ended for each in states) else "unfinished"
    notes = tuple(reason for _, reason in store.damaged)
    return RunState(store.folder.name, state, states, notes)


def saved_comparison(store: Store, metric: str | None = None) -> tuple[Comparison, tuple[str, ...]]:
    """Return a comparison from its records, and a line for each file that is damaged.

    metric: what the verdicts are of; by default that of the comparison.
    Raises UnknownName for another metric, DataError if there is nothing to show.
    """
    if metric is not None:
        check_metric(metric)
    records, baseline, notes = saved_records(store)
    if not records:
        raise DataError(" ".join([f"{store.folder} holds no trial to show.", *notes]))
    return compare_records(records, baseline, metric or saved_metric(store)), notes


def saved_metric(store: Store) -> str:
    """Return what the verdicts of a comparison are of."""
    plan = store.plan()
    return ACCURACY if plan is None else plan.metric


def saved_records(store: Store) -> tuple[list[TrialRecord], str, tuple[str, ...]]:
    """Return the records of a comparison, its baseline, and a line for each file that is damaged.

    A planned trial without a record is there as unfinished. Without the plan, the records that are
    there stand for it, and the first one's model is the baseline, "" if there is none.
    """
    plan = store.plan()
    records = []
    for trial in _trials(store, plan):
        state = _state(store, trial)
        if state.record is not None:
            records.append(state.record)
        elif plan is not None and state.state != TrialStatus.PROBED:
            records.append(_unended(plan, state))
    notes = tuple(reason for _, reason in store.damaged)
    baseline = plan.baseline if plan is not None else records[0].trial.model if records else ""
    return records, baseline, notes


def find_trial(store: Store, name: str) -> TrialRecord:
    """Return the record of a trial by its name or the beginning of it.

    Raises UnknownName, BadInput for the beginning of several, DataError for one without a record.
    """
    states = {each.name: each for each in run_state(store).trials}
    matching = [key for key in states if key.startswith(name)]
    if name in states:
        matching = [name]
    if len(matching) > 1:
        raise BadInput(
            f"{name!r} begins the names of {len(matching)} trials in {store.folder}, such as "
            f"{matching[0]} and {matching[1]}; give more of one."
        )
    if not matching:
        raise no_such("trial", name, states, where=str(store.folder))
    record = states[matching[0]].record
    if record is None or not record.history:
        raise DataError(
            f"{matching[0]} is {states[matching[0]].state}; it has no record to repeat."
        )
    return record


def _trials(store: Store, plan: Plan | None) -> Sequence[Trial]:
    """Return the planned trials; without a plan, those whose records can be read."""
    return store.recorded_trials() if plan is None else plan.trials


def _state(store: Store, trial: Trial) -> TrialState:
    record, meta = store.record(trial), None
    if record is None or record.status == TrialStatus.FAILED:
        meta = store.progress(trial)  # of a failed trial too, whose checkpoint may be damaged
    if record is not None:
        status, epochs = record.status, len(record.history)
    elif meta is not None:
        status, epochs = TrialStatus.UNFINISHED, len(meta.history)
    else:
        is_probed = store.is_probed(trial)
        status, epochs = TrialStatus.PROBED if is_probed else TrialStatus.NOT_BEGUN, 0
    return TrialState(identity(trial), trial, status, epochs, record)


def _unended(plan: Plan, each: TrialState) -> TrialRecord:
    error = f"{each.epochs} of {each.trial.recipe.epochs} epochs are done."
    return plan.record(
        each.trial, TrialStatus.UNFINISHED, error=error if each.epochs else "not begun."
    )

"""Processes that write into one folder at a time, of which some are killed."""

from dataclasses import replace

import pytest
from many_writers import write_beside
from study_records import CPU, VERSIONS, record

from netzoo.records.plan import ModelProfile, Plan
from netzoo.records.trials import Trials
from netzoo.runs.identity import identity
from netzoo.runs.saved import saved_records
from netzoo.runs.store import Store


@pytest.mark.slow
@pytest.mark.parametrize(("kills", "seed"), [(0, 0), (4, 1), (4, 2), (4, 3)])
def test_eight_writers_lose_nothing_that_they_kept(tmp_path, monkeypatch, kills, seed):
    monkeypatch.setattr("netzoo.runs.trial_records.MANY", 32)
    first = record("lenet", 0, 0.5)
    records = [
        replace(first, trial=first.trial.with_seed(n), test_accuracy=n / 1000) for n in range(400)
    ]
    plan = Plan(
        {}, "lenet", Trials.of([each.trial for each in records]), CPU, VERSIONS,
        {"lenet": ModelProfile(first.cost)},
    )  # fmt: skip
    kept, looks, _ = write_beside(
        tmp_path / "out", plan, records, processes=8, kills=kills, seed=seed
    )
    assert looks > 3
    found, _, notes = saved_records(Store(tmp_path / "out"), whole=True)
    assert notes == ()
    by_name = {identity(each.trial): each for each in found if each.status == "ok"}
    written = {identity(each.trial): each for each in records}
    assert kept <= by_name.keys()
    assert len(by_name) <= len(kept) + kills  # of each that was killed, one not told of
    assert all(by_name[name] == written[name] for name in kept)
    assert kills or len(kept) == 400
    assert list((tmp_path / "out" / "trials").glob("pack-*.jsonl"))

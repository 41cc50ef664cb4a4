"""Packs: the records of many trials in few files. A thousand to a pack, or four in these tests."""

import json
import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from netzoo_cli.app import app
from study_records import CPU, VERSIONS, record, trial_of

from netzoo.records.arrays import Predictions
from netzoo.records.calibration import BINS, Calibration
from netzoo.records.codec import from_text, to_text
from netzoo.records.plan import ModelProfile, Plan, PlanFile
from netzoo.records.trial import TrialStatus
from netzoo.records.trials import Trials
from netzoo.results.comparison import comparison_table
from netzoo.runs.identity import identities, identity
from netzoo.runs.packs import Packs
from netzoo.runs.saved import find_trial, run_state, saved_comparison, saved_records
from netzoo.runs.store import Store

pytestmark = pytest.mark.backend_independent

MODELS = ("lenet", "lenet-relu", "lenet-maxpool")
SEEDS = range(5)


@pytest.fixture(autouse=True)
def four_to_a_pack(monkeypatch):
    for module in ("runs.trial_records", "records.plan"):
        monkeypatch.setattr(f"netzoo.{module}.MANY", 4)


def predictions(model, seed):
    labels = [n % 10 for n in range(100)]
    wrong = (MODELS.index(model) * 7 + seed * 3) % 40
    return Predictions.of(labels, [0] * wrong + labels[wrong:])


def calibration(model, seed):
    ece = 0.01 * seed + 0.001 * MODELS.index(model)
    return Calibration(ece, (100,) * BINS, (0.5,) * BINS, (0.6,) * BINS)


RECORDS = [
    record(
        model, seed, 0.5 + 0.01 * seed + 0.05 * n, predictions=predictions(model, seed),
        command=f"netzoo compare {seed}", calibration=calibration(model, seed),
    )
    for seed in SEEDS
    for n, model in enumerate(MODELS)
]  # fmt: skip
PLAN = Plan(
    request={},
    baseline="lenet",
    trials=Trials.of([each.trial for each in RECORDS]),
    device=CPU,
    versions=VERSIONS,
    profiles={each.trial.model: ModelProfile(each.cost) for each in RECORDS[:3]},
)


def kept(folder, records=RECORDS, *, packed=True):
    """Keep a plan and its records, and return the store."""
    store = Store(folder)
    if packed:
        with store.open_to_write():
            store.keep_plan(PLAN)
            for each in records:
                store.keep_trial(each)
        return Store(folder)
    store.keep_plan(PLAN)
    for each in records:
        store.keep_trial(each)
    return store


def kinds(folder):
    """Return how many files of a kind the folder of the trials has."""
    suffixes = [path.suffix for path in (folder / "trials").iterdir()]
    return {suffix: suffixes.count(suffix) for suffix in set(suffixes)}


def printed(*words):
    done = CliRunner().invoke(app, list(map(str, words)), standalone_mode=False)
    assert done.exception is None, done.exception
    return done.stdout


def test_few_files_hold_every_record_as_it_was(tmp_path):
    store = kept(tmp_path)
    assert kinds(tmp_path) == {".jsonl": 3, ".index": 3, ".json": 3}
    assert [store.record(each.trial) for each in RECORDS] == RECORDS
    assert saved_records(store, whole=True)[0] == RECORDS
    assert find_trial([store], "lenet-seed2-")[1] == RECORDS[6]
    lines = (tmp_path / "trials" / "pack-00001.jsonl").read_text().splitlines()
    assert [json.loads(line)["trial"]["model"] for line in lines] == [
        "lenet-maxpool", "lenet-relu", "lenet", "lenet",
    ]  # fmt: skip


@pytest.mark.parametrize("words", [("runs",), ("show",), ("show", "--metric", "balanced_accuracy")])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_packed_folder_prints_what_it_printed(tmp_path, words, form):
    kept(tmp_path / "files" / "a", packed=False)
    kept(tmp_path / "packs" / "a")
    command, *others = words
    files, packs = (
        printed(command, tmp_path / each / "a", *others, "--format", form)
        for each in ("files", "packs")
    )
    assert packs == files
    assert "lenet-maxpool" in packs


def test_with_one_seed_the_verdict_is_from_the_predictions_in_the_packs(tmp_path):
    """As the models of a comparison share one seed alone, where others have failed."""
    first = [each for each in RECORDS if each.trial.seed == 0]
    others = [
        replace(each, status=TrialStatus.DIVERGED, error="it burst")
        for each in RECORDS
        if each.trial.seed
    ]
    files = saved_comparison(kept(tmp_path / "files", first + others, packed=False))[0]
    packs = saved_comparison(kept(tmp_path / "packs", first + others))[0]
    assert [row.delta.test for row in packs.models[1:]] == ["McNemar", "McNemar"]
    assert packs.to_dict() == files.to_dict()
    assert comparison_table(packs).render("table") == comparison_table(files).render("table")


def test_trials_that_run_again_are_not_packed(tmp_path):
    failed = replace(RECORDS[0], status=TrialStatus.FAILED, error="it burst")
    store = kept(tmp_path, [failed, *RECORDS[1:8]])
    assert kinds(tmp_path) == {".jsonl": 1, ".index": 1, ".json": 4}
    assert (tmp_path / "trials" / f"{identity(failed.trial)}.json").exists()
    assert store.record(failed.trial) == failed
    store.keep_trial(RECORDS[0])
    assert store.record(failed.trial) == RECORDS[0]  # the newer one


def test_a_kill_before_the_files_are_removed_leaves_each_record_once(tmp_path):
    kept(tmp_path / "files", packed=False)
    folder = kept(tmp_path / "packs").folder
    for path in (tmp_path / "files" / "trials").iterdir():
        (folder / "trials" / path.name).write_bytes(path.read_bytes())
    states = run_state(Store(folder)).trials
    assert [each.name for each in states] == [identity(each.trial) for each in RECORDS]
    assert saved_records(Store(folder))[0] == RECORDS
    with Store(folder).open_to_write():
        pass
    assert kinds(folder)[".json"] == 3
    assert saved_records(Store(folder), whole=True)[0] == RECORDS


@pytest.mark.parametrize("step", ["add", "_keep_index", "unlink"])
def test_a_packer_that_is_killed_loses_nothing(tmp_path, monkeypatch, step):
    """As it begins, between a pack and its index, and before the first file is removed."""
    store = kept(tmp_path, packed=False)
    if (child := os.fork()) == 0:
        place = Path if step == "unlink" else Packs
        monkeypatch.setattr(place, step, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        store.trials.pack()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert saved_records(Store(tmp_path), whole=True)[0] == RECORDS
    with store.open_to_write():
        assert saved_records(store, whole=True)[0] == RECORDS
    assert kinds(tmp_path)[".json"] == 3


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"0.5", b"0.9")),
        lambda path: path.write_bytes(re.sub(rb',"seal":"\w+"', b"", path.read_bytes())),
        lambda path: path.write_bytes(b""),
    ],
    ids=["removed", "cut", "changed", "unsealed", "empty"],
)
def test_an_index_that_is_missing_or_damaged_is_made_anew(tmp_path, harm, number):
    """Also the first one, which holds what later ones share."""
    before = printed("show", kept(tmp_path).folder, "--format", "json")
    index = tmp_path / "trials" / f"pack-0000{number}.index"
    whole = index.read_bytes()
    harm(index)
    assert printed("show", tmp_path, "--format", "json") == before
    assert printed("runs", tmp_path).count(" ok ") == len(RECORDS)
    assert not index.exists() or index.read_bytes() != whole  # readers change nothing
    store = Store(tmp_path)
    with store.open_to_write():
        run_state(store, whole=True)
    assert index.read_bytes() == whole


def test_a_damaged_line_costs_its_own_trial_alone(tmp_path):
    store = kept(tmp_path)
    path = tmp_path / "trials" / "pack-00002.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"seconds":4.0', b'"seconds":5.0')
    path.write_bytes(b"".join(lines))
    lost = from_text(type(RECORDS[0]), lines[1], "it").trial
    assert store.record(lost) is None
    (note,) = {reason for _, reason in store.damaged}
    assert note == f"{path} was cut short or changed since it was written."
    with store.open_to_write():
        (said,) = store.set_aside_damaged()
    assert said == f"{note} It is set aside as pack-00002.jsonl.damaged1."
    again = Store(tmp_path)
    found = [again.record(each.trial) for each in RECORDS]
    assert [each for each in found if each is not None] == [
        each for each in RECORDS if each.trial != lost
    ]
    assert again.damaged == []
    states = {each.name: each.state for each in run_state(again).trials}
    assert [name for name, state in states.items() if state == TrialStatus.NOT_BEGUN] == [
        identity(lost)
    ]


def test_a_pack_that_was_cut_short_loses_what_was_cut(tmp_path):
    store = kept(tmp_path)
    path = tmp_path / "trials" / "pack-00003.jsonl"
    path.write_bytes(path.read_bytes()[:-100])
    assert sum(each.ended for each in run_state(store).trials) == len(RECORDS) - 1
    assert [reason for _, reason in store.damaged] == [
        f"{path} was cut short or changed since it was written."
    ]


def test_without_its_plan_a_folder_lists_its_packs(tmp_path):
    kept(tmp_path)
    (tmp_path / "plan.json").unlink()
    states = run_state(Store(tmp_path)).trials
    assert [each.name for each in states] == sorted(identity(each.trial) for each in RECORDS)
    assert {each.state for each in states} == {"ok"}


def test_what_is_packed_while_a_reader_looks_is_found(tmp_path):
    store = kept(tmp_path, packed=False)
    held = store.trials.look(whole=True)
    with Store(tmp_path).open_to_write():
        pass  # packs
    found = list(store.trials.each(PLAN.trials, held))
    assert [each[3] for each in found] == saved_records(Store(tmp_path))[0]
    assert store.damaged == []


def test_a_plan_of_many_trials_keeps_each_setting_once(tmp_path):
    store = kept(tmp_path)
    plain = json.loads((tmp_path / "plan.json").read_text())
    assert (plain["trials"], len(plain["kinds"])) == ([], 3)
    assert list(store.plan().trials) == [each.trial for each in RECORDS]
    old = replace(PLAN, trials=tuple(PLAN.trials)[:4])
    written = json.loads(to_text(old))
    assert (len(written["trials"]), written["kinds"]) == (4, [])
    assert from_text(PlanFile, to_text(old), "it").plan() == old


def test_many_trials_have_the_names_that_each_has():
    trials = [trial_of(model, seed) for model in MODELS for seed in (0, 7, 2**32 - 1)]
    trials += [trial_of("lenet@epochs=7", 1), replace(trials[0], sha256="ab" * 32)]
    many = Trials.of(trials)
    assert list(many) == trials == many
    assert many[1:3] == trials[1:3]
    assert (many[-1], len(many), len(many.kinds)) == (trials[-1], 11, 5)
    assert list(identities(many)) == list(map(identity, trials))
    assert len(set(identities(many))) == 11


def test_writers_beside_each_other_and_a_reader_lose_nothing(tmp_path):
    """Four processes write, this one packs, and looks: what it has once seen stays."""
    store, children, seen = Store(tmp_path), [], set()
    with store.open_to_write():
        store.keep_plan(PLAN)
        for number in range(4):
            if (child := os.fork()) == 0:
                try:
                    for each in RECORDS[number::4]:
                        Store(tmp_path).keep_trial(each)
                finally:
                    os._exit(0)
            children.append(child)
        while len(seen) < len(RECORDS):
            store.trials.pack()
            now = {each.name for each in run_state(Store(tmp_path)).trials if each.ended}
            assert seen <= now
            seen = now
        for child in children:
            os.waitpid(child, 0)
    assert saved_records(Store(tmp_path), whole=True)[0] == RECORDS
    assert kinds(tmp_path)[".json"] < 4

"""Time to accuracy, from curves that never were."""

import csv
import io
import random
import threading
from dataclasses import replace

import pytest
from study_records import record

from netzoo.errors import BadInput
from netzoo.records.codec import from_text, to_text
from netzoo.records.plan import Plan, PlanFile
from netzoo.records.trial import EpochRecord, Epochs
from netzoo.results.backends import compare_backends
from netzoo.results.rows import compare_records
from netzoo.results.target import (
    check_curves,
    check_target,
    clock,
    epochs_to_train,
    mean_curve,
    time_to_accuracy,
)
from netzoo.runs.messages import Train
from netzoo.runs.store import Store
from netzoo.runs.target import Leg, ToTarget
from netzoo.runs.trial_hooks import TrialHooks

IMAGES = 1800  # of an epoch: 2,000 without a tenth
UNENDED = {"test_accuracy": None, "test_loss": None, "final_train_accuracy": None, "seconds": None}


def epoch(number, accuracy, seconds=2.0, rate=None):
    rate = IMAGES / seconds if rate is None else rate
    return EpochRecord(number, seconds, rate, 0.5, 0.5, validation_accuracy=accuracy)


def trial(seed, curve, model="lenet", epochs=6, status="ok", **fields):
    """Return the record of a seed with this curve; paused without its end."""
    history = tuple(epoch(number, accuracy) for number, accuracy in enumerate(curve, 1))
    if status != "ok":
        fields = {**UNENDED, "error": f"{len(curve)} epochs", **fields}
    given = {"overrides": {"epochs": epochs}, "history": history, "status": status, **fields}
    return record(model, seed, 0.8, **given)


def test_the_mean_passes_where_it_does_and_not_at_the_mean_of_first_epochs():
    """Seeds first pass at 1 and at 5, 3 on average; their mean is there at 2."""
    curves = [[0.95, 0.95, 0.95, 0.95, 0.95, 0.95], [0.5, 0.85, 0.86, 0.87, 0.9, 0.91]]
    told = time_to_accuracy([trial(seed, curve) for seed, curve in enumerate(curves)], 0.9)
    assert (told.epoch, told.n, told.epochs, told.planned) == (2, 2, 6, 6)
    assert told.seed_epochs.values == (1, 5)
    assert told.seed_epochs.mean == 3
    assert told.seconds == 4.0
    assert told.seed_seconds.values == (2.0, 10.0)
    per_image = record("lenet", 0, 0.8).cost.training_flops
    assert told.training_flops == 2 * IMAGES * per_image
    assert told.best == pytest.approx(0.93)
    assert told.split == "validation"


def test_the_first_time_counts_even_if_the_curve_falls_again():
    told = time_to_accuracy([trial(0, [0.5, 0.9, 0.7, 0.6, 0.95, 0.5])], 0.9)
    assert (told.epoch, told.best) == (2, 0.95)


def test_a_target_is_reached_where_the_mean_equals_it():
    curves = [[0.5, 0.89], [0.5, 0.91]], [[0.1, 0.7], [0.1, 0.7], [0.1, 0.7]]
    for at, target in zip(curves, (0.9, 0.7), strict=True):
        group = [trial(seed, curve, epochs=2) for seed, curve in enumerate(at)]
        assert time_to_accuracy(group, target).epoch == 2


def test_what_never_passes_says_how_far_it_came():
    told = time_to_accuracy([trial(0, [0.5, 0.873, 0.87]), trial(1, [0.5, 0.873, 0.95])], 0.93)
    assert (told.epoch, told.seconds, told.training_flops) == (None, None, None)
    assert told.best == pytest.approx(0.91)
    assert told.seed_epochs.values == (3,)


def test_only_epochs_that_all_seeds_have_count():
    whole, short = [0.5, 0.6, 0.99, 0.99, 0.99, 0.99], [0.5, 0.9]
    told = time_to_accuracy([trial(0, whole), trial(1, short, status="paused")], 0.9)
    assert (told.epoch, told.epochs, told.best) == (None, 2, 0.75)
    gap = time_to_accuracy([trial(0, [0.5, None, 0.95]), trial(1, [0.95] * 3)], 0.9)
    assert (gap.epoch, gap.epochs) == (None, 1)


def test_seeds_that_failed_or_diverged_are_left_out_and_unfinished_ones_leave_it_open():
    good = trial(0, [0.5, 0.95])
    for status in ("failed", "diverged"):
        told = time_to_accuracy([good, trial(1, [0.1], status=status)], 0.9)
        assert (told.epoch, told.n) == (2, 1)
    assert time_to_accuracy([good, trial(1, [0.95] * 3, status="unfinished")], 0.9) is None
    assert time_to_accuracy([trial(0, [0.1], status="failed")], 0.9) is None


def test_a_first_step_counts_as_another_one():
    """So that a training that went on in another process has the time of one that did not."""
    whole = [epoch(n, 0.5) for n in (1, 2, 3)]
    resumed = [epoch(1, 0.5, seconds=9.0, rate=IMAGES / 2.0), whole[1], whole[2]]
    assert clock(whole, IMAGES) == clock(resumed, IMAGES) == [2.0, 4.0, 6.0]
    only = replace(epoch(1, 0.5), images_per_second=None)  # an epoch of one step
    assert clock([only], IMAGES) == [2.0]
    packed = Epochs(tuple(tuple(vars(each).values()) for each in whole))
    assert clock(packed, IMAGES) == [2.0, 4.0, 6.0]


def test_the_band_is_from_the_lowest_to_the_highest_seed():
    points = mean_curve([trial(0, [0.2, 0.8]), trial(1, [0.4, 0.6]), trial(2, [0.3, 0.7])])
    assert [(p.epoch, p.low, p.high) for p in points] == [(1, 0.2, 0.4), (2, 0.6, 0.8)]
    assert [p.accuracy for p in points] == pytest.approx([0.3, 0.7])


def stopped(curves, target, epochs):
    """Return how many epochs each seed is trained for, as the legs of a comparison ask for them."""
    done = dict.fromkeys(curves, 0)
    while True:
        short = {seed: curve[: done[seed]] for seed, curve in curves.items()}
        asked = epochs_to_train(short, target, epochs)
        if not asked:
            return done
        for seed, until in asked.items():
            assert done[seed] < epochs
            passing = [n for n, a in enumerate(curves[seed], 1) if a >= target]
            done[seed] = until or min([*passing, epochs])


def test_what_is_stopped_is_decided_as_by_whole_curves():
    rng, saved = random.Random(0), 0
    for _ in range(500):
        epochs, seeds, target = rng.randint(1, 8), rng.randint(1, 4), 0.5
        rise = rng.uniform(0.3, 0.9)
        curves = {
            seed: [min(1.0, rng.gauss(rise * n / epochs, 0.12)) for n in range(1, epochs + 1)]
            for seed in range(seeds)
        }
        done = stopped(curves, target, epochs)
        whole = [trial(seed, curve, epochs=epochs, cost=False) for seed, curve in curves.items()]
        short = [
            trial(
                seed,
                curve[: done[seed]],
                epochs=epochs,
                status="ok" if done[seed] == epochs else "paused",
                cost=False,
            )
            for seed, curve in curves.items()
        ]
        told, as_whole = time_to_accuracy(short, target), time_to_accuracy(whole, target)
        same = ("epoch", "seconds", "seed_epochs", "seed_seconds", "n", "planned", "split")
        assert all(getattr(told, name) == getattr(as_whole, name) for name in same)
        if told.epoch is None:
            assert (told.best, told.epochs) == (as_whole.best, epochs)
        saved += sum(epochs - each for each in done.values())
    assert saved > 500


def test_those_behind_go_on_to_the_next_epoch_that_can_decide():
    curves = {0: [0.9], 1: [0.1, 0.1, 0.1, 0.95]}
    # With 1 as the most of the first seed, the mean of epochs 2 and 3 is below 0.9.
    assert epochs_to_train(curves, 0.9, 6) == {0: 4}
    assert epochs_to_train({0: [0.9, 0.9, 0.9, 0.9], 1: curves[1]}, 0.9, 6) == {}
    assert epochs_to_train({0: [0.9], 1: [0.1]}, 0.9, 6) == {1: None}
    assert epochs_to_train({0: [], 1: []}, 0.9, 6) == {0: None, 1: None}
    assert epochs_to_train({}, 0.9, 6) == {}
    assert epochs_to_train({0: [0.1, 0.1], 1: [0.9, 0.1]}, 0.9, 2) == {}
    assert epochs_to_train({0: [0.95, 0.1], 1: [0.95, 0.1, 0.1]}, 0.9, 6) == {}


def test_a_failed_trial_no_longer_holds_the_others_up():
    way = ToTarget(0.9)
    trials = [trial(seed, [0.5, 0.95]).trial for seed in (0, 1)]
    for number, each in enumerate(trials, 1):
        way.note(each, (), to_go=Leg(each, number, 6))
    assert [(leg.number, leg.until.accuracy) for leg in way.legs()] == [(1, 0.9), (2, 0.9)]
    way.end(trial(0, [0.5, 0.95], status="paused"))
    assert [leg.number for leg in way.legs()] == [2]
    way.end(trial(1, [0.5], status="failed"))
    assert way.legs() == []
    late = ToTarget(0.9)
    late.note(trials[0], trial(0, [0.95]).history, to_go=Leg(trials[0], 1, 6))
    late.note(trials[1], trial(1, [0.1, 0.95]).history, to_go=Leg(trials[1], 2, 5))
    (leg,) = late.legs()
    assert (leg.number, leg.epochs_left, leg.until) == (1, 1, (2, None))
    late.end(trial(1, [0.1, 0.95], status="failed"))
    assert late.legs() == []


@pytest.mark.parametrize("given", [0.9, "0.9", " 0.90 ", 1, 1e-6])
def test_a_target_is_a_share_of_one(given):
    assert check_target(given) == float(given)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        *((given, "") for given in (0, 1.5, -0.1, "x", "", "nan", float("nan"), "inf", True, None)),
        *((90, "0.9"), ("90", "0.9"), ("90%", "0.9"), ("99.5", "0.995"), ("0.9%", ""), (101, "")),
    ],
)
def test_a_wrong_target_names_the_range(given, meant):
    with pytest.raises(BadInput) as wrong:
        check_target(given)
    end = f"received {given!r}; did you mean {meant}?" if meant else f"received {given!r}."
    assert str(wrong.value).startswith("a target is an accuracy as a share of one, above 0 and at")
    assert str(wrong.value).endswith(end)


def test_a_target_needs_a_curve():
    check_curves([trial(0, []).trial])
    without = record("lenet", 0, 0.8, overrides={"validation": 0.0})
    with pytest.raises(BadInput, match="add validation images"):
        check_curves([without.trial])


def both():
    """Return a model whose seeds stand at the target, and one that comes to the end without it."""
    early = [trial(seed, [0.5, 0.9 + seed / 100], status="paused") for seed in (0, 1, 2)]
    late = [trial(seed, [0.5, 0.6, 0.7, 0.8, 0.85, 0.873], "alexnet") for seed in (0, 1, 2)]
    return [*early, *late]


def test_the_table_has_the_time_to_accuracy():
    comparison = compare_records(both(), "lenet", target=0.9)
    table = comparison.table()
    rows = list(csv.DictReader(io.StringIO(table.render("csv"))))
    names = ("target", "target_epoch", "target_seconds", "target_seed_epochs")
    assert [[row[name] for name in names] for row in rows] == [
        ["reached", "2", "4.0", "2.0"],
        ["not reached", "", "", ""],
    ]
    assert [row["test_accuracy"] for row in rows] == ["", "0.8"]
    assert rows[1]["verdict"] == ""
    lines = "\n".join(table.footer)
    assert "Target: 90 % validation accuracy at the end of an epoch, mean over n = 3 seeds" in lines
    assert "alexnet: not reached in 6 epochs (best 87.3 %)." in lines
    assert "before a test accuracy: lenet. The same command without a target" in lines
    assert "lenet paused" not in lines
    assert [row.status for row in comparison.models] == ["paused", "ok"]
    plain = comparison.to_dict()
    assert plain["target"] == 0.9
    assert plain["models"][0]["target"]["seed_epochs"]["values"] == [2.0, 2.0, 2.0]
    assert type(comparison).from_dict(plain, "here") == comparison


def test_the_columns_of_the_end_are_hidden_where_nothing_came_to_it():
    early = compare_records(both()[:3], "lenet", target=0.9)
    keys = [column.key for column in early.table().columns]
    assert not {"test_accuracy", "verdict", "seconds"} & {*keys}
    assert {"target", "images_per_second"} <= {*keys}
    without = compare_records(both()[3:], "alexnet")
    assert not [column.key for column in without.table().columns if "target" in column.key]


def test_a_higher_target_than_that_of_the_folder_is_open():
    comparison = compare_records(both(), "lenet", target=0.95)
    table = comparison.table(["target"])
    assert [row[1].text for row in table.rows] == ["open", "not reached"]
    lines = "\n".join(table.footer)
    assert "lenet: not reached in 2 of 6 epochs (best 91.0 %)." in lines
    assert "before this one was decided: lenet. The same command with this target" in lines
    assert "before a test accuracy" not in lines


def test_a_narrow_table_keeps_the_target():
    fitted = compare_records(both(), "lenet", target=0.9).table().fitted(100)
    keys = [column.key for column in fitted.columns]
    assert {"target", "target_epoch", "target_seconds", "target_training_flops"} <= {*keys}
    assert max(map(len, fitted.render("table", 100).splitlines())) <= 100


def test_seeds_that_were_late_do_not_stand_for_the_others():
    """Of them alone there would be a test accuracy: that of the slowest."""
    group = [trial(0, [0.95], status="paused"), trial(1, [0.1, 0.2, 0.3, 0.4, 0.5, 0.95])]
    (row,) = compare_records(group, "lenet", target=0.9).models
    assert (row.status, row.test_accuracy, row.seeds) == ("paused", None, ())
    for status in ("unfinished", "failed"):
        (row,) = compare_records([*group, trial(2, [0.1], status=status)], "lenet").models
        assert row.status == status


def test_each_backend_has_its_own_time():
    def on(backend, curve):
        each = trial(0, curve)
        return [replace(each, trial=replace(each.trial, backend=backend))]

    held = {"tensorflow": on("tensorflow", [0.5, 0.9]), "torch": on("torch", [0.9])}
    comparison = compare_backends(held, "lenet", target=0.9)
    assert [(row.backend, row.target.epoch) for row in comparison.models] == [
        ("tensorflow", 2),
        ("torch", 1),
    ]
    assert "target_seconds" in [column.key for column in comparison.table().columns]


def test_a_plan_keeps_the_target(tmp_path):
    first = trial(0, [0.5])
    plan = Plan({}, "lenet", (first.trial,), first.device, first.versions, {}, target=0.9)
    assert from_text(PlanFile, to_text(plan.content()), "plan").plan().target == 0.9
    store = Store(tmp_path / "out")
    store.keep_plan(plan)
    assert store.plan().target == 0.9


@pytest.mark.parametrize(
    ("until", "curve", "come"),
    [
        ({}, [0.99], False),
        ({"until_epoch": 2}, [0.1], False),
        ({"until_epoch": 2}, [0.1, 0.1], True),
        ({"until_epoch": 2}, [0.1, 0.1, 0.1], True),  # its checkpoint is further than was asked for
        ({"until_accuracy": 0.9}, [0.5, 0.89], False),
        ({"until_accuracy": 0.9}, [0.5, 0.9], True),
        ({"until_accuracy": 0.9}, [0.9, 0.5], True),
        ({"until_accuracy": 0.9, "until_epoch": 1}, [0.5], True),
        ({"until_accuracy": 0.9}, [0.5] * 5 + [0.9], False),  # at its end, which is another reason
        ({"until_epoch": 6}, [0.5] * 6, True),  # before any test image
        ({"until_epoch": 0, "until_accuracy": 0.0}, [], False),
    ],
)
def test_a_worker_sees_that_it_has_come_as_far_as_it_was_asked_to(until, curve, come):
    record = trial(0, curve)
    request = Train(record.trial, 1, "none", **until)
    hooks = TrialHooks(None, threading.Event(), None, request, 1, None, lambda: None)
    assert hooks.has_come(record.history) == come

"""A trial: what tells it from another, and what its seed fixes."""

from dataclasses import replace

import pytest
from study_records import trial_of

from netzoo import disk
from netzoo.runs.identity import identity
from netzoo.runs.store import Store

TRIAL = trial_of("lenet", 0)


def of_data(**changes):
    return replace(TRIAL, dataset=replace(TRIAL.dataset, **changes))


@pytest.mark.parametrize(
    "other",
    [
        replace(TRIAL, model="lenet-relu"),
        replace(TRIAL, changes={"activation": "relu"}),
        replace(TRIAL, input_shape=(32, 32, 1)),
        replace(TRIAL, seed=1),
        replace(TRIAL, backend="torch"),
        replace(TRIAL, recipe=replace(TRIAL.recipe, learning_rate=0.5)),
        of_data(sha256="0" * 64),
        of_data(train=1999),
        of_data(test=999),
    ],
)
def test_what_changes_the_numbers_makes_another_trial(other):
    assert identity(other) != identity(TRIAL)


@pytest.mark.parametrize(
    "other",
    [
        replace(TRIAL, device="gpu"),
        replace(TRIAL, module="mine"),
        of_data(source="elsewhere"),
        of_data(data_dir="elsewhere"),
    ],
)
def test_what_does_not_change_them_makes_none(other):
    assert identity(other) == identity(TRIAL)


@pytest.mark.parametrize("letters", [60, 200, 222])
def test_a_name_that_fits_into_a_files_stays(letters):
    name = "m" * letters
    assert identity(replace(TRIAL, model=name)).startswith(f"{name}-seed0-")


@pytest.mark.parametrize("name", ["m" * 223, "layers=" * 50, "größe" * 60, "m" * 5000])
def test_a_name_too_long_for_a_files_is_cut_and_stays_its_own(name, tmp_path):
    trial, other = replace(TRIAL, model=name), replace(TRIAL, model=f"{name}-2")
    assert identity(trial) != identity(other)
    store = Store(tmp_path)
    for place in (store.checkpoint(trial), store.log(identity(trial))):
        disk.write_text(place, "kept")
        assert disk.set_aside(place).read_text() == "kept"
    path = tmp_path / f"{identity(replace(TRIAL, model='m' * 222))}.checkpoint"
    disk.write_text(path, "kept")
    assert disk.set_aside(path).read_text() == "kept"

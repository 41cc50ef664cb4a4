"""Studies on the command line, real and small: finished, killed, stopped, damaged, and gone on."""

import json
import shlex
import shutil
import signal
import time

import numpy as np
import pytest
from processes import ended, finish, kept, kill, launch, wait_for, without_times

# What differs from backend to backend has tests of its own: trainings, gradients.
pytestmark = pytest.mark.backend_independent

SMALL = (
    "--dataset", "fashion_mnist_sample", "--limit-train", "200", "--limit-test", "100",
    "--epochs", "1", "--device", "cpu", "--format", "json", "--output", "out",
)  # fmt: skip
ABLATE = ("ablate", "lenet", "--changes", "activation", "--seeds", "2", *SMALL)
LADDER = ("ladder", "lenet", "lenet-relu", "--seeds", "1", *SMALL)
PROBE = ("probe", "lenet", "lenet-relu", "--steps", "0,3", "--seeds", "1", *SMALL)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return an ablation and a probe that nothing disturbed: folder, result, and what it said.

    The two at the same time, since most of it is the start of processes.
    """
    folders = [tmp_path_factory.mktemp(name) for name in ("ablated", "looked")]
    with launch(folders[0], ABLATE) as ablation, launch(folders[1], PROBE) as probe:
        told = ended(ablation), ended(probe)
    return [(folder, *each) for folder, each in zip(folders, told, strict=True)]


@pytest.fixture(scope="module")
def ablated(undisturbed):
    return undisturbed[0]


@pytest.fixture(scope="module")
def looked(undisturbed):
    return undisturbed[1]


@pytest.fixture(scope="module")
def climbed(ablated, tmp_path_factory):
    """Return a ladder that goes on from the ablation's folder."""
    folder = tmp_path_factory.mktemp("climbed")
    shutil.copytree(ablated[0] / "out", folder / "out")
    return folder, *finish(folder, LADDER)


def test_an_ablation_on_the_command_line(ablated, backend_name):
    folder, told, said = ablated
    assert said.startswith("Recipe: brief, since there is no GPU here. For the full training: ")
    assert "Trial 4 of 4: lenet-relu, seed 1" in said
    (effect,) = told["effects"]
    lenet, relu = told["comparison"]["models"]
    assert (told["base"], effect["model"]) == ("lenet", "lenet-relu")
    assert effect["change"] == "activation: sigmoid → relu"
    assert (effect["params"], effect["macs"]) == (0, 0)
    assert effect["speed"] == pytest.approx(relu["images_per_second"] / lenet["images_per_second"])
    for figure, key in (("accuracy", "test_accuracy"), ("gap", "gap")):
        ours, base = relu[key]["values"], lenet[key]["values"]
        assert effect[figure]["n"] == len(ours) == 2
        mean = np.subtract(ours, base).mean()
        assert effect[figure]["mean"] == pytest.approx(mean)
    assert told["comparison"]["backend"] == backend_name
    assert told["comparison"]["recipe"]["seeds"] == [0, 1]
    assert len(kept(folder)) == 4
    for path in (folder / "out" / "trials").iterdir():
        record = json.loads(path.read_text())
        assert record["final_train_accuracy"] * 100 == pytest.approx(
            round(record["final_train_accuracy"] * 100)  # on 100 images, as on the test's
        )


@pytest.mark.slow
def test_a_ladder_trains_what_the_folder_does_not_hold(ablated, climbed):
    before, (folder, told, said) = kept(ablated[0]), climbed
    assert "2 of 3 trials are done already." in said
    assert said.count("\nTrial ") == 1
    assert "Trial 3 of 3: lenet-relu@augment=flip+crop, seed 0" in said
    assert len(kept(folder)) == len(before) + 1
    assert [rung["change"] for rung in told["rungs"]] == [
        "activation: sigmoid → relu", "augment: none → flip+crop",
    ]  # fmt: skip
    models = told["comparison"]["models"]
    accuracies = [model["test_accuracy"]["mean"] for model in models]
    for rung, ours, base in zip(told["rungs"], accuracies[1:], accuracies, strict=False):
        assert rung["accuracy"]["mean"] == pytest.approx(ours - base)
        assert rung["verdict"] in (None, "did not train")
    assert models[2]["test_loss"] != models[1]["test_loss"]  # it is another training


def test_a_probe_on_the_command_line(looked, backend_name):
    _, told, _ = looked
    assert [model["status"] for model in told["models"]] == ["ok", "ok"]
    assert told["backend"] == backend_name
    assert {(row["model"], row["step"]) for row in told["layers"]} == {
        (model, step) for model in ("lenet", "lenet-relu") for step in (0, 3)
    }
    conv1 = {(r["model"], r["step"]): r for r in told["layers"] if r["layer"] == "conv1"}
    at_start, later = conv1["lenet-relu", 0], conv1["lenet-relu", 3]
    assert at_start["weight_norm"]["mean"] != later["weight_norm"]["mean"]  # three steps trained
    assert 0 <= at_start["dead"]["mean"] <= 1
    assert at_start["saturated"] is None
    assert conv1["lenet", 0]["dead"] is None
    (ratio,) = [
        r for r in told["ratios"]
        if (r["step"], r["layer"], r["figure"]) == (0, "conv1", "weight_gradient_norm")
    ]  # fmt: skip
    figures = [conv1[model, 0]["weight_gradient_norm"]["mean"] for model in ("lenet-relu", "lenet")]
    assert ratio["ratio"] == pytest.approx(figures[0] / figures[1])


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("ablated", "(base)"),
        pytest.param("climbed", "(start)", marks=pytest.mark.slow),
        ("looked", "Gradient of"),
    ],
)
def test_a_finished_study_is_shown_again(netzoo, study, words, request):
    folder, told, _ = request.getfixturevalue(study)
    shown = netzoo("show", folder / "out", "--format", "json")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert json.loads(shown.stdout) == told
    assert words in netzoo("show", folder / "out").stdout
    (run,) = json.loads(netzoo("runs", folder, "--format", "json").stdout)
    assert run["state"] == "finished"


def test_a_damaged_probe_is_set_aside_and_taken_again(looked, tmp_path):
    whole, told, _ = looked
    shutil.copytree(whole / "out", tmp_path / "out")
    good, bad = sorted((tmp_path / "out" / "probes").iterdir())
    text = bytearray(bad.read_bytes())
    text[len(text) // 2] ^= 1
    bad.write_bytes(text)
    before = kept(tmp_path)
    again, said = finish(tmp_path, PROBE)
    assert f"{bad.name} was cut short or changed since it was written." in said
    assert f"It is set aside as {bad.name}.damaged1; the probe is taken again." in said
    assert bad.with_name(f"{bad.name}.damaged1").read_bytes() == bytes(text)
    assert said.count("Trial ") == 1
    assert kept(tmp_path)[good.name] == before[good.name]
    assert without_times(again) == without_times(told)


STUDIES = {"ablate": (ABLATE, "ablated"), "ladder": (LADDER, "climbed"), "probe": (PROBE, "looked")}


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_a_killed_study_goes_on_where_it_was(study, request, tmp_path):
    """Nothing that was finished is done again, and the end is that of one that nothing killed."""
    words, fixture = STUDIES[study]
    with launch(tmp_path, words) as process:
        wait_for(process, "lenet, seed 0: ")  # its result, which is kept before it is told
        kill(process)
    before = kept(tmp_path)
    assert len(before) == 1
    told, said = finish(tmp_path, words)
    after = kept(tmp_path)
    assert before.items() <= after.items()
    assert "Trial 1 of" not in said
    assert "Trial 2 of" in said
    _, whole, _ = request.getfixturevalue(fixture)
    assert without_times(told) == without_times(whole)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_ctrl_c_gives_what_is_finished_and_the_line_to_go_on(study, request, tmp_path):
    words, fixture = STUDIES[study]
    with launch(tmp_path, words) as process:
        wait_for(process, "lenet, seed 0: ")
        wait_for(process, "Trial 2 of")
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 130
    told = json.loads(printed)
    models = told["models"] if study == "probe" else told["comparison"]["models"]
    assert "stopped by Ctrl-C" in models[-1]["error"]
    if study == "probe":
        assert models[-1]["status"] == "unfinished"
        assert {row["model"] for row in told["layers"]} >= {"lenet"}
    else:
        assert models[0]["test_accuracy"]["n"] == 1
    before = kept(tmp_path)
    assert before
    (line,) = [line for line in said.splitlines() if line.startswith("To resume: ")]
    command, *again = shlex.split(line.removeprefix("To resume: "))
    assert (command, tuple(again)) == ("netzoo", words)
    told, _ = finish(tmp_path, again)
    assert before.items() <= kept(tmp_path).items()
    _, whole, _ = request.getfixturevalue(fixture)
    assert without_times(told) == without_times(whole)


@pytest.mark.slow
@pytest.mark.parametrize(("study", "signals"), [("ablate", 2), ("probe", 1)])
def test_a_study_that_is_stopped_before_anything_is_kept_can_be_run_again(study, signals, tmp_path):
    """A training ends its epoch at the first Ctrl-C, and stops at once at the second."""
    words, _ = STUDIES[study]
    with launch(tmp_path, words) as process:
        wait_for(process, "Trial 1 of")
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        process.communicate()
    assert process.returncode == 130
    assert kept(tmp_path) == {}
    told, _ = finish(tmp_path, words)
    assert len(kept(tmp_path)) > 1
    assert told["schema"] == 1

"""What a lesson asks to be measured, and what it refuses and keeps; nothing is trained here."""

import json
import shutil
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from lesson_records import GPU, counts, page_of, probed, trained, usual
from netzoo_cli.app import app
from study_records import CPU

import netzoo
from netzoo.errors import BadInput, Interrupted
from netzoo.records.codec import to_text
from netzoo.results.lesson import lesson_page_text, lesson_table
from netzoo.runs.request import BRIEF
from netzoo.runs.store import saved_study

FAILED = {"status": "failed", "error": "its process was ended by SIGKILL."}


def measure_by(monkeypatch, *, trainings=None, probe=None, gpu=False):
    """Let a lesson take what it measures from records; return what it asks, in its order.

    trainings, probe: called with the folder, in place of the usual ones.
    """
    asked = []

    def counted(device, callback):
        asked.append(("count", device))
        on_gpu = gpu and device != "cpu"
        return counts(device=GPU if on_gpu else CPU, step_seconds=0.01 if on_gpu else 1.0)

    def ask(name, made):
        def run(models, *, output, callbacks, **options):
            asked.append((name, tuple(models), Path(output).name, options))
            (output / "trials").mkdir(parents=True, exist_ok=True)
            return made(output)

        return run

    comparison, looked = usual()
    train = ask("train", trainings or (lambda folder: comparison))
    monkeypatch.setattr("netzoo.studies.lesson._counted", counted)
    monkeypatch.setattr("netzoo.studies.lesson.compare", train)
    monkeypatch.setattr(
        "netzoo.studies.lesson.probe", ask("probe", probe or (lambda folder: looked))
    )
    command = ContextVar("COMMAND", default="netzoo lesson --seeds 4")
    monkeypatch.setattr("netzoo.studies.lesson.COMMAND", command)
    return asked


def stopped(result):
    def stop(folder):
        raise Interrupted(result)

    return stop


def test_a_lesson_counts_trains_and_probes_and_keeps_the_page(monkeypatch, tmp_path):
    asked = measure_by(monkeypatch)
    page = netzoo.lesson(seeds=(4, 5), device="cpu", epochs=3, output=tmp_path / "out")
    given = {"recipe": BRIEF, "seeds": (4, 5), "device": "cpu", "epochs": 3}
    trained_models = (
        "alexnet", "alexnet-avgpool", "alexnet-nodropout", "alexnet-onefc",
        "alexnet@augment=flip+crop", "alexnet@augment=flip+crop+color",
    )  # fmt: skip
    assert asked[0] == ("count", "cpu")
    name, models, folder, options = asked[1]
    assert (name, models[:6], folder) == ("train", trained_models, "trainings")
    assert options == {**given, "save_models": False, "log": (), "jobs": 1, "per_device": None}
    assert len(models) == 7
    assert models[6].startswith("lenet-modern-wide-deep@as=alexnet")
    looked = ("alexnet", "alexnet-sigmoid", "alexnet-avgpool")
    assert asked[2:] == [("probe", looked, "probes", {**given, "steps": (0, 20)})]

    assert page.claims == page_of(*usual()).claims
    assert (page.backend, page.device, page.size) == (netzoo.backend.name(), CPU, "brief")
    assert (tmp_path / "out" / "lesson.md").read_text(encoding="utf-8") == lesson_page_text(page)
    assert saved_study(tmp_path / "out") == page


@pytest.mark.parametrize(
    ("recipe", "gpu", "words"),
    [
        (BRIEF, False, "--recipe brief"),
        (BRIEF, True, "--recipe lesson"),
        ("brief", True, "--recipe brief"),
        ("lesson", False, "--recipe lesson"),
        ("quick", False, "--recipe quick"),
    ],
)
def test_the_commands_of_the_claims_take_the_recipe_that_was_taken(monkeypatch, recipe, gpu, words):
    measure_by(monkeypatch, gpu=gpu)
    page = netzoo.lesson(recipe=recipe)
    assert all(claim.command.endswith(f" {words}") for claim in page.claims[4:12])


@pytest.mark.parametrize(
    ("device", "gpu", "counted"),
    [
        ("auto", True, ["auto", "cpu"]),
        ("gpu", True, ["gpu", "cpu"]),
        ("cpu", True, ["cpu"]),
        ("auto", False, ["auto"]),
    ],
)
def test_beside_a_gpu_the_cpu_is_timed_too(monkeypatch, device, gpu, counted):
    asked = measure_by(monkeypatch, gpu=gpu)
    page = netzoo.lesson(device=device)
    assert [each[1] for each in asked if each[0] == "count"] == counted
    assert ("NVIDIA H100" in page.claims[-1].measured) == (len(counted) == 2)
    assert page.claims[-1].measured.startswith("about 1 h 18 min")  # the CPU's


def test_ctrl_c_gives_the_page_of_what_was_finished(monkeypatch, tmp_path):
    some, first = trained((0, 1)), probed((0,))
    measure_by(monkeypatch, trainings=stopped(some), probe=stopped(first))
    with pytest.raises(Interrupted) as caught:
        netzoo.lesson(output=tmp_path / "a")
    page = caught.value.result
    assert page.claims == page_of(some).claims
    assert (page.comparison.models, page.probe) == (some.models, None)
    measure_by(monkeypatch, probe=stopped(first))
    with pytest.raises(Interrupted) as caught:
        netzoo.lesson(output=tmp_path / "b")
    page = caught.value.result
    assert page.claims == page_of(usual()[0], first).claims
    for folder in (tmp_path / "a", tmp_path / "b"):
        assert not (folder / "lesson.md").exists()
    assert saved_study(tmp_path / "b") == page


def test_ctrl_c_before_the_first_probe_gives_the_page_of_the_trainings(monkeypatch, tmp_path):
    """While the probe is prepared, where it has nothing yet to tell."""

    def stop(folder):
        raise KeyboardInterrupt

    measure_by(monkeypatch, probe=stop)
    with pytest.raises(KeyboardInterrupt) as caught:  # of which Interrupted is one
        netzoo.lesson(output=tmp_path / "out")
    assert isinstance(caught.value, Interrupted)
    assert caught.value.result.claims == page_of(usual()[0]).claims


def test_a_page_of_another_lesson_does_not_stay_beside_a_stop(monkeypatch, tmp_path):
    measure_by(monkeypatch)
    netzoo.lesson(output=tmp_path / "out")
    measure_by(monkeypatch, probe=stopped(probed((0,))))
    with pytest.raises(Interrupted):
        netzoo.lesson(seeds=(0,), output=tmp_path / "out")
    assert not (tmp_path / "out" / "lesson.md").exists()


def test_a_lesson_that_was_stopped_before_anything_was_kept_can_be_run_again(monkeypatch, tmp_path):
    def stop(folder):
        shutil.rmtree(folder)  # as a comparison leaves it, in which nothing was kept
        raise Interrupted(trained((0,), alexnet=FAILED))

    measure_by(monkeypatch, trainings=stop)
    with pytest.raises(Interrupted):
        netzoo.lesson(output=tmp_path / "out")
    measure_by(monkeypatch)
    assert netzoo.lesson(output=tmp_path / "out").probe is not None


def test_the_page_tells_the_command_that_it_answers(monkeypatch, tmp_path):
    """Its trainings may have been made by another, in the same folder."""
    comparison = replace(usual()[0], command="netzoo lesson --seeds 3")
    measure_by(monkeypatch, trainings=lambda folder: comparison)
    page = netzoo.lesson()
    assert page.command == "netzoo lesson --seeds 4"
    lines = [line for line in lesson_table(page).footer if line.startswith("Command: ")]
    assert [line.partition(" (git")[0] for line in lines] == ["Command: netzoo lesson --seeds 4"]


def hold(folder, *names):
    for name in names:
        path = folder / name
        if "." in name:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")
        else:
            path.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    "names",
    [
        ("notes.txt",),
        ("plan.json", "trials", "logs"),  # a comparison's
        ("plan.json", "trials", "logs", "probes/alexnet-seed0.json", "study.json"),  # a probe's
    ],
)
def test_a_folder_that_holds_something_else_is_refused(monkeypatch, tmp_path, names):
    """Before anything starts, or what it holds would be mixed up with the lesson's."""
    monkeypatch.setattr("netzoo.runs.prepare.Process", None)
    with pytest.raises(BadInput) as caught:
        netzoo.lesson(output=hold(tmp_path / "out", *names))
    assert "out holds something else than a lesson; name another." in str(caught.value)


@pytest.mark.parametrize(
    "names", [(), ("trainings",), ("probes",), ("trainings", "probes", "study.json", "lesson.md")]
)
def test_a_folder_of_a_lesson_is_gone_on_with(monkeypatch, tmp_path, names):
    measure_by(monkeypatch)
    assert netzoo.lesson(output=hold(tmp_path / "out", *names)).probe is not None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"recipe": "lessn"}, "no recipe 'lessn'; did you mean 'lesson'?"),
        ({"device": "tpu"}, "no device 'tpu'; did you mean 'gpu'?"),
        ({"epochs": 0}, "epochs is from 1 to 100000; received 0"),
        ({"epoch": 3}, "no setting 'epoch' in a recipe; did you mean 'epochs'?"),
        ({"seeds": ()}, "expected one seed or more"),
    ],
)
def test_a_wrong_lesson_names_what_is_wrong(monkeypatch, options, words):
    """Before anything is counted: no process starts."""
    monkeypatch.setattr("netzoo.runs.prepare.Process", None)
    with pytest.raises(BadInput) as caught:
        netzoo.lesson(**options)
    assert words in str(caught.value)


@pytest.mark.parametrize(("failed", "code"), [(None, 0), ("a training", 1), ("a probe", 1)])
def test_the_command_prints_the_page_and_fails_with_what_failed(
    monkeypatch, tmp_path, failed, code
):
    why = {"alexnet-sigmoid": "seed 0: its process was ended by SIGKILL."}
    parts = {
        "trainings": lambda folder: (
            trained(**{"alexnet-onefc": FAILED}) if failed == "a training" else usual()[0]
        ),
        "probe": lambda folder: probed(failed=why) if failed == "a probe" else usual()[1],
    }
    asked = measure_by(monkeypatch, **parts)
    words = ["lesson", "--output", str(tmp_path / "out"), "--seed", "3", "--seeds", "2"]
    done = CliRunner().invoke(app, [*words, "--full", "--format", "json", "--quiet"])
    assert json.loads(done.stdout) == json.loads(to_text(saved_study(tmp_path / "out")))
    (options,) = [each[3] for each in asked if each[0] == "train"]
    asked_for = {"recipe": "lesson", "seeds": range(3, 5), "device": "auto"}
    assert options == {**asked_for, "save_models": False, "log": (), "jobs": 1, "per_device": None}
    assert done.exit_code == code

"""Folders of the version of commit e510389 (tests/old): today's opens, shows and continues them."""

import json
import re
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord
from netzoo.runs.identity import identity

pytestmark = pytest.mark.backend_independent
OLD = Path(__file__).parent / "old"
FORMATS = ("table", "json", "csv", "markdown", "latex")
STUDIES = ("ablation", "pairs", "ladder", "probe", "lesson")
FOLDERS = ("finished", "half-killed", "half", *STUDIES)
DATA = ("--dataset", "fashion_mnist_sample", "--device", "cpu")
HALF = (
    "compare", "lenet-relu", "lenet-relu:dropout=0.2", "--epochs", "3", "--recipe", "quick",
    "--image-size", "14", "--batch-size", "4", "--learning-rate", "0.004", "--augment", "flip+crop",
    "--precision", "float32", *DATA, "--limit-train", "200", "--limit-test", "100",
)  # fmt: skip
LESSON = (
    "lesson", "--quick", "--epochs", "1", "--seeds", "2", "--precision", "float32",
    "--image-size", "65", *DATA, "--limit-train", "100", "--limit-test", "50",
)  # fmt: skip

# What a later version says besides, of a folder that does not know it.
ADDED = {"head": None, "threads": None, "class_weight": "none", "metric": "accuracy"}
ADDED |= {"weights": None, "freeze": None, "sha256": "", "optimizer_options": None}
ADDED |= {"schedule_options": None, "loss": "SparseCategoricalCrossentropy", "loss_options": None}
ADDED |= {"doubts": None, "first_step_seconds": None, "process_bytes": None, "device_bytes": None}
ADDED |= {"data_parallel": 1, "jobs": 1, "ece": None, "target": None}
ADDED |= {"ema": 0.0, "test_flip": False, "same_weights": False}
ADDED |= {"search": None, "effort": None}
# Of what it keeps.
COMPUTED = ("balanced_accuracy", "class_recalls", "test_counts", "model", "backend")
COMPUTED += ("crossed_delta", "crossed_verdict")
TIMES = ("seconds", "images_per_second", "command", "commit", "schema", "seal", "device")

# Other instruction sets (oneDNN held to SSE 4.1, or off) moved the losses of the continued trial by
# 1.2e-7 at most, and no accuracy. A rounding may still turn one image of the 20 held out.
LOSS_TOLERANCE, ACCURACY_TOLERANCE = 1e-4, 0.051


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Return a folder with all of them, which no test may change."""
    folder = tmp_path_factory.mktemp("old")
    # As extractall() would do, whose safe filter not every Python 3.11 has.
    with tarfile.open(OLD / "folders.tar.xz") as held:
        for member in filter(tarfile.TarInfo.isfile, held):
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(held.extractfile(member).read())
    return folder


def printed(*words):
    """Return what a command that needs no backend prints."""
    from netzoo_cli.app import app

    done = CliRunner().invoke(app, list(map(str, words)), standalone_mode=False)
    assert done.exception is None, done.exception
    assert done.stderr == ""
    return done.stdout


def shown(folder):
    return json.loads(printed("show", folder, "--format", "json"))


def written(path):
    return json.loads(path.read_text(encoding="utf-8"))


def kept_result(folder):
    """Return a folder's result as e510389 wrote it, its devices as they are written today."""
    study = folder / "study.json"
    plain = written(study)["result"] if study.exists() else written(folder / "comparison.json")
    return with_device(plain)


def with_device(plain):
    if isinstance(plain, list):
        return [with_device(each) for each in plain]
    if not isinstance(plain, dict):
        return plain
    plain = {key: with_device(value) for key, value in plain.items()}
    if "device_kind" in plain:
        plain["device"] = {"kind": plain.pop("device_kind"), "name": plain["device"]}
    return plain


def lost(old, new, where=""):
    """Yield where a result of today has not what the old one has, or has more than it may."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            known = key == "native_bfloat16" or key in COMPUTED
            if key not in old and not known and new[key] != ADDED.get(key, "no"):
                yield f"{where}.{key} is new: {new[key]!r}"
            elif key not in new:
                yield f"{where}.{key} is gone"
            elif key in old:
                yield from lost(old[key], new[key], f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            yield from lost(*pair, f"{where}[{number}]")
    elif old != new:
        yield f"{where}: {old!r}, now {new!r}"


@pytest.mark.parametrize("name", ["finished", "half", *STUDIES])
def test_a_result_says_what_it_said(old, name):
    assert list(lost(kept_result(old / name), shown(old / name))) == []


@pytest.mark.parametrize("name", FOLDERS)
def test_devices_have_the_keys_that_they_have_today(old, name):
    """Each key is there, also where the folder is too old to know it."""

    def devices(plain):
        if isinstance(plain, dict):
            if "native_bfloat16" in plain or {"kind", "name"} <= plain.keys():
                yield plain
            for value in plain.values():
                yield from devices(value)
        elif isinstance(plain, list):
            for each in plain:
                yield from devices(each)

    found = list(devices(shown(old / name)))
    assert found
    for device in found:
        assert device.keys() == {"kind", "name", "native_bfloat16", "threads"}
        assert (device["kind"], device["threads"]) == ("cpu", None)
        assert device["name"].startswith("CPU (2 cores, ")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_shown_in_every_form(old, name, form):
    text = printed("show", old / name, "--format", form)
    assert "lenet" in text or name == "lesson"
    if form == "json":
        assert json.loads(text)


def test_the_killed_comparison_shows_how_far_it_came(old):
    first, second = shown(old / "half-killed")["models"]
    assert (first["status"], second["status"]) == ("ok", "unfinished")
    assert second["error"] == "seed 0: 1 of 3 epochs are done."


def test_runs_lists_the_folders_and_the_trials(old):
    listed = json.loads(printed("runs", old, "--format", "json"))
    unfinished = {run["name"]: run["state"] for run in listed if run["state"] != "finished"}
    assert unfinished == {"half-killed": "unfinished"}
    assert {run["name"] for run in listed} == set(FOLDERS) - {"lesson"}
    trials = json.loads(printed("runs", old / "half-killed", "--format", "json"))[0]["trials"]
    assert [(each["state"], each["epochs"]) for each in trials] == [("ok", 3), ("unfinished", 1)]
    probed = json.loads(printed("runs", old / "lesson" / "probes", "--format", "json"))[0]["trials"]
    assert {each["state"] for each in probed} == {"probed"}


@pytest.mark.parametrize("name", ["finished", "half"])
def test_a_trial_that_is_planned_today_has_the_name_that_it_had(old, name):
    """With all fields of a recipe, of which the file has not the later ones."""
    paths = list((old / name / "trials").iterdir())
    assert paths
    for path in paths:
        trial = from_text(TrialRecord, path.read_bytes(), path.name).trial
        today = replace(trial, recipe=replace(trial.recipe))
        assert identity(today) == identity(trial) == path.stem
        for later in (
            {"class_weight": "balanced"},
            {"loss": "CategoricalHinge"},
            {"data_parallel": 2},
            {"ema": 0.9},
            {"test_flip": True},
            {"same_weights": True},
        ):
            other = replace(trial, recipe=replace(trial.recipe, **later))
            assert identity(other) != path.stem


def processor():
    """Return what decides which instructions a library takes; None where nothing tells."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return None
    told = dict(re.findall(r"^([^\t:]+)\s*: (.*)$", text.partition("\n\n")[0], re.MULTILINE))
    keys = ("model name", "cpu family", "model", "stepping", "cache size")
    flags = re.findall(r"\b(?:avx|amx|fma|sse|bmi|f16c)\w*", told.get("flags", ""))
    return {**{key: told.get(key) for key in keys}, "flags": sorted(flags)}


def same_processor():
    return processor() == written(OLD / "machine.json")


def same_machine(record, device, versions):
    """Return whether a training here and now has to give an old record's numbers to the bit.

    e510389 recorded no thread count: it took one for each core that the device's name counts.
    """
    cores = int(re.search(r"\((\d+) cores", record["device"]["name"])[1])
    packages = ("tensorflow", "keras", "numpy")
    return (
        device["name"] == record["device"]["name"]
        # The one in the plan of an old folder, which a probe keeps, has none either.
        and device.get("threads", cores) == cores
        and all(versions[key] == record["versions"][key] for key in packages)
        and same_processor()
    )


def check_figures(old, new, exact, where=""):
    """Check losses, accuracies and whatever else two records hold, but times and devices."""
    if isinstance(old, dict):
        for key, value in old.items():
            if key not in TIMES:
                check_figures(value, new[key], exact, f"{where}.{key}")
    elif isinstance(old, list):
        assert len(old) == len(new), where
        for number, pair in enumerate(zip(old, new, strict=True)):
            check_figures(*pair, exact, f"{where}[{number}]")
    elif exact or not isinstance(old, float):
        assert new == old, where
    elif where.endswith("accuracy"):
        assert new == pytest.approx(old, abs=ACCURACY_TOLERANCE), where
    else:
        assert new == pytest.approx(old, rel=LOSS_TOLERANCE, abs=LOSS_TOLERANCE), where


def check_record(old, new):
    """Check that a record of today's says what the one of e510389 said."""
    exact = same_machine(old, new["device"], new["versions"])
    if not exact:  # packed: a rounding may turn an image, and changes each weight
        old = {key: value for key, value in old.items() if key not in ("predictions", "filters")}
    old = {key: value for key, value in old.items() if key != "versions"}
    check_figures(old, new, exact)


def test_the_killed_comparison_continues_to_the_numbers_of_its_own_version(netzoo, old, tmp_path):
    shutil.copytree(old / "half-killed", tmp_path / "out")
    done = netzoo(*HALF, "--output", "out", "--format", "json", KERAS_BACKEND="tensorflow")
    assert done.returncode == 0, done.stderr
    assert "1 of 2 trials is done already." in done.stderr
    assert "Trial 2 of 2: lenet-relu:dropout=0.2, seed 0, 1 of 3 epochs done before" in done.stderr
    assert "aside" not in done.stderr
    finished = sorted((old / "half" / "trials").glob("*.json"))
    assert [path.name for path in finished] == sorted(
        path.name for path in (tmp_path / "out" / "trials").iterdir()
    )
    killed, ended = [written(tmp_path / "out" / "trials" / path.name) for path in finished]
    if len(killed["trial"]["changes"]) == 1:
        killed, ended = ended, killed
        finished.reverse()
    assert ended == written(finished[1])  # not touched
    before = written(finished[0])
    assert killed["history"][0] == before["history"][0]  # from the checkpoint
    check_record(before, killed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "trial"), [("half", "lenet-relu-seed0"), ("finished", "lenet-seed1")]
)
def test_a_trial_is_repeated_from_an_old_record(netzoo, old, folder, trial):
    done = netzoo("rerun", old / folder, trial, "--format", "json", KERAS_BACKEND="tensorflow")
    told = json.loads(done.stdout)
    assert told["error"] is None
    (path,) = (old / folder / "trials").glob(f"{trial}-*.json")
    record = written(path)
    assert len(told["figures"]) == len(record["history"]) * 4 + 4
    for figure in told["figures"]:
        assert figure["repeated"] == pytest.approx(
            figure["recorded"],
            abs=ACCURACY_TOLERANCE if figure["name"].endswith("accuracy") else LOSS_TOLERANCE,
        )
    cores = record["device"]["name"].split()[1].lstrip("(")
    expected = (f"threads not known, now {cores}", "netzoo ", "torch ", "jax ", "python ")
    if all(change.startswith(expected) for change in told["changed"]) and same_processor():
        assert done.returncode == 0, told["figures"]


@pytest.mark.slow
def test_the_killed_lesson_continues_to_the_numbers_of_its_own_version(netzoo, old, tmp_path):
    shutil.copytree(old / "lesson-killed", tmp_path / "out")
    done = netzoo(*LESSON, "--output", "out", "--format", "json", KERAS_BACKEND="tensorflow")
    assert done.returncode == 0, done.stderr
    assert "14 of 14 trials are done already." in done.stderr
    assert "aside" not in done.stderr
    before, now = old / "lesson" / "probes", tmp_path / "out" / "probes"
    kept = {path.name for path in (old / "lesson-killed" / "probes" / "probes").iterdir()}
    (path,) = (path for path in (before / "probes").iterdir() if path.name not in kept)
    check_record(written(path), written(now / "probes" / path.name))
    for name in kept:
        assert written(before / "probes" / name) == written(now / "probes" / name)
    if same_processor():  # the last claim is of this machine's speed
        claims = shown(old / "lesson")["claims"][:-1]
        assert judged(json.loads(done.stdout)["claims"][:-1]) == judged(claims)


def judged(claims):
    """Return what was measured of claims; their commands are written in today's words."""
    return [[claim[key] for key in ("measured", "verdict", "n", "p")] for claim in claims]


@pytest.mark.page
@pytest.mark.parametrize("name", [*FOLDERS, "lesson-killed"])
def test_a_folder_gives_its_page(old, name, tmp_path):
    page = tmp_path / "page.html"
    printed("report", old / name, "--output", page)
    text = page.read_text(encoding="utf-8")
    assert "e510389" not in text
    assert "LeNet" in text or "lenet" in text
    assert list((tmp_path / "page-figures").glob("*.svg"))

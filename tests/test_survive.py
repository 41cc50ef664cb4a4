"""Comparisons that are stopped, killed or damaged, and go on."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import launch, start, wait_for, workers
from small_comparisons import SMALL, numbers

from netzoo.errors import DataError
from netzoo.results.comparison import comparison_table
from netzoo.runs import checkpoint
from netzoo.runs.saved import saved_comparison
from netzoo.runs.store import Store


@pytest.mark.backend_independent
def test_one_process_works_on_a_folder_and_the_second_ctrl_c_stops_it_at_once(netzoo, tmp_path):
    few = ("--dataset", "fashion_mnist_sample", "--limit-train", "200", "--limit-test", "50")
    with start(tmp_path, "lenet", *few, "--epochs", "30000", "--batch-size", "1") as process:
        wait_for(process, "Recipe: ")
        with launch(tmp_path, ["compare", "lenet", *few, "--output", "out"]) as second:
            wait_for(process, "epoch 1/30000")
            printed, said = second.communicate()  # it waits for a moment, too
        running = json.loads(netzoo("runs", ".", "--format", "json").stdout)
        os.kill(process.pid, signal.SIGINT)
        wait_for(process, "Ctrl-C again stops now")
        os.kill(process.pid, signal.SIGINT)
        told = json.loads(process.communicate()[0])
    assert (second.returncode, printed) == (2, "")
    assert said.startswith("Error: out is in use by another netzoo; wait for it, or ")
    assert running[0]["state"] == "running"
    assert process.returncode == 130
    assert "of 30000 epochs are kept." in told["models"][0]["error"]
    (run,) = json.loads(netzoo("runs", ".", "--format", "json").stdout)
    assert (run["state"], run["trials"][0]["state"]) == ("unfinished", "unfinished")
    assert run["trials"][0]["epochs"] >= 1


# Of the second: dropout, augmentation, Adam's slots and a schedule.
MODELS = ("lenet", "lenet-dropout", *SMALL, "--augment", "flip+crop", "--epochs", "12")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Return a folder with one ended trial and one that stands after an epoch."""
    folder = tmp_path_factory.mktemp("stopped")
    with start(folder, *MODELS) as process:
        wait_for(process, "Trial 2 of 2")  # seconds before its first epoch ends, on any machine
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 130
    return folder / "out"


@pytest.mark.slow
@pytest.mark.backend_independent
def test_what_is_done_is_not_trained_again(netzoo, stopped, tmp_path):
    shutil.copytree(stopped, tmp_path / "out")
    before = numbers(stopped)
    first = netzoo("compare", *MODELS, "--output", "out", "--format", "json")
    assert "1 of 2 trials is done already." in first.stderr
    assert "Trial 1 of 2" not in first.stderr
    assert "Trial 2 of 2: lenet-dropout, seed 0, " in first.stderr
    after = numbers(tmp_path / "out")
    assert len(after) == 2
    assert before.items() <= after.items()
    again = netzoo("compare", *MODELS, "--output", "out", "--format", "json")
    assert "2 of 2 trials are done already." in again.stderr
    assert again.stdout == first.stdout
    shown = netzoo("show", "out", "--format", "json")
    assert shown.stdout == first.stdout


@pytest.mark.slow_but_on_tensorflow
def test_a_stopped_training_ends_as_one_that_was_never_stopped(netzoo, stopped, tmp_path):
    """The same to the last bit, as the repetition of its record finds."""
    shutil.copytree(stopped, tmp_path / "out")
    (tmp_path / "passing").mkdir()
    done = netzoo(
        "compare", *MODELS, "--output", "out", "--quiet", "--log-file", "said.log",
        TMPDIR=str(tmp_path / "passing"),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    left = {path.name.split("_")[0] for path in (tmp_path / "passing").iterdir()}
    assert left <= {"torchinductor"}  # what PyTorch has compiled, for the next run
    said = (tmp_path / "said.log").read_text()
    assert "1 of 2 trials is done already." in said
    assert "of 12 epochs done before" in said
    assert "  epoch 12/12, loss " in said
    assert "  epoch 1/12, loss " not in said
    again = netzoo("rerun", "out", "lenet-dropout", "--format", "csv")
    assert again.returncode == 0, again.stdout + again.stderr
    lines = again.stdout.splitlines()
    assert lines[0] == "name,recorded,repeated,same"
    assert len(lines) == 1 + 12 * 4 + 4
    assert all(line.endswith(",True") for line in lines[1:])


@pytest.mark.slow_but_on_tensorflow
def test_what_has_no_record_cannot_be_repeated(netzoo_here, stopped):
    shown = netzoo_here("show", stopped, "--format", "json")
    assert json.loads(shown.stdout)["models"][1]["error"].endswith("of 12 epochs are done.")
    wrong = netzoo_here("rerun", stopped, "alexnet")
    assert wrong.returncode == 2
    assert "Error: no trial 'alexnet' in " in wrong.stderr
    unended = netzoo_here("rerun", stopped, "lenet-dropout")
    assert unended.returncode == 2
    assert "is unfinished; it has no record to repeat." in unended.stderr


@pytest.mark.slow_but_on_tensorflow
def test_no_backend_is_needed_to_read_a_folder(stopped):
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('keras', 'tensorflow', 'torch', 'jax'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from netzoo_cli import main\n"
        "main()\n"
    )
    for arguments in (("show", stopped), ("runs", stopped), ("runs", stopped.parent)):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "lenet" in done.stdout


KINDS = ("plan.json", "trials/*.json", "trials/*.checkpoint", "comparison.json", "table.txt")


def damages(text, rng):
    """Yield what a file may become: cut short, zeroed, or with a byte changed."""
    for share in (0.0, 0.3, 0.999):
        yield text[: int(share * len(text))]
    yield bytes(len(text))
    start = rng.randrange(len(text))
    yield text[:start] + bytes(min(100, len(text) - start)) + text[start + 100 :]
    for _ in range(7):
        place = rng.randrange(len(text))
        yield text[:place] + bytes([text[place] ^ (1 << rng.randrange(8))]) + text[place + 1 :]


@pytest.mark.slow_but_on_tensorflow
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_never_gives_a_wrong_number(kind, stopped, tmp_path):
    """Twelve damages each; the table has the right rows, or says what cannot be read."""
    rng = random.Random(7)
    whole, notes = saved_comparison(Store(stopped))
    assert notes == ()
    right = {row.name: row for row in whole.models}
    path = sorted(stopped.glob(kind))[0]
    known = [comparison_table(whole).render("csv")]
    changed = 0
    for number, damaged in enumerate(damages(path.read_bytes(), rng)):
        folder = tmp_path / str(number)
        shutil.copytree(stopped, folder)
        (folder / path.relative_to(stopped)).write_bytes(damaged)
        store = Store(folder)
        comparison, notes = saved_comparison(store)
        assert comparison_table(comparison).render("table")
        for row in comparison.models:
            if row.status == "ok":
                assert row.test_accuracy == right[row.name].test_accuracy
                assert row.history == right[row.name].history
        if notes:
            changed += 1
            assert all("was cut short or changed since it was written." in n for n in notes)
            assert list(store.set_aside_damaged())
            assert list(folder.rglob("*.damaged1"))
        elif kind in KINDS[:2]:
            assert comparison_table(comparison).render("csv") in known
    if kind in KINDS[:2]:
        assert changed == 12


@pytest.mark.slow_but_on_tensorflow
def test_a_damaged_checkpoint_is_never_taken_for_a_good_one(stopped, tmp_path):
    rng = random.Random(8)
    (path,) = (stopped / "trials").glob("*.checkpoint")
    name = path.stem
    about, arrays = checkpoint.read(path, name)
    refused = 0
    for damaged in [*damages(path.read_bytes(), rng), *damages(path.read_bytes(), rng)]:
        copy = tmp_path / path.name
        copy.write_bytes(damaged)
        try:
            again, same = checkpoint.read(copy, name)
        except DataError:
            refused += 1
            continue
        assert again == about
        assert all((same[key] == arrays[key]).all() for key in arrays)
    assert refused >= 20
    with pytest.raises(DataError):
        checkpoint.read(path, "another-trial")


@pytest.mark.slow
def test_a_damaged_folder_is_mended_by_the_same_command(netzoo, stopped, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(stopped, folder)
    (record,), (progress,) = (folder.glob(f"trials/*.{k}") for k in ("json", "checkpoint"))
    record.write_bytes(record.read_bytes()[:-100])
    (folder / "plan.json").write_text("{}")
    weights = bytearray(progress.read_bytes())
    weights[len(weights) // 2] ^= 1
    progress.write_bytes(weights)
    shown = netzoo("show", "out")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.count("was cut short or changed since it was written.") == 2
    done = netzoo("compare", *MODELS, "--output", "out")
    assert done.returncode == 0, done.stderr
    assert f"It is set aside as {record.name}.damaged1. Its trial runs again." in done.stderr
    assert f"aside as {progress.name}.damaged1; the trial begins again." in done.stderr
    assert "It is set aside as plan.json.damaged1." in done.stderr
    assert numbers(stopped).items() <= numbers(folder).items()


def test_no_time_of_day_decides_anything():
    """A clock that jumps changes the name of a new folder, and the stamps of logs, alone."""
    from netzoo_cli import app

    import netzoo

    reads = ("time.time(", "datetime.", "st_mtime", "time.strftime(")
    found = {
        path.name
        for root in (Path(netzoo.__file__).parent, Path(app.__file__).parent)
        for path in root.rglob("*.py")
        if any(read in path.read_text() for read in reads)
    }
    assert found == {"store.py", "progress.py", "logs.py"}


def epochs_said(said):
    """Return (trial, epoch) of each epoch that a comparison said was trained."""
    trial, epochs = None, []
    for line in said.splitlines():
        if line.startswith("Trial "):
            trial = line.split(" of ")[0]
        elif line.startswith("  epoch "):
            epochs.append((trial, int(line.split()[1].partition("/")[0])))
    return epochs


@pytest.mark.slow
def test_thirty_kills_of_parent_and_child_in_turn_lose_and_repeat_no_epoch(tmp_path):
    """Every epoch is trained once, and the numbers are those of a run without kills."""
    arguments = ("lenet", "lenet-dropout", *SMALL, "--augment", "flip+crop", "--epochs", "200")
    whole = tmp_path / "whole"
    whole.mkdir()
    with start(whole, *arguments) as process:
        process.communicate()
    rng, kills, trained, ended = random.Random(3), 0, [], None
    while kills < 30 or ended != 0:
        with start(tmp_path, *arguments) as process:
            while process.poll() is None and kills < 30:
                time.sleep(rng.uniform(0.5, 9))
                # At its end it has no child, and waits for somebody to read what it prints.
                for pid in (workers(process) if kills % 2 else []) or [process.pid]:
                    os.kill(pid, signal.SIGKILL)
                kills += 1
            _, said = process.communicate()
        ended = process.returncode
        trained += epochs_said(said)
    assert numbers(tmp_path / "out") == numbers(whole / "out")
    assert len(numbers(whole / "out")) == 2
    assert len(trained) == len(set(trained))
    assert len(trained) > 300

"""The lesson on the command line, real and tiny: finished, killed, stopped, and gone on with.

One lesson that nothing disturbs, and one that is killed, stopped, killed again and finished, each
time gone on with in a copy of the folder. One seed, so that nothing can be tested.
"""

import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
from collections import namedtuple
from types import SimpleNamespace

import pytest
from lesson_records import page_of
from processes import finish, kept, kill, launch, wait_for, without_times, workers

from netzoo.results.lesson import lesson_page_text
from netzoo.runs.callback import Callback
from netzoo.studies import lesson
from netzoo.studies.claims import PROBED, TRAINED

pytestmark = pytest.mark.slow

LESSON = (
    "lesson", "--dataset", "fashion_mnist_sample", "--limit-train", "40", "--limit-test", "10",
    "--validation", "0.5", "--epochs", "1", "--batch-size", "10", "--image-size", "65",
    "--seeds", "1", "--device", "cpu", "--output", "out",
)  # fmt: skip
UNTESTED = ("this takes two seeds or more", "this takes two finished seeds or more")
COUNTED = [
    ("757.9× (46,764,746 / 61,706)", "does not hold"),
    ("2,252× (938,146,176 / 416,520 MACs)", "does not hold"),
    ("lenet conv1 28 × 28 → 28 × 28; alexnet conv2 26 × 26 → 26 × 26", "holds"),
    ("pool3 5 × 5 × 256, flatten 6400", "holds"),
]
Ran = namedtuple("Ran", "folder printed said")


def pages(folder):
    """Return which of the files that tell the result are in a lesson's folder."""
    return {name for name in ("study.json", "lesson.md") if (folder / "out" / name).exists()}


def started(said):
    """Return the numbers of the trainings and probes that were started, of how many."""
    return re.findall(r"^Trial (\d) of (\d)", said, re.M)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a lesson that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    return Ran(folder, *finish(folder, (*LESSON, "--format", "json")))


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return the folder of a lesson that was killed in its second training."""
    folder = tmp_path_factory.mktemp("killed")
    return killed_after(folder, "alexnet, seed 0: test ", "Trial 2 of 7")


@pytest.fixture(scope="module")
def stopped(killed, tmp_path_factory):
    """Return the lesson that went on from there, stopped by Ctrl-C in the third training."""
    folder = gone_on(killed, tmp_path_factory.mktemp("stopped"))
    with launch(folder, (*LESSON, "--format", "csv")) as process:
        wait_for(process, "1 of 7 trials is done already.")
        wait_for(process, "Trial 3 of 7")
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 130, said
    return Ran(folder, printed, said)


@pytest.fixture(scope="module")
def killed_in_the_probe(stopped, tmp_path_factory):
    """Return the folder of the lesson that went on from there, killed in its second probe."""
    folder = gone_on(stopped.folder, tmp_path_factory.mktemp("looked"))
    return killed_after(folder, "alexnet, seed 0: done in ", "Trial 2 of 3")


@pytest.fixture(scope="module")
def finished(killed_in_the_probe, tmp_path_factory):
    """Return the lesson that went on from there to its end."""
    folder = gone_on(killed_in_the_probe, tmp_path_factory.mktemp("finished"))
    return Ran(folder, *finish(folder, (*LESSON, "--format", "json")))


def killed_after(folder, *said):
    """Return the folder of a lesson that was killed when it had said these, one after another."""
    with launch(folder, LESSON) as process:
        for words in said:
            wait_for(process, words)
        kill(process)
    return folder


def gone_on(before, folder):
    """Return a folder with a copy of a lesson; the times of the files are copied too."""
    shutil.copytree(before / "out", folder / "out")
    return folder


def test_a_lesson_on_the_command_line(whole, backend_name):
    folder, told, said = whole
    found = [(claim["measured"], claim["verdict"]) for claim in told["claims"]]
    assert found[:4] == COUNTED
    assert found[4:12] == [(UNTESTED[place > 2], "not measured") for place in range(8)]
    assert re.fullmatch(
        r"about .+ for 10 epochs of 60,000 images on CPU \(.+\)(; .+ on .+)?", found[12][0]
    )
    assert [row["name"] for row in told["comparison"]["models"]] == list(TRAINED)
    assert {row["status"] for row in told["comparison"]["models"]} == {"ok"}
    assert [(row["name"], row["status"]) for row in told["probe"]["models"]] == [
        (name, "ok") for name in PROBED
    ]
    assert {row["step"] for row in told["probe"]["layers"]} == {0, 20}
    assert (told["size"], told["backend"]) == ("brief", backend_name)
    assert started(said) == [(str(n), "7") for n in range(1, 8)] + [
        (str(n), "3") for n in range(1, 4)
    ]
    assert "Records and table are in out." in said
    assert len(kept(folder)) == 10
    assert pages(folder) == {"study.json", "lesson.md"}
    page = (folder / "out" / "lesson.md").read_text(encoding="utf-8")
    for claim in told["claims"]:
        assert f"**{claim['text']}** *{claim['verdict']}*" in page
        assert claim["measured"] in page
    assert f"Command: {shlex.join(['netzoo', *LESSON])} --format json" in page


def test_a_finished_lesson_is_shown_again(netzoo, whole):
    shown = netzoo("show", whole.folder / "out", "--format", "json")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert json.loads(shown.stdout) == whole.printed
    assert "AlexNet has 10 times the" in netzoo("show", whole.folder / "out").stdout


def test_a_finished_lesson_trains_and_probes_nothing_again(whole, tmp_path):
    folder = gone_on(whole.folder, tmp_path)
    before = kept(folder)
    with launch(folder, (*LESSON, "--format", "markdown")) as process:
        printed, said = process.communicate()
    assert process.returncode == 0, said
    assert started(said) == []
    assert "7 of 7 trials are done already." in said
    assert kept(folder) == before
    rows = [line for line in printed.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 13
    for row, claim in zip(rows[2:-1], whole.printed["claims"], strict=False):
        cells = [claim["text"], claim["measured"], "–", claim["verdict"], claim["command"]]
        assert row == f"| {' | '.join(cells)} |"
    assert pages(folder) == {"study.json", "lesson.md"}


def test_a_lesson_killed_in_the_trainings_keeps_what_was_trained(killed):
    assert len(kept(killed)) == 1
    assert pages(killed) == set()


def test_ctrl_c_gives_the_claims_of_what_is_finished_and_the_line_to_go_on(killed, stopped):
    folder, printed, said = stopped
    assert kept(killed).items() < kept(folder).items()
    assert len(kept(folder)) < 7
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [(row["measured"], row["verdict"]) for row in rows[:4]] == COUNTED
    assert {row["measured"] for row in rows[4:7]} == {"the probe has not run"}
    assert {row["measured"] for row in rows[7:12]} == {UNTESTED[1]}
    assert rows[12]["measured"].startswith("about ")
    (line,) = [line for line in said.splitlines() if line.startswith("To resume: ")]
    assert shlex.split(line.removeprefix("To resume: ")) == ["netzoo", *LESSON, "--format", "csv"]
    assert pages(folder) == {"study.json"}  # a page that is not finished is no page


def test_a_lesson_killed_in_the_probe_keeps_what_was_trained_and_probed(
    stopped, killed_in_the_probe
):
    after = kept(killed_in_the_probe)
    assert kept(stopped.folder).items() < after.items()
    assert len(after) == 7 + 1
    assert pages(killed_in_the_probe) == set()  # what was told at Ctrl-C is out of date


def test_after_all_that_the_lesson_ends_as_one_that_nothing_disturbed(
    killed_in_the_probe, finished, whole
):
    folder, told, said = finished
    assert "7 of 7 trials are done already." in said
    assert started(said) == [("2", "3"), ("3", "3")]
    assert kept(killed_in_the_probe).items() < kept(folder).items()
    assert set(kept(folder)) == set(kept(whole.folder))
    assert pages(folder) == {"study.json", "lesson.md"}
    ours, theirs = without_times(told), without_times(whole.printed)
    for page in (ours, theirs):
        (timed,) = page["claims"][12:]
        del timed["measured"], timed["note"], page["claims"][12:]
    assert ours == theirs


class Killer(Callback):
    """Kills the processes that count and time when they come to AlexNet."""

    def on_wait(self, what):
        if what == "timing a few steps of alexnet":
            for pid in workers(SimpleNamespace(pid=os.getpid())):
                with open(f"/proc/{pid}/cmdline") as file:
                    ours = "netzoo.runs." in file.read()
                if ours:
                    os.kill(pid, signal.SIGKILL)


def test_a_network_whose_counting_is_killed_leaves_what_needs_it_not():
    """As where the memory is too small for a batch of it."""
    counts = lesson._counted("cpu", Killer())
    assert set(counts.costs) == {"lenet", "lenet@image_size=224"}
    page = page_of(counted=counts)
    assert {claim.verdict for claim in page.claims} == {"not measured"}
    for claim in page.claims[:4]:
        assert claim.measured.startswith("alexnet could not be counted")
    assert "SIGKILL" in page.claims[-1].measured
    assert page.claims[-1].measured in lesson_page_text(page)

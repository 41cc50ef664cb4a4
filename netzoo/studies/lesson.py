"""The lesson's claims, each measured: counted, timed, trained, or seen inside the network."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from netzoo import backend
from netzoo.claims import LessonPage
from netzoo.comparisons import Comparison
from netzoo.errors import BadInput, Interrupted
from netzoo.probes import Probe
from netzoo.records import Plan
from netzoo.report.lesson import lesson_page_text, lesson_table
from netzoo.runs import disk, plan
from netzoo.runs.compare import compare
from netzoo.runs.listener import Listener
from netzoo.runs.origin import command_line, git_commit
from netzoo.runs.prepare import opened
from netzoo.runs.store import keep_study
from netzoo.studies import claims
from netzoo.studies.counted import COUNTED
from netzoo.studies.probe import probe

STEPS = (0, 20)
SAMPLE = "fashion_mnist_sample"
TRAININGS, PROBES, PAGE = "trainings", "probes", "lesson.md"


def lesson(
    *,
    recipe: str = plan.BRIEF,
    seeds: Sequence[int] = (0, 1, 2),
    device: str = "auto",
    output: str | Path | None = None,
    listener: Listener | None = None,
    **options: Any,
) -> LessonPage:
    """Measure what the lesson claims, and return the page of its claims with their verdicts.

    Counts and times both networks as the lesson trains them, trains AlexNet and its variants by the
    recipe, and probes them. The trainings and the probes are a folder each in the output, and go on
    from there; the page is lesson.md beside them.
    recipe, seeds, device, options: as netzoo.compare takes them; the recipe by default is "lesson"
    on a GPU, "brief" on a CPU.
    Raises as netzoo.compare; Interrupted with the page of what was finished.
    """
    listener = listener or Listener()
    with ExitStack() as stack:
        if output is None:
            output = stack.enter_context(tempfile.TemporaryDirectory())
        folder = Path(output)
        _check(folder)
        counts = _counted(device, listener)
        slow = _counted("cpu", listener) if counts.device.kind == "gpu" else None
        size = "--full" if plan.choose_recipe(recipe, counts.device) == "lesson" else "--quick"
        shared: dict[str, Any] = {
            "recipe": recipe,
            "seeds": seeds,
            "device": device,
            "listener": listener,
            **options,
        }
        found: Comparison | None = None
        looked: Probe | None = None
        stopped = False
        try:
            found = compare(claims.TRAINED, output=folder / TRAININGS, **shared)
            looked = probe(claims.PROBED, steps=STEPS, output=folder / PROBES, **shared)
        except Interrupted as stop:
            stopped = True
            if isinstance(stop.comparison, Comparison):
                found = stop.comparison
            else:
                looked = stop.comparison
        page = _page(counts, slow, found, looked, size)
        keep_study(folder, page, lesson_table(page))
        if stopped:
            raise Interrupted(page)
        disk.write_text(folder / PAGE, lesson_page_text(page))
        return page


def _check(folder: Path) -> None:
    """Raise BadInput for a folder that holds something else than a lesson."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if names and not names & {TRAININGS, PROBES}:
        raise BadInput(f"{folder} holds something else than a lesson; name another.")


def _counted(device: str, listener: Listener) -> Plan:
    """Count and time the networks as the lesson trains them, a few steps each."""
    request = plan.Request(
        models=COUNTED,
        recipe="lesson",
        dataset=SAMPLE,
        data_dir=None,
        seeds=(0,),
        device=device,
        baseline=None,
        overrides={"test_each_epoch": False},
    )
    with opened(request, None, listener) as (_, found, _):
        return found


def _page(
    counts: Plan, slow: Plan | None, found: Comparison | None, looked: Probe | None, size: str
) -> LessonPage:
    return LessonPage(
        claims=claims.claims(counts, slow, found, looked, size),
        size=size,
        backend=backend.name(),
        device=counts.device,
        versions=counts.versions,
        comparison=found,
        probe=looked,
        command=command_line(),
        commit=git_commit(),
    )

"""The lesson's claims, each measured: counted, timed, trained or probed."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from netzoo import backend, disk
from netzoo.data.memory import budget
from netzoo.errors import BadInput, Interrupted
from netzoo.provenance import COMMAND, git_commit
from netzoo.records.plan import Plan
from netzoo.results.comparison import Comparison
from netzoo.results.estimate import TrainingEstimate
from netzoo.results.lesson import LessonPage, lesson_page_text
from netzoo.results.probe import Probe
from netzoo.runs.callback import Callback, callback_of
from netzoo.runs.compare import compare
from netzoo.runs.estimate import Estimated, estimate, estimating
from netzoo.runs.executor import LOCAL, check_executor
from netzoo.runs.lock import refuse_file
from netzoo.runs.places import check_jobs
from netzoo.runs.prepare import open_plan
from netzoo.runs.request import BRIEF, Request, choose_recipe
from netzoo.runs.store import PROBES, STUDY, TRAININGS, keep_study
from netzoo.studies import claims
from netzoo.studies.cost_claims import COUNTED
from netzoo.studies.probe import probe

STEPS = (0, 20)
SAMPLE = "fashion_mnist_sample"
PAGE = "lesson.md"


def lesson(
    *,
    recipe: str = BRIEF,
    seeds: Sequence[int] = (0, 1, 2),
    memory: str | int | None = None,
    device: str = "auto",
    output: str | Path | None = None,
    save_models: bool = False,
    log: Sequence[str] | str = (),
    jobs: int | str | None = None,
    per_device: int | None = None,
    executor: str = LOCAL,
    address: str | None = None,
    callbacks: Sequence[Callback] = (),
    listener: Callback | None = None,
    **options: Any,
) -> LessonPage:
    """Measure the claims of the lesson, and return them with their verdicts.

    Counts and times both networks as the lesson trains them, trains AlexNet and its variants by the
    recipe, and probes them. The trainings and the probes have a folder each in the output, where
    they resume; lesson.md is beside them.
    recipe, seeds, memory, device, save_models, log, options: as netzoo.compare takes them; the
    recipe by default is "lesson" on a GPU, "brief" on a CPU. jobs, per_device, executor, address:
    of the trainings.
    Raises as netzoo.compare; Interrupted with the page of what was finished.

    >>> import netzoo
    >>> page = netzoo.lesson(seeds=[0], epochs=1, limit_train=100)
    >>> page.claims[0].text, page.claims[0].verdict
    ('AlexNet has 10 times the parameters of LeNet.', 'does not hold')
    """
    callback = callback_of(callbacks, listener)
    asked: dict[str, Any] = {"recipe": recipe, "seeds": seeds, "device": device, **options}
    # Before anything is counted, which takes a while.
    Request.of(claims.TRAINED, **asked).check()
    check_jobs(1 if jobs is None else jobs, per_device)
    check_executor(executor, address)
    with ExitStack() as stack:
        stack.enter_context(budget(memory))
        if output is None:
            output = stack.enter_context(tempfile.TemporaryDirectory())
        folder = Path(output)
        _check_folder(folder)
        asked["callbacks"] = [callback]
        of_training: dict[str, Any] = {"save_models": save_models, "log": log}
        of_training |= {"jobs": jobs, "per_device": per_device}
        of_training |= {"executor": executor, "address": address}
        if estimating():
            raise Estimated(_estimated(folder, asked, of_training))
        callback.on_message("Counting and timing both networks as the lesson trains them.")
        counts = _counted(device, callback)
        slow = _counted("cpu", callback) if counts.device.kind == "gpu" else None
        name = choose_recipe(recipe, counts.device)
        for name_of_file in (STUDY, PAGE):  # of what the folder held before, perhaps of other seeds
            (folder / name_of_file).unlink(missing_ok=True)
        comparison, probed, stopped = _measured(folder, asked, of_training)
        page = _page(counts, slow, comparison, probed, name)
        keep_study(folder, page)
        if stopped:
            raise Interrupted(page)
        disk.write_text(folder / PAGE, lesson_page_text(page))
        return page


def _check_folder(folder: Path) -> None:
    """Raise BadInput for a folder that holds something else than a lesson, as one comparison."""
    refuse_file(folder)
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if names and ("trials" in names or not names & {TRAININGS, PROBES, STUDY}):
        raise BadInput(f"{folder} holds something else than a lesson; name another.")


def _estimated(
    folder: Path, asked: dict[str, Any], of_training: dict[str, Any]
) -> TrainingEstimate:
    """Return the estimate of the trainings and the probes; of_training: as in `_measured`."""
    trainings = estimate(compare, claims.TRAINED, output=folder / TRAININGS, **asked, **of_training)
    probes = estimate(probe, claims.PROBED, steps=STEPS, output=folder / PROBES, **asked)
    return trainings.beside(probes)


def _measured(
    folder: Path, asked: dict[str, Any], of_training: dict[str, Any]
) -> tuple[Comparison | None, Probe | None, bool]:
    """Train and probe; return both, as far as they came, and whether Ctrl-C ended them.

    of_training: arguments of netzoo.compare alone.
    """
    try:
        comparison = compare(claims.TRAINED, output=folder / TRAININGS, **asked, **of_training)
    except Interrupted as stop:
        return stop.result, None, True
    try:
        probed = probe(claims.PROBED, steps=STEPS, output=folder / PROBES, **asked)
    except KeyboardInterrupt as stop:  # while it is prepared, a probe has nothing to tell
        return comparison, getattr(stop, "result", None), True
    return comparison, probed, False


def _counted(device: str, callback: Callback) -> Plan:
    """Count and time the networks as the lesson trains them, a few steps each."""
    request = Request.of(
        COUNTED, recipe="lesson", dataset=SAMPLE, device=device, test_each_epoch=False
    )
    with open_plan(request, None, callback) as (_, plan, _):
        return plan


def _page(
    counts: Plan,
    slow: Plan | None,
    comparison: Comparison | None,
    probed: Probe | None,
    recipe: str,
) -> LessonPage:
    return LessonPage(
        claims=claims.claims(counts, slow, comparison, probed, recipe),
        size=recipe,
        backend=backend.name(),
        device=counts.device,
        versions=counts.versions,
        comparison=comparison,
        probe=probed,
        command=COMMAND.get(),
        commit=git_commit(),
    )

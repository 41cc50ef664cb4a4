"""Comparisons of models by the settings that a search has chosen for each."""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput
from netzoo.results.comparison import Comparison
from netzoo.results.metric import ACCURACY, check_metric
from netzoo.results.tuning import Tuning
from netzoo.runs.compare import compare
from netzoo.runs.estimate import Estimated, estimate, estimating
from netzoo.runs.request import AUTO, Request
from netzoo.runs.store import TOML, TUNING
from netzoo.studies.draws import RANDOM
from netzoo.studies.space import Given
from netzoo.studies.tune import tune


def compare_tuned(
    models: Sequence[str] | str,
    *,
    budget: int,
    space: Given | None = None,
    sampler: str = RANDOM,
    halving: bool = True,
    recipe: str = AUTO,
    seeds: Sequence[int] = (0,),
    output: str | Path | None = None,
    baseline: str | None = None,
    metric: str | None = None,
    save_models: bool = False,
    log: Sequence[str] | str = (),
    backends: Sequence[str] | str | None = None,
    **options: Any,
) -> Comparison:
    """Search the settings of each model, then compare the models by them on the test images.

    budget, space, sampler, halving: as in `tune`, which has a folder in the output. The others are
    those of netzoo.compare. The seed of the search is the first.
    Raises as both; Interrupted with the search, or the comparison, of what was finished.

    >>> few = {"recipe": "brief", "epochs": 1, "limit_train": 100}
    >>> comparison = compare_tuned("lenet", budget=2, space=["learning_rate=1e-3,1e-2"], **few)
    >>> comparison.models[0].test_reads
    1
    """
    if backends is not None:
        raise BadInput("`tune` searches on one backend; leave `backends` out.")
    check_metric(metric or ACCURACY)  # before the search, which takes long
    Request.of(models, baseline, seeds=seeds).check()
    of_search: dict[str, Any] = {"budget": budget, "space": space, "sampler": sampler}
    of_search |= {"halving": halving, "seed": seeds[0], "recipe": recipe}
    of_comparison: dict[str, Any] = {"seeds": seeds, "save_models": save_models, "log": log}
    of_comparison |= {"baseline": baseline} | ({} if metric is None else {"metric": metric})
    with contextlib.ExitStack() as stack:
        if output is None:
            if save_models:
                raise BadInput("`save_models` writes to an output folder; name one by `output`.")
            output = stack.enter_context(tempfile.TemporaryDirectory())
        folder = Path(output) / TUNING
        if estimating():
            searched = estimate(tune, models, output=folder, **of_search, **options)
            asked = {**options, "recipe": recipe, "output": output}
            raise Estimated(searched.beside(estimate(compare, models, **asked, **of_comparison)))
        tuning = tune(models, output=folder, **of_search, **options)
        check_all_chosen(tuning, folder)
        kept = ("dataset", "data_dir", "memory", "device", "jobs", "per_device", "executor")
        passed = {k: v for k, v in options.items() if k in (*kept, "address", "callbacks")}
        recipe = str(folder / TOML)
        return compare(models, recipe=recipe, output=output, **of_comparison, **passed)


def check_all_chosen(tuning: Tuning, folder: Path) -> None:
    """Raise BadInput if a search has chosen no setting of some model."""
    failed = [row.model for row in tuning.models if row.number is None]
    if failed:
        raise BadInput(
            f"no setting of {', '.join(failed)} could be trained, so there is nothing to compare; "
            f"netzoo show {folder} has the reasons."
        )

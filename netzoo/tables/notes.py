"""Footers shared by several tables: the convention, provenance, the tests behind verdicts."""

from collections.abc import Mapping, Sequence
from typing import Any

from netzoo import units
from netzoo.provenance import DatasetRecord, TrainingProvenance
from netzoo.recipe_options import CROSS_ENTROPY
from netzoo.stats import LEVEL

CONVENTION = (
    "MACs: multiply-adds of convolutions and matrix products, one image, forward, bias not counted."
    " FLOPs = 2 × MACs."
)

Settings = Mapping[str, Any]

# Settings that the name, the data line, the input column or a warning shows.
_SHOWN_ELSEWHERE = (
    *("name", "limit_train", "limit_test", "test_each_epoch", "image_size", "tuned"),
    "search",
)


# Named only where a model has another value, as most trainings do without.
_UNSAID = {
    "class_weight": "none",
    "loss": CROSS_ENTROPY,
    "data_parallel": 1,
    "ema": 0.0,
    "test_flip": False,
    "same_weights": False,
}


def origin_lines(result: TrainingProvenance, *, means: bool = True) -> list[str]:
    """Return the provenance of a table's figures as lines for its footer.

    means: whether figures are means over the seeds.
    """
    data, recipe = result.dataset, result.recipe
    seeds = recipe["seeds"]
    return [
        f"Recipe {recipe['name']}: {_recipe_text(recipe['by_model'])}.",
        data_line(data),
        *doubt_lines_of(data),
        f"n = {len(seeds)} seed{'s' if len(seeds) > 1 else ''} ({', '.join(map(str, seeds))})"
        + (", mean ± sample standard deviation. " if means and len(seeds) > 1 else ". ")
        + f"Device: {result.device.text}. Backend: {result.backend}. "
        f"{versions_text(result.versions)}.",
        *([f"Command: {result.command}{_commit(result)}"] if result.command else []),
    ]


def data_line(data: DatasetRecord) -> str:
    """Return the line of a data set: its name, its images, where they are from."""
    return (
        f"Data: {data.name}, {units.exact(data.train)} training and {units.exact(data.test)} test "
        f"images, from: {data.source}; SHA-256 {data.sha256[:16]}…."
    )


def doubt_lines_of(data: DatasetRecord, where: str = " (netzoo data names them)") -> list[str]:
    """Return the line of what weakens a verdict on these images; empty if nothing is known to.

    where: what the line says of where they are named.
    """
    found, told = data.doubts, []
    if found is None:
        return []
    if copies := found.test_copies:
        told.append(
            f"{units.exact(copies)} of {units.exact(data.test)} test images "
            f"({units.percent(copies / data.test)}) {_have(copies)} the pixels of a training image"
        )
    if contradicted := found.contradicted:
        images = "image has" if contradicted == 1 else "images have"
        told.append(f"{units.exact(contradicted)} {images} the pixels of one of another class")
    if shared := found.shared_groups:
        have = "groups have" if shared > 1 else "group has"
        told.append(f"{units.exact(shared)} {have} both training and test images")
    if not told:
        return []
    return [f"Warning: the images weaken a verdict: {'; '.join(told)}{where}."]


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def uncounted_line(layers: Sequence[str]) -> list[str]:
    """Return the line that names the layers without a cost rule; empty if all have one."""
    return [f"Not counted (no cost rule): {', '.join(layers)}."] if layers else []


def loss_line(by_model: Mapping[str, Settings]) -> list[str]:
    """Return the line on losses; empty if all models train by the cross-entropy."""
    losses = {name: settings.get("loss", CROSS_ENTROPY) for name, settings in by_model.items()}
    others = [f"{name} {loss}" for name, loss in losses.items() if loss != CROSS_ENTROPY]
    if not others:
        return []
    return [
        f"Loss of training: {', '.join(others)}; every other loss, of validation and test images "
        "and at ln(classes), is the cross-entropy."
    ]


def tested_text(base: str, tests: Sequence[str], figure: str) -> str:
    """Return the figure and the test of the verdicts against the base, as text.

    tests: the test of each comparison, as in a Delta. figure: in words.
    """
    words = {
        "McNemar": "McNemar's exact test over the test images",
        "permutation": "permutation test over the test images of each class",
        "paired t": "paired t test over the seeds",
        "sign": "sign test over the seeds, whose differences are all equal",
    }
    by = " or ".join(words[test] for test in sorted(set(tests)))
    corrected = f" after Holm's correction for {len(tests)} comparisons"
    return f"Verdicts: {figure} against {base}, {by}, p < {LEVEL:g}" + (
        corrected if len(tests) > 1 else ""
    )


def versions_text(versions: Mapping[str, str]) -> str:
    """Return versions as text: "python 3.11.7, keras 3.15.1"."""
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def shared_settings(by_model: Mapping[str, Settings]) -> dict[str, Any]:
    """Return the settings that are equal for all models."""
    first, *others = by_model.values()
    return {
        key: value
        for key, value in first.items()
        if all(other.get(key) == value for other in others)
    }


def _recipe_text(by_model: Mapping[str, Settings]) -> str:
    """Return the shared settings, then each differing setting by model, as text.

    A setting that is None is left out.
    """
    shared = {
        key: value
        for key, value in shared_settings(by_model).items()
        if key not in _SHOWN_ELSEWHERE and value is not None and value != _UNSAID.get(key)
    }
    apart = []
    for key in next(iter(by_model.values())):
        values = {name: settings.get(key) for name, settings in by_model.items()}
        given = [f"{name} {value}" for name, value in values.items() if value is not None]
        if key not in _SHOWN_ELSEWHERE and len({*map(str, values.values())}) > 1:
            apart.append(f"{key}: {', '.join(given)}")
    return "; ".join([", ".join(f"{key} {value}" for key, value in shared.items()), *apart])


def _commit(result: TrainingProvenance) -> str:
    return f" (git {result.commit[:12]})" if result.commit else ""

"""The foot of the page: provenance, caveats, and conventions."""

from collections.abc import Iterable, Sequence
from typing import Any

from netzoo import units
from netzoo.provenance import DatasetRecord, Device, TrainingProvenance
from netzoo.report.content import Content
from netzoo.results import target_table
from netzoo.tables.notes import (
    CONVENTION,
    doubt_lines_of,
    shared_settings,
    uncounted_line,
    versions_text,
)

CONVENTIONS = (
    CONVENTION,
    "Training FLOPs: forward and backward, without the input gradient of the first layer. "
    "Element-wise operations are not included.",
    "Test accuracy: after the last epoch, not the best epoch. ±: sample standard deviation over "
    "the seeds.",
    "Verdicts: paired t test over the seeds (with one seed, McNemar's exact test over the test "
    "images), p < 0.05 after Holm's correction.",
    "On such images: seeds and test images both as samples, crossed (mean squares, t test), so "
    "that the verdict is not of these test images alone; the training images stay the same.",
)


def foot(content: Content) -> dict[str, Any]:
    """Return the provenance by English label ("facts"), the conventions and the caveats."""
    comparison = content.comparison
    commands = [study.provenance.command for study in content.studies]
    facts: list[tuple[str, Sequence[str]]] = []
    caveats: list[str] = list(content.notes)
    if comparison is not None:
        records = [record for group in content.records.values() for record in group]
        commands += [record.command for record in records]
        facts = _facts(comparison.dataset, comparison.recipe)
        facts += [
            ("Backend", _unique(record.trial.backend for record in records)),
            ("Device", _unique(record.device.name for record in records)),
            ("Threads", _threads(record.device for record in records)),
            ("Versions", _unique(versions_text(record.versions) for record in records)),
            ("Git commit", _unique(record.commit or "" for record in records)),
        ]
        caveats += [f"{row.name} {row.head}" for row in comparison.models if row.head]
        caveats += doubt_lines_of(comparison.dataset)
        caveats += comparison.warnings
        caveats += target_table.lines(comparison.models, comparison.target, comparison.device)
        caveats += comparison.own_lines()
        caveats += [f"{row.name}: {row.error}" for row in comparison.models if row.error]
        caveats += uncounted_line(comparison.uncounted)
    elif content.studies:
        provenance = content.studies[0].provenance
        if isinstance(provenance, TrainingProvenance):
            facts = _facts(provenance.dataset, provenance.recipe)
        facts += [
            ("Backend", [provenance.backend]),
            ("Device", [provenance.device.name]),
            ("Threads", _threads([provenance.device])),
            ("Versions", [versions_text(provenance.versions)]),
        ]
    commands += [bench.command for bench in content.benches]
    facts.append(("Command", _unique(commands)))
    return {
        "facts": [(label, values) for label, values in facts if values],
        "conventions": CONVENTIONS,
        "caveats": caveats,
    }


def _facts(data: DatasetRecord, recipe: dict[str, Any]) -> list[tuple[str, Sequence[str]]]:
    seeds = recipe["seeds"]
    return [
        (
            "Data",
            [
                f"{data.name}: {units.exact(data.train)} train + {units.exact(data.test)} test, "
                f"{units.shape(data.image_shape)}, {data.source}",
                f"SHA-256 {data.sha256}",
            ],
        ),
        ("Seeds", [f"{', '.join(map(str, seeds))} (n = {len(seeds)})"]),
        ("Recipe", [recipe["name"], *_settings(recipe["by_model"])]),
    ]


def _settings(by_model: dict[str, dict[str, Any]]) -> list[str]:
    """Return the settings that all models share, then those of each model that differ."""
    shared = shared_settings(by_model)
    lines = [_settings_text(shared)]
    for name, settings in by_model.items():
        own = _settings_text({key: value for key, value in settings.items() if key not in shared})
        lines += [f"{name}: {own}"] if own else []
    return lines


def _settings_text(settings: dict[str, Any]) -> str:
    shown = {key: value for key, value in settings.items() if key != "name" and value is not None}
    return ", ".join(f"{key}={value}" for key, value in shown.items())


def _threads(devices: Iterable[Device]) -> list[str]:
    return _unique(str(device.threads or "") for device in devices)


def _unique(values: Any) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]

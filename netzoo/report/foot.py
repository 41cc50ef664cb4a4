"""The page's foot: all that is needed to do it again, and by what conventions it was counted."""

from collections.abc import Iterable, Sequence
from typing import Any

from netzoo import units
from netzoo.provenance import DatasetRecord, Device, TrainingProvenance
from netzoo.report.content import Content
from netzoo.tables.notes import shared_settings, versions_text

CONVENTIONS = (
    "MACs: multiply–adds of convolutions and matrix products in one forward pass of one image, "
    "bias not counted. FLOPs = 2 × MACs.",
    "Training FLOPs: forward and backward; the first layer needs no gradient of its input. "
    "Element-wise work is not among them.",
    "Test accuracy: of the last epoch, never of the best one. ±: sample standard deviation over "
    "the seeds.",
    "Verdicts: paired t test over the seeds (of one seed, McNemar's exact test over the test "
    "images), p < 0.05 after Holm's correction.",
)


def foot(content: Content) -> dict[str, Any]:
    """Return the facts, by English label, the conventions and what is to be doubted."""
    comparison = content.comparison
    commands = [study.provenance.command for study in content.studies]
    facts: list[tuple[str, Sequence[str]]] = []
    doubts: list[str] = list(content.notes)
    if comparison is not None:
        records = [record for group in content.records.values() for record in group]
        commands += [record.command for record in records]
        facts = _facts(comparison.dataset, comparison.recipe)
        facts += [
            ("Backend", _once(record.trial.backend for record in records)),
            ("Device", _once(record.device.name for record in records)),
            ("Threads", _threads(record.device for record in records)),
            ("Versions", _once(versions_text(record.versions) for record in records)),
            ("Git commit", _once(record.commit or "" for record in records)),
        ]
        doubts += [f"{row.name} {row.head}" for row in comparison.models if row.head]
        doubts += comparison.warnings
        doubts += [f"{row.name}: {row.error}" for row in comparison.models if row.error]
        if comparison.uncounted:
            doubts.append(f"Not counted: {', '.join(comparison.uncounted)}.")
    elif content.studies:
        origin = content.studies[0].provenance
        if isinstance(origin, TrainingProvenance):
            facts = _facts(origin.dataset, origin.recipe)
        facts += [
            ("Backend", [origin.backend]),
            ("Device", [origin.device.name]),
            ("Threads", _threads([origin.device])),
            ("Versions", [versions_text(origin.versions)]),
        ]
    facts.append(("Command", _once(commands)))
    return {
        "facts": [(label, values) for label, values in facts if values],
        "conventions": CONVENTIONS,
        "doubts": doubts,
    }


def _facts(data: DatasetRecord, recipe: dict[str, Any]) -> list[tuple[str, Sequence[str]]]:
    seeds = recipe["seeds"]
    return [
        (
            "Data",
            [
                f"{data.name}: {units.exact(data.train)} + {units.exact(data.test)}, "
                f"{units.shape(data.image_shape)}, {data.source}",
                f"SHA-256 {data.sha256}",
            ],
        ),
        ("Seeds", [f"{', '.join(map(str, seeds))} (n = {len(seeds)})"]),
        ("Recipe", [recipe["name"], *_settings(recipe["by_model"])]),
    ]


def _settings(by_model: dict[str, dict[str, Any]]) -> list[str]:
    """Return each model's settings, those that all have in one line."""
    shared = shared_settings(by_model)
    told = [_pairs(shared)]
    for name, settings in by_model.items():
        own = _pairs({key: value for key, value in settings.items() if key not in shared})
        told += [f"{name}: {own}"] if own else []
    return told


def _pairs(settings: dict[str, Any]) -> str:
    shown = {key: value for key, value in settings.items() if key != "name" and value is not None}
    return ", ".join(f"{key}={value}" for key, value in shown.items())


def _threads(devices: Iterable[Device]) -> list[str]:
    return _once(str(device.threads or "") for device in devices)


def _once(values: Any) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]

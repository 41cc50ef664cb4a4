"""Trainings that never were: the records that a study reads."""

import csv
import io
from dataclasses import replace

from fixed_costs import counted

from netzoo.errors import Interrupted
from netzoo.models.catalog import model_spec
from netzoo.provenance import DatasetRecord, Device
from netzoo.records.trial import EpochRecord, TrialRecord
from netzoo.results.rows import compare_records
from netzoo.runs.request import planned_trials, recipe_of

DATA = DatasetRecord(
    name="fashion_mnist",
    source="IDX files in /data",
    train=2000,
    test=1000,
    sha256="ab" * 32,
    image_shape=(28, 28, 1),
    class_names=tuple("abcdefghij"),
)
VERSIONS = {"python": "3.11.0", "netzoo": "0.1.0", "keras": "3.15.1", "tensorflow": "2.21.0"}
CPU = Device("cpu", "CPU (2 cores)")
# Fixed, so that the tables below do not move when the recipe for small studies is tuned.
SETTINGS = {"epochs": 2, "batch_size": 64, "validation": 0.1}


def trial_of(spec, seed, **overrides):
    model = model_spec(spec)
    chosen = recipe_of(model, "brief", {**SETTINGS, **overrides}, CPU)
    (trial,) = planned_trials({model: chosen}, DATA, [seed], "tensorflow", "auto")
    return trial


def record(spec, seed, accuracy, *, gap=0.02, rate=3000.0, cost=True, overrides=None, **results):
    """Return what a training would have given; results: other fields, or other values."""
    trial = trial_of(spec, seed, **(overrides or {}))
    history = tuple(EpochRecord(n, 2.0, rate, 1 / n, accuracy - 0.05) for n in (1, 2))
    given = {
        "status": "ok",
        "history": history,
        "test_loss": 0.5,
        "test_accuracy": accuracy,
        "final_train_accuracy": accuracy + gap,
        "seconds": 4.0,
    }
    if results.get("status") in ("failed", "unfinished"):
        given = {}
    return TrialRecord(
        trial=trial,
        device=CPU,
        versions=VERSIONS,
        cost=counted(trial.spec.model, input_shape=trial.input_shape) if cost else None,
        **given | results,
    )


def train_by(monkeypatch, result, *, stopped=False):
    """Let studies take their trainings from a function of model and seed; return what they ask.

    stopped: as if Ctrl-C had been pressed on the way.
    """
    asked = {}

    def compare(models, *, recipe, seeds, output=None, **options):
        asked.update({"models": models, "recipe": recipe, "seeds": tuple(seeds), **options})
        records = [
            replace(result(model, seed), trial=trial_of(model, seed, **options))
            for seed in seeds
            for model in models
        ]
        comparison = compare_records(records, models[0])
        if stopped:
            raise Interrupted(comparison)
        return comparison

    monkeypatch.setattr("netzoo.studies.effects.compare", compare)
    monkeypatch.setattr("netzoo.studies.effects.git_commit", lambda: None)
    return asked


def holm(ps):
    """Return the p values as Holm 1979 corrects them, step by step."""
    fair, worst = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[place]))
        fair[place] = worst
    return fair


def agree_in_every_form(table):
    """Assert that CSV, Markdown, HTML and a narrow table have every row of the table."""
    rows = list(csv.DictReader(io.StringIO(table.render("csv"))))
    assert [list(row.values()) for row in rows] == [
        ["" if cell.raw is None else str(cell.raw) for cell in row] for row in table.rows
    ]
    markdown, html = table.render("markdown").splitlines(), table.render("html")
    assert len([line for line in markdown if line.startswith("|")]) == len(table.rows) + 2
    assert html.count("<tr>") == len(table.rows) + 1
    narrow = table.render("table", width=80)
    for row in table.rows:
        assert all(row[1].text in text for text in ("\n".join(markdown), html, narrow))
    for line in table.footer:
        assert line in markdown

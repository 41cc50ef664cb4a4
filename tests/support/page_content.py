"""What a page is made of: trainings that never were, with predictions, filters and pictures."""

import random
import struct
from dataclasses import replace

from lesson_records import page_of, probed, usual
from study_records import DATA, record, train_by

import netzoo
from netzoo.records.arrays import Filters, Predictions, Thumbnails
from netzoo.records.calibration import BINS, Calibration
from netzoo.records.trial import EpochRecord
from netzoo.report.content import Content
from netzoo.results.rows import compare_groups

ACCURACIES = {
    "lenet": [0.70, 0.72, 0.69],
    "lenet-relu": [0.78, 0.79, 0.80],
    "lenet-modern": [0.74, 0.71, 0.75],
    "alexnet": [0.86, 0.88, 0.87],
}
IMAGES = 40  # that were tested
LABELS = [number % 10 for number in range(IMAGES)]

MARKUP = "<script>alert(1)</script>"
CLASSES = ('T-shirt/"top"', "裤子", "it's", "{x}", "</script>", "a&b", "g", "h", "i", "j")


def predictions(model, seed):
    """Return one answer in five as the next class, which ones by model and seed."""
    chance = random.Random(f"{model} {seed}")
    return Predictions.of(LABELS, [(c + (chance.random() < 0.2)) % 10 for c in LABELS])


def calibration():
    """Return the calibration of a network whose confidence is 0.6 or 0.9, too much by 0.1."""
    bins = {8: (10, 0.6, 0.5), 13: (30, 0.9, 0.8)}
    counts, *means = zip(*(bins.get(place, (0, None, None)) for place in range(BINS)), strict=True)
    return Calibration(0.1, counts, *means)


def filters(count=6):
    """Return filters of 5 × 5 grey pixels, the first of -1, the others rising to 1."""
    values = [-1 + 2 * number / (count - 1) for _ in range(25) for number in range(count)]
    packed = struct.pack(f"<{len(values)}e", *values)  # float16
    return Filters.of("conv1", (5, 5, 1, count), count, packed)


def history(accuracy, epochs=3):
    """Return epochs with all figures, each better than the one before."""
    return tuple(
        EpochRecord(n, 2.0, 3000.0, 1 / n, accuracy - 0.1 / n, 1.1 / n, accuracy - 0.2 / n)
        for n in range(1, epochs + 1)
    )


def groups(accuracies=None, **fields):
    """Return the records of each model; fields: of all records, in place of what they have."""
    return {
        name: [
            replace(
                record(name, seed, accuracy, history=history(accuracy), command="netzoo compare …"),
                **{"predictions": predictions(name, seed), "filters": filters()}
                | {"calibration": calibration(), **fields},
            )
            for seed, accuracy in enumerate(of_seeds)
        ]
        for name, of_seeds in (accuracies or ACCURACIES).items()
    }


def pictures():
    """Return 40 images of 4 × 4 pixels, each of one grey."""
    pixels = b"".join(bytes([6 * number] * 16) for number in range(IMAGES))
    return Thumbnails.of(DATA.sha256, (4, 4, 1), IMAGES, pixels)


def content(by_model=None, **fields):
    """Return what a page of these records shows; each model once as the baseline."""
    by_model = groups() if by_model is None else by_model
    return Content(
        comparisons={name: compare_groups(by_model, name) for name in by_model},
        records={name: tuple(group) for name, group in by_model.items()},
        **{"pictures": pictures(), **fields},
    )


def studies(monkeypatch):
    """Return an ablation with shares, a ladder, a probe and a lesson."""
    train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.5 + len(spec) / 200 + seed / 100))
    return (
        netzoo.ablate("lenet", changes=["activation", "pooling"], factorial=True),
        netzoo.ladder("lenet", "alexnet"),
        probed(),
        page_of(*usual()),
    )


def hostile():
    """Return records whose model and classes have names that could be taken for markup."""
    data = replace(DATA, class_names=CLASSES)
    told = {}
    for name, group in groups().items():
        shown = MARKUP if name == "lenet-relu" else name
        told[shown] = [
            replace(
                r, trial=replace(r.trial, model=shown, dataset=data), command=f"netzoo {MARKUP}"
            )
            for r in group
        ]
    return told

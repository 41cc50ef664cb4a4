"""PNG pictures: the test images on which models disagree, and the filters of first layers."""

import base64
import io
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netzoo.records.arrays import Filters, Thumbnails
from netzoo.records.trial import TrialRecord, TrialStatus

SHOWN_EACH = 6  # images of a pair that only the first predicts correctly; as many of the second
MOST_PAIRED = 6  # models up to which all pairs are shown; beyond, pairs with the first model
SHEET_PX = 240  # width of the picture of a layer's filters
FILTER_PX = 4, 12  # smallest and largest size of one weight


@dataclass(frozen=True)
class Disagreement:
    """A test image with two different predictions; number: its index in the split."""

    number: int
    url: str
    true: str
    predicted: tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """Two models with the same seed, and images on which they disagree.

    count: number of disagreements among the first `among` test images; shown: some of them.
    """

    models: tuple[str, str]
    seed: int
    count: int
    among: int
    shown: tuple[Disagreement, ...]


@dataclass(frozen=True)
class FilterSheet:
    """The filters of a model's first convolution in one picture, of width × height pixels."""

    model: str
    layer: str
    shape: tuple[int, int, int, int]
    seed: int
    url: str
    width: int
    height: int


def disagreements(
    records: Mapping[str, Sequence[TrialRecord]], pictures: Thumbnails | None
) -> list[Pair]:
    """Return the disagreements of each pair of models, for the first seed that both have.

    With more than MOST_PAIRED models, only pairs with the first model.
    """
    if pictures is None:
        return []
    pairs = []
    for first, second in itertools.combinations(records, 2):
        if len(records) > MOST_PAIRED and first != next(iter(records)):
            break
        trials = _common_seed(records[first], records[second])
        if trials is not None:
            pairs.append(_pair((first, second), trials, pictures))
    return pairs


def filter_sheets(records: Mapping[str, Sequence[TrialRecord]]) -> list[FilterSheet]:
    """Return each model's filters after training, of its first seed that has them."""
    sheets = []
    for name, group in records.items():
        record = next((r for r in group if r.filters is not None), None)
        if record is not None and record.filters is not None:
            picture = sheet(record.filters)
            least, most = FILTER_PX
            scale = min(most, max(least, SHEET_PX // picture.shape[1]))
            sheets.append(
                FilterSheet(
                    name,
                    record.filters.layer,
                    record.filters.shape,
                    record.trial.seed,
                    png_url(picture),
                    scale * picture.shape[1],
                    scale * picture.shape[0],
                )
            )
    return sheets


def sheet(filters: Filters) -> NDArray[np.uint8]:
    """Return filters as one picture (height, width, 1 or 3), with white lines of 1 px between.

    Grey is 0; the weight of the largest magnitude is white or black. Filters of other than 1 or 3
    input channels show the mean over their channels.
    """
    height, width, channels, count = filters.shape
    weights = np.frombuffer(filters.unpacked(), "<f2").astype(np.float32).reshape(filters.shape)
    if channels not in (1, 3):
        weights, channels = weights.mean(axis=2, keepdims=True), 1
    largest = float(np.abs(weights).max()) or 1.0
    grey = np.clip(127.5 + 127.5 * weights / largest, 0, 255).astype(np.uint8)
    across = min(count, max(1, round(math.sqrt(count * 2))))
    down = -(-count // across)
    page = np.full((down * (height + 1) + 1, across * (width + 1) + 1, channels), 255, np.uint8)
    for number in range(count):
        top, left = (number // across) * (height + 1) + 1, (number % across) * (width + 1) + 1
        page[top : top + height, left : left + width] = grey[..., number]
    return page


def png_url(pixels: NDArray[np.uint8]) -> str:
    """Return a picture (height, width, 1 or 3) as the data URL of a PNG."""
    picture = io.BytesIO()
    grey = pixels.shape[-1] == 1
    Image.fromarray(pixels[..., 0] if grey else pixels).save(picture, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()


def _common_seed(ours: Sequence[TrialRecord], theirs: Sequence[TrialRecord]) -> Any:
    """Return both models' records of the first common seed with predictions of the same images."""
    by_seed = {
        r.trial.seed: r for r in theirs if r.status == TrialStatus.OK and r.predictions is not None
    }
    for record in ours:
        other = by_seed.get(record.trial.seed)
        if record.status != TrialStatus.OK or record.predictions is None or other is None:
            continue
        if other.predictions is not None and record.predictions.labels == other.predictions.labels:
            return record, other
    return None


def _pair(
    models: tuple[str, str], trials: tuple[TrialRecord, TrialRecord], pictures: Thumbnails
) -> Pair:
    one, other = (record.predictions for record in trials)
    assert one is not None
    assert other is not None
    names = trials[0].trial.dataset.class_names
    classes = list(
        zip(one.true_classes(), one.predicted_classes(), other.predicted_classes(), strict=True)
    )[: pictures.count]
    differing = [number for number, (_, first, second) in enumerate(classes) if first != second]
    only_one = [n for n in differing if classes[n][1] == classes[n][0]][:SHOWN_EACH]
    only_other = [n for n in differing if classes[n][2] == classes[n][0]][:SHOWN_EACH]
    shown = tuple(
        Disagreement(
            number,
            png_url(np.frombuffer(pictures.picture(number), np.uint8).reshape(pictures.shape)),
            names[classes[number][0]],
            (names[classes[number][1]], names[classes[number][2]]),
        )
        for number in (*only_one, *only_other)
    )
    return Pair(models, trials[0].trial.seed, len(differing), len(classes), shown)

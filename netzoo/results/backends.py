"""The comparison of backends: the same networks on each, and the verdicts against the first one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar

from netzoo import units
from netzoo.records.trial import TrialRecord
from netzoo.results.comparison import SPARE, Comparison
from netzoo.results.fairness import warnings
from netzoo.results.metric import ACCURACY
from netzoo.results.model_row import ModelRow
from netzoo.results.rows import compare_groups, compare_records
from netzoo.stats import Delta
from netzoo.tables.notes import origin_lines

ByBackend = Mapping[str, Sequence[TrialRecord]]


@dataclass(frozen=True)
class WithinBackend:
    """A model against the baseline model on the same backend; fields as in a ModelRow."""

    backend: str
    model: str
    delta: Delta | None
    verdict: str | None
    more_seeds: int | None


@dataclass(frozen=True)
class BackendComparison(Comparison):
    """The same trials on several backends, as `netzoo compare --backends --format json` prints it.

    A row is a model on a backend, "lenet (torch)" by name. Its delta and verdict are against the
    same model on the first backend, corrected for all rows; on a single backend, against the
    baseline model there. backend, device: of the first backend.
    backends: those with trials, in the order that was asked for. missing: the others, each with
    what became of it; failed: those of them that an error ended. within: each model's verdict
    against the baseline model on the same backend, corrected within the backend.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100}
    >>> comparison = netzoo.compare("lenet", backends=["tensorflow"], **few)
    >>> [(row.model, row.backend) for row in comparison.models]
    [('lenet', 'tensorflow')]
    """

    # The costs, which are equal on all backends, before the speed and the memory.
    SPARE: ClassVar[tuple[str, ...]] = (
        *SPARE,
        *("input_shape", "params", "macs", "first_step_seconds", "process_bytes"),
    )
    NAMES: ClassVar[int] = 2
    ONE_SEED: ClassVar[str] = (
        "One seed: the verdict compares these trained networks on these test images. A backend "
        "draws other numbers from the seed, as another seed would, so a difference may be that of "
        "two draws alone. Use 3 seeds or more to compare the backends."
    )

    backends: tuple[str, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    within: tuple[WithinBackend, ...] = ()

    def base_of(self, row: ModelRow) -> ModelRow:
        """Return the row of the same model on the first backend, of a single one the baseline."""
        if len(self.backends) == 1:
            return self.base
        return next(each for each in self.models if each.model == row.model)

    @property
    def bases(self) -> str:
        """Return what the rows are compared with, in words."""
        if len(self.backends) == 1:
            return self.base.model
        return f"the same network on {self.backends[0]}"

    def empty_columns(self) -> set[str]:
        """Return the keys of columns that tell nothing of this comparison."""
        shown = {"backend", "first_step_seconds", "process_bytes"}
        if any(row.device_bytes is not None for row in self.models):
            shown |= {"device_bytes"}
        return super().empty_columns() - shown

    def label(self, row: ModelRow) -> str:
        """Return the model, beside which the table has the backend."""
        return row.model

    def own_lines(self) -> list[str]:
        """Return the lines on missing backends, on times and memory, and within each backend."""
        lines = [f"{name} {words}" for name, words in self.missing.items()]
        lines.append(
            "Time to first step: from the request to train, after the imports, to the end of the "
            "first step: images, building, compiling, step. JAX takes from a cache what netzoo has "
            "compiled to time a few steps. Peak memory: of the trial's process, with its imports."
        )
        if len(self.backends) > 1:
            settings = self.recipe["by_model"].values()
            same = all(each.get("same_weights") for each in settings)
            lines.append(
                "The same seed gives the same images in the same order on every backend"
                + (", and the same initial weights," if same else ",")
                + f" but other {'dropout' if same else 'initial weights and dropout'}."
            )
            lines += self._within_lines()
        return lines

    def origin(self) -> list[str]:
        """Return the provenance; settings by model, since warnings name what backends change."""
        by_model: dict[str, dict[str, object]] = {}
        for row in self.models:
            by_model.setdefault(row.model, self.recipe["by_model"][row.name])
        recipe = {**self.recipe, "by_model": by_model}
        return origin_lines(replace(self, recipe=recipe, backend=", ".join(self.backends)))

    def _within_lines(self) -> list[str]:
        """Return a line for each backend: its models against the baseline model."""
        lines = []
        for backend in self.backends:
            told = [
                f"{each.model} {units.points(each.delta.mean, each.delta.ci95)}, {each.verdict}"
                for each in self.within
                if each.backend == backend and each.delta is not None
            ]
            if told:
                lines.append(
                    f"On {backend}, against {self.base.model}, in points: {'; '.join(told)}."
                )
        return lines


def compare_backends(
    records: ByBackend,
    baseline: str,
    metric: str = ACCURACY,
    missing: Mapping[str, str] | None = None,
    failed: Sequence[str] = (),
    target: float | None = None,
) -> BackendComparison:
    """Return the comparison of the records of each backend, at least one; the first is the base.

    records: by backend, each with the same models, in the order of the table's rows. baseline: a
    model. metric: what the verdicts are of. missing, failed, target: as in a BackendComparison.
    """
    table = by_model(records)
    groups, bases = {}, {}
    for model, by_backend in table.items():
        for backend, group in by_backend.items():
            name = row_name(model, backend)
            groups[name] = group
            bases[name] = row_name(model, next(iter(by_backend)))
    first = bases[row_name(baseline, next(iter(records)))]
    if len(records) == 1:
        bases = dict.fromkeys(groups, first)
    whole = compare_groups(groups, first, metric, bases, target)
    return BackendComparison(
        **{each.name: getattr(whole, each.name) for each in fields(whole)}
        | {"warnings": _warnings(table, records)},
        backends=tuple(records),
        missing=dict(missing or {}),
        failed=tuple(failed),
        within=tuple(
            WithinBackend(backend, row.name, row.delta, row.verdict, row.more_seeds)
            for backend, held in records.items()
            for row in compare_records(held, baseline, metric).models
            if row.name != baseline
        ),
    )


def row_name(model: str, backend: str) -> str:
    """Return the name of the row of a model on a backend."""
    return f"{model} ({backend})"


def by_model(records: ByBackend) -> dict[str, dict[str, list[TrialRecord]]]:
    """Return the records of each model, by backend."""
    table: dict[str, dict[str, list[TrialRecord]]] = {}
    for backend, held in records.items():
        for record in held:
            by_backend = table.setdefault(record.trial.model, {})
            by_backend.setdefault(backend, []).append(record)
    return table


def _warnings(
    table: dict[str, dict[str, list[TrialRecord]]], records: ByBackend
) -> tuple[str, ...]:
    """Return what differs between the models of a backend, and between the backends of a model."""
    lines: dict[str, None] = {}
    for backend in records:
        groups = {model: held[backend] for model, held in table.items() if backend in held}
        lines |= dict.fromkeys(warnings(groups))
    for by_backend in table.values():
        lines |= dict.fromkeys(warnings(by_backend, "backend"))
    return tuple(lines)

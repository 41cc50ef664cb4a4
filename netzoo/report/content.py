"""The content of a page: comparisons, records, studies and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from netzoo.records.arrays import Thumbnails
from netzoo.records.trial import TrialRecord
from netzoo.report.latency import latencies
from netzoo.report.pictures import FilterSheet, Pair, disagreements, filter_sheets
from netzoo.results.bench import Bench
from netzoo.results.comparison import Comparison
from netzoo.results.lesson import LessonPage
from netzoo.results.probe import Probe
from netzoo.results.study import Study
from netzoo.results.tuning import Tuning


@dataclass(frozen=True)
class Content:
    """The content of the folders that a page shows.

    comparisons: the same trials against each baseline, by the baseline's name; the requested
    baseline is the first. records: of all trials, by the model's name on the page.
    studies: results of ablations, ladders, probes, lessons and searches.
    benches: measurements of speed.
    pictures: thumbnails of the first test images, None if no folder has them.
    notes: messages about damaged files.
    """

    comparisons: dict[str, Comparison]
    records: dict[str, tuple[TrialRecord, ...]]
    studies: tuple[Study, ...] = ()
    pictures: Thumbnails | None = None
    notes: tuple[str, ...] = ()
    benches: tuple[Bench, ...] = ()

    @property
    def models(self) -> Sequence[str]:
        """Return the names of the models: trained models first, then others."""
        probes = [s.probe if isinstance(s, LessonPage) else s for s in self.studies]
        layers = [row for probe in probes if isinstance(probe, Probe) for row in probe.layers]
        searches = [study for study in self.studies if isinstance(study, Tuning)]
        searched = [row.model for search in searches for row in search.models]
        return list(dict.fromkeys([*self.records, *(row.model for row in layers), *searched]))

    @property
    def comparison(self) -> Comparison | None:
        """Return the comparison with the requested baseline; None without trained models."""
        return next(iter(self.comparisons.values()), None)

    @cached_property
    def latencies(self) -> dict[str, tuple[float, str]]:
        """Return the latency of one image in seconds and its device, by the model's name."""
        return latencies(self.records, self.benches)

    @cached_property
    def pairs(self) -> list[Pair]:
        """Return the test images on which models disagree."""
        return disagreements(self.records, self.pictures)

    @cached_property
    def sheets(self) -> list[FilterSheet]:
        """Return the filters of each model's first convolution, as pictures."""
        return filter_sheets(self.records)

"""What a page is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from netzoo.records.arrays import Thumbnails
from netzoo.records.trial import TrialRecord
from netzoo.report.pictures import FilterSheet, Pair, disagreements, filter_sheets
from netzoo.results.comparison import Comparison
from netzoo.results.lesson import LessonPage
from netzoo.results.probe import Probe
from netzoo.results.study import Study


@dataclass(frozen=True)
class Content:
    """What was found in the folders of which a page is made.

    comparisons: the same trials against each baseline in turn, by its name; the first is the one
    that was asked for. records: of all trials, by the model's name on the page.
    studies: what ablations, ladders, probes and lessons found.
    pictures: the first test images, None where no folder holds them.
    notes: what was damaged or left out.
    """

    comparisons: dict[str, Comparison]
    records: dict[str, tuple[TrialRecord, ...]]
    studies: tuple[Study, ...] = ()
    pictures: Thumbnails | None = None
    notes: tuple[str, ...] = ()

    @property
    def models(self) -> Sequence[str]:
        """Return the names of the models, those that were trained before those only probed."""
        probes = [s.probe if isinstance(s, LessonPage) else s for s in self.studies]
        layers = [row for each in probes if isinstance(each, Probe) for row in each.layers]
        return list(dict.fromkeys([*self.records, *(row.model for row in layers)]))

    @property
    def comparison(self) -> Comparison | None:
        """Return the comparison with the baseline that was asked for; None if nothing trained."""
        return next(iter(self.comparisons.values()), None)

    @cached_property
    def pairs(self) -> list[Pair]:
        """Return what models disagree on, in pictures."""
        return disagreements(self.records, self.pictures)

    @cached_property
    def sheets(self) -> list[FilterSheet]:
        """Return the filters of the models' first layers, in pictures."""
        return filter_sheets(self.records)

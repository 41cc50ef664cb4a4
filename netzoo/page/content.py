"""What a page is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netzoo.comparisons import Comparison
from netzoo.records import TrialRecord

if TYPE_CHECKING:
    from netzoo.page.pictures import FilterSheet, Pair


@dataclass(frozen=True)
class Content:
    """What was found in the folders of which a page is made.

    comparisons: the same trials against each baseline in turn, by its name; the first is the one
    that was asked for. records: of all trials, by the model's name on the page.
    studies: what ablations, ladders, probes and lessons found, as their JSON has it.
    pictures: the first test images, None where no folder holds them.
    notes: what was damaged or left out.
    """

    comparisons: dict[str, Comparison]
    records: dict[str, tuple[TrialRecord, ...]]
    studies: tuple[dict[str, Any], ...] = ()
    pictures: Any = None
    notes: tuple[str, ...] = ()

    @property
    def models(self) -> Sequence[str]:
        """Return the names of the models, those that were trained before those only probed."""
        probes = (study.get("probe") or study for study in self.studies)
        probed = [row["model"] for probe in probes for row in probe.get("layers", ())]
        return list(dict.fromkeys([*self.records, *probed]))

    @property
    def comparison(self) -> Comparison | None:
        """Return the comparison with the baseline that was asked for; None if nothing trained."""
        return next(iter(self.comparisons.values()), None)

    @cached_property
    def pairs(self) -> "list[Pair]":
        """Return what models disagree on, in pictures."""
        from netzoo.page.pictures import disagreements

        return disagreements(self.records, self.pictures)

    @cached_property
    def sheets(self) -> "list[FilterSheet]":
        """Return the filters of the models' first layers, in pictures."""
        from netzoo.page.pictures import filter_sheets

        return filter_sheets(self.records)

"""What changes of a network buy: one by one from a base, or one after another along a ladder."""

from dataclasses import dataclass, field
from typing import Any

from netzoo.records import SCHEMA, to_plain
from netzoo.results.comparison import Comparison, ModelRow
from netzoo.stats import Delta, Spread
from netzoo.tabled import Tabled
from netzoo.tables.table import Table


@dataclass(frozen=True)
class Effect:
    """What a change does; every difference is the changed model minus the one it is compared with.

    change: in words, "activation: relu → sigmoid". model: the changed one, a spec.
    accuracy, gap: of the test accuracy, and of the train–test gap; accuracy is a difference of
    shares of one. speed: training images a second / those of the other.
    verdict: on accuracy, as in a Comparison.
    """

    change: str
    model: str
    params: int | None
    macs: int | None
    accuracy: Delta | None
    gap: Delta | None
    speed: float | None
    verdict: str | None


@dataclass(frozen=True)
class Share:
    """A change's part of the joint effect of all: its Shapley value, of each seed, over the seeds.

    ratio: of the mean to the joint effect's mean.
    """

    change: str
    accuracy: Spread
    ratio: float | None


@dataclass(frozen=True)
class Interaction:
    """What two changes do together beyond what each does alone; verdict: as on a difference.

    "better": together they give more than the sum of both.
    """

    changes: tuple[str, str]
    accuracy: Delta
    verdict: str


class _Compared(Tabled):
    """A study that is one comparison, read in a way of its own."""

    comparison: Comparison

    @property
    def models(self) -> tuple[ModelRow, ...]:
        """Return the rows of all models that were trained."""
        return self.comparison.models

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain dicts, lists, strings and numbers."""
        told: dict[str, Any] = to_plain(self)
        return {**told, "comparison": self.comparison.to_dict()}


@dataclass(frozen=True)
class Ablation(_Compared):
    """A base model, and the same with one change each; with all combinations, also their shares.

    total: the test accuracy of the model with all changes minus the base's, by seed; it, shares and
    interactions are None or empty without all combinations.
    """

    base: str
    effects: tuple[Effect, ...]
    comparison: Comparison
    total: Spread | None = None
    shares: tuple[Share, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    schema: int = field(default=SCHEMA)

    def table(self) -> Table:
        """Return the table of the changes, each against the base."""
        from netzoo.report.ablation import ablation_table

        return ablation_table(self)


@dataclass(frozen=True)
class Ladder(_Compared):
    """A way from one model to another, a change at a time.

    rungs: from the second on; each effect is that of the last change, against the rung before.
    comparison: all rungs, in their order; its differences are those to the first.
    """

    rungs: tuple[Effect, ...]
    comparison: Comparison
    schema: int = field(default=SCHEMA)

    def table(self) -> Table:
        """Return the table of the rungs, each against the one before."""
        from netzoo.report.ablation import ladder_table

        return ladder_table(self)

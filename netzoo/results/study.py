"""The results of studies, read again from what was written of them."""

from typing import Any

from netzoo.errors import DataError
from netzoo.records.codec import from_plain, to_plain
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.comparison import Comparison
from netzoo.results.lesson import LessonPage
from netzoo.results.probe import Probe

Study = Ablation | Ladder | Probe | LessonPage

# What each has and no other.
_KINDS: dict[str, type[Study]] = {
    "effects": Ablation,
    "rungs": Ladder,
    "layers": Probe,
    "claims": LessonPage,
}


def study_of(told: dict[str, Any], where: str) -> Study:
    """Return the result that `to_dict` told; where: a name for it in the error.

    Raises DataError if it is not whole.
    """
    kind = next((kind for key, kind in _KINDS.items() if key in told), None)
    if kind is None:
        raise DataError(f"{where} does not hold the result of a study.")
    if told.get("comparison") is not None:
        trained = Comparison.from_dict(told["comparison"], where)
        told = {**told, "comparison": to_plain(trained)}
    return from_plain(kind, told, where)

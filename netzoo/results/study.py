"""The results of studies, decoded from their files."""

from typing import Any

from netzoo.errors import DataError
from netzoo.records.codec import from_plain, to_plain
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.comparison import Comparison
from netzoo.results.lesson import LessonPage
from netzoo.results.probe import Probe

Study = Ablation | Ladder | Probe | LessonPage

# A key that only this kind of result has.
_KINDS: dict[str, type[Study]] = {
    "effects": Ablation,
    "rungs": Ladder,
    "layers": Probe,
    "claims": LessonPage,
}


def study_of(plain: dict[str, Any], where: str) -> Study:
    """Return the result from the values of `to_dict`; where: their name in the error.

    Raises DataError if they are not complete.
    """
    kind = next((kind for key, kind in _KINDS.items() if key in plain), None)
    if kind is None:
        raise DataError(f"{where} does not hold the result of a study.")
    if plain.get("comparison") is not None:
        comparison = Comparison.from_dict(plain["comparison"], where)
        plain = {**plain, "comparison": to_plain(comparison)}
    return from_plain(kind, plain, where)

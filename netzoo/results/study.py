"""The results of studies, decoded from their files."""

from typing import Any

from netzoo.errors import DataError
from netzoo.records.codec import from_plain, to_plain
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.comparison import Comparison
from netzoo.results.lesson import LessonPage
from netzoo.results.probe import Probe
from netzoo.results.tuning import Tuning

Study = Ablation | Ladder | Probe | LessonPage | Tuning

_KINDS: dict[str, type[Study]] = {
    "ablation": Ablation,
    "ladder": Ladder,
    "probe": Probe,
    "lesson": LessonPage,
    "tuning": Tuning,
}
# Files of older versions do not name the kind; each has a key that the others lack.
_KEYS = {"effects": "ablation", "rungs": "ladder", "layers": "probe", "claims": "lesson"}


def kind_of(study: Study) -> str:
    """Return the kind of a study: "ablation", "ladder", "probe", "lesson" or "tuning"."""
    return next(name for name, kind in _KINDS.items() if isinstance(study, kind))


def study_of(plain: dict[str, Any], where: str, kind: str | None = None) -> Study:
    """Return the result from the values of `to_dict`.

    where: their name in the error. kind: as in `kind_of`; None in files of older versions.
    Raises DataError for an unknown kind, or if the values are not complete.
    """
    if kind is None:
        kind = next((name for key, name in _KEYS.items() if key in plain), "")
    if kind not in _KINDS:
        raise DataError(f"{where} does not hold the result of a study.")
    if plain.get("comparison") is not None:
        comparison = Comparison.from_dict(plain["comparison"], where)
        plain = {**plain, "comparison": to_plain(comparison)}
    return from_plain(_KINDS[kind], plain, where)

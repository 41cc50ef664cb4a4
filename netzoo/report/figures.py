"""All figures of a page, in order."""

from collections.abc import Sequence

from netzoo.report.architecture import architecture
from netzoo.report.calibration import calibration
from netzoo.report.changes import ablation, ladder, shares
from netzoo.report.confusion import confusion
from netzoo.report.content import Content
from netzoo.report.curves import curves
from netzoo.report.effort import effort
from netzoo.report.figure import Figure
from netzoo.report.inside import inside
from netzoo.report.layers import layers
from netzoo.report.target import time_to_accuracy
from netzoo.report.tradeoff import tradeoff
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.lesson import LessonPage
from netzoo.results.study import Study
from netzoo.results.tuning import Tuning


def figures(content: Content) -> list[Figure]:
    """Return the figures for which the content has data."""
    drawn = [figure for study in content.studies for figure in _of_study(study, content.models)]
    if content.comparison is not None:
        costs = {name: group[0].cost for name, group in content.records.items() if group[0].cost}
        changes = {name: group[0].trial.changes for name, group in content.records.items()}
        networks: dict[str, str] = {}  # each once, if it is compared on several backends
        for row in content.comparison.models:
            networks.setdefault(content.comparison.label(row), row.name)
        drawn_once = {name: costs[name] for name in networks.values() if name in costs}
        drawn += [
            tradeoff(content.comparison, content.latencies),
            time_to_accuracy(content.comparison, content.records),
            curves(content.comparison),
            layers(costs),
            architecture(drawn_once, changes, content.comparison.baseline),
            confusion(content.records),
            calibration(content.records),
        ]
    return _with_own_names([figure for figure in drawn if figure is not None])


def _of_study(study: Study, models: Sequence[str]) -> list[Figure | None]:
    """Return the figures of a study; for a lesson, that of its probe.

    models: all models of the page, in the order of their colours.
    """
    if isinstance(study, Ablation):
        return [ablation(study), shares(study)]
    if isinstance(study, Ladder):
        return [ladder(study)]
    if isinstance(study, Tuning):
        return [effort(study, models)]
    probe = study.probe if isinstance(study, LessonPage) else study
    return [] if probe is None else [inside(probe, models)]


def _with_own_names(drawn: Sequence[Figure]) -> list[Figure]:
    """Return the figures with a number after each repeated name: "ablation", "ablation-2"."""
    by_name: dict[str, Figure] = {}
    for figure in drawn:
        name, number = figure.name, 2
        while name in by_name:
            name, number = f"{figure.name}-{number}", number + 1
        by_name[name] = figure if name == figure.name else figure.renamed(name)
    return list(by_name.values())

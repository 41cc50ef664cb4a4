"""All figures that a page has, in its order."""

from collections.abc import Sequence

from netzoo.report.architecture import architecture
from netzoo.report.changes import ablation, ladder, shares
from netzoo.report.confusion import confusion
from netzoo.report.content import Content
from netzoo.report.curves import curves
from netzoo.report.figure import Figure
from netzoo.report.inside import inside
from netzoo.report.layers import layers
from netzoo.report.tradeoff import tradeoff
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.lesson import LessonPage
from netzoo.results.study import Study


def figures(content: Content) -> list[Figure]:
    """Return the figures for which the content has something to show."""
    found = [figure for study in content.studies for figure in _of_study(study, content.models)]
    if content.comparison is not None:
        costs = {name: group[0].cost for name, group in content.records.items() if group[0].cost}
        changes = {name: group[0].trial.changes for name, group in content.records.items()}
        found += [
            tradeoff(content.comparison),
            curves(content.comparison),
            layers(costs),
            architecture(costs, changes, content.comparison.baseline),
            confusion(content.records),
        ]
    return _apart([figure for figure in found if figure is not None])


def _of_study(study: Study, models: Sequence[str]) -> list[Figure | None]:
    """Return the figures of a study; of a lesson, that of the probe in it.

    models: of the page, in the order of their colours.
    """
    if isinstance(study, Ablation):
        return [ablation(study), shares(study)]
    if isinstance(study, Ladder):
        return [ladder(study)]
    probe = study.probe if isinstance(study, LessonPage) else study
    return [] if probe is None else [inside(probe, models)]


def _apart(found: Sequence[Figure]) -> list[Figure]:
    """Return the figures with a number after a name that has come before, as of two ablations."""
    told: dict[str, Figure] = {}
    for figure in found:
        name, number = figure.name, 2
        while name in told:
            name, number = f"{figure.name}-{number}", number + 1
        told[name] = figure if name == figure.name else figure.renamed(name)
    return list(told.values())

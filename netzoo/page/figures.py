"""All figures that a page has, in its order."""

from collections.abc import Sequence

from netzoo.page.architecture import architecture
from netzoo.page.confusion import confusion
from netzoo.page.content import Content
from netzoo.page.curves import curves
from netzoo.page.figure import Figure
from netzoo.page.layers import layers
from netzoo.page.studies import study_figures
from netzoo.page.tradeoff import tradeoff


def figures(content: Content) -> list[Figure]:
    """Return the figures for which the content has something to show."""
    found = [figure for study in content.studies for figure in study_figures(study, content.models)]
    if content.comparison is not None:
        costs = {name: group[0].cost for name, group in content.records.items() if group[0].cost}
        changes = {name: group[0].trial.changes for name, group in content.records.items()}
        found += [
            figure
            for figure in (
                tradeoff(content.comparison),
                curves(content.comparison),
                layers(costs),
                architecture(costs, changes, content.comparison.baseline),
                confusion(content.records),
            )
            if figure is not None
        ]
    return _apart(found)


def _apart(found: Sequence[Figure]) -> list[Figure]:
    """Return the figures with a number after a name that has come before, as of two ablations."""
    told: dict[str, Figure] = {}
    for figure in found:
        name, number = figure.name, 2
        while name in told:
            name, number = f"{figure.name}-{number}", number + 1
        told[name] = figure if name == figure.name else figure.renamed(name)
    return list(told.values())

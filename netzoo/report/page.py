"""One HTML file that holds all it shows: answer, table, figures, pictures, and how to repeat it.

Nothing in it is fetched, and every name from outside is written as text: by Jinja's escaping in the
markup, and as JSON without markup characters in the script's data.
"""

import functools
from collections.abc import Sequence
from typing import Any

import vl_convert
from markupsafe import Markup

from netzoo.report import figures
from netzoo.report.answer import Answer, answer, study_answer
from netzoo.report.content import Content
from netzoo.report.drawing import VEGA_LITE
from netzoo.report.figure import Figure, colors
from netzoo.report.foot import foot
from netzoo.report.markup import rendered
from netzoo.report.words import LANGUAGES, dictionary
from netzoo.results.lesson import LessonPage


def page(content: Content, language: str = "en", drawn: Sequence[Figure] | None = None) -> str:
    """Return the page as HTML; language: the one that it opens in, "en" or "zh".

    drawn: the content's figures, if they are at hand.
    """
    drawn = figures.figures(content) if drawn is None else drawn
    comparisons = content.comparisons
    return rendered(
        "page.html",
        language=language,
        languages=LANGUAGES,
        models=list(zip(content.models, colors(content.models), strict=True)),
        answers=_answers(content),
        tables={name: each.table() for name, each in comparisons.items()},
        claims=[
            c for study in content.studies if isinstance(study, LessonPage) for c in study.claims
        ],
        figures=drawn,
        pairs=content.pairs,
        sheets=content.sheets,
        foot=foot(content),
        data=_data(drawn),
        library=_library(),
    )


def _answers(content: Content) -> dict[str, Answer]:
    """Return the answer against each baseline; a study alone on its page has its own."""
    own = study_answer(content.studies[0]) if len(content.studies) == 1 else None
    if own is None and not content.comparisons:
        own = Answer(("What the networks look like inside", {}))
    if own is not None:
        return dict.fromkeys(content.comparisons or [""], own)
    return {name: answer(each) for name, each in content.comparisons.items()}


def _data(drawn: Sequence[Figure]) -> dict[str, Any]:
    """Return what the page's script draws."""
    told = []
    for figure in drawn:
        signals = {c.signal: c.options[0][0] for c in figure.choices if c.signal}
        told.append(
            {
                "name": figure.name,
                "specs": figure.specs,
                "datasets": figure.datasets(),
                "signals": signals,
                "wide": figure.wide,
            }
        )
    return {"figures": told, "words": {"zh": dictionary()}}


@functools.cache
def _library() -> Markup:
    """Return Vega, Vega-Lite and Vega-Embed as one script that can stand inside a page."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return Markup(script.replace("</script", "<\\/script").replace("<!--", "<\\!--"))

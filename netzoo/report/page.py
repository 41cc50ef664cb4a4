"""The report as one self-contained HTML file: verdicts, table, figures, pictures, provenance.

The file loads nothing from elsewhere. Names of models and classes are always text: Jinja escapes
them in the markup, and the script's JSON has no markup characters.
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
from netzoo.report.markup import render
from netzoo.report.words import LANGUAGES, dictionary
from netzoo.results.lesson import LessonPage


def page(content: Content, language: str = "en", drawn: Sequence[Figure] | None = None) -> str:
    """Return the page as HTML.

    language: the initial language, "en" or "zh". drawn: the content's figures, if already made.
    """
    drawn = figures.figures(content) if drawn is None else drawn
    comparisons = content.comparisons
    return render(
        "page.html",
        language=language,
        languages=LANGUAGES,
        models=list(zip(content.models, colors(content.models), strict=True)),
        answers=_answers(content),
        tables={
            name: (comparison.table(), [row.name for row in comparison.models])
            for name, comparison in comparisons.items()
        },
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
    """Return the answer for each baseline; a page of one study has the study's answer."""
    own = study_answer(content.studies[0]) if len(content.studies) == 1 else None
    if own is None and not content.comparisons:
        own = Answer(("Outputs and gradients by layer", {}))
    if own is not None:
        return dict.fromkeys(content.comparisons or [""], own)
    return {name: answer(comparison) for name, comparison in content.comparisons.items()}


def _data(drawn: Sequence[Figure]) -> dict[str, Any]:
    """Return the data of the page's script: the figures, and the translations."""
    plain = []
    for figure in drawn:
        signals = {c.signal: c.options[0][0] for c in figure.choices if c.signal}
        plain.append(
            {
                "name": figure.name,
                "specs": figure.specs,
                "datasets": figure.datasets(),
                "signals": signals,
                "wide": figure.wide,
            }
        )
    return {"figures": plain, "words": {"zh": dictionary()}}


@functools.cache
def _library() -> Markup:
    """Return Vega, Vega-Lite and Vega-Embed as one script, safe inside a script element."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return Markup(script.replace("</script", "<\\/script").replace("<!--", "<\\!--"))

"""The templates of the page, with every value from outside escaped."""

import functools
from typing import Any

import jinja2
from markupsafe import Markup

from netzoo.report.words import LANGUAGES, said


def rendered(template: str, /, **values: Any) -> str:
    """Return a template of the folder templates/ with its values filled in."""
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("netzoo.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"say": _say, "said": said}
    return found


def _say(text: str, /, **values: Any) -> Markup:
    """Return a text in each language, of which the page's style shows one."""
    told = [(language, said(language, text, **values)) for language in LANGUAGES]
    if len({words for _, words in told}) == 1:
        return Markup.escape(told[0][1])
    spans = (Markup('<span lang="{}">{}</span>').format(*each) for each in told)
    return Markup("").join(spans)

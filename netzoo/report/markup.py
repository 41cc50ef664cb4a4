"""Rendering of the page's templates, with every value escaped."""

import functools
from typing import Any

import jinja2
from markupsafe import Markup

from netzoo.report.words import LANGUAGES, translate


def render(template: str, /, **values: Any) -> str:
    """Return a template of the folder templates/ with its values filled in."""
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("netzoo.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"bilingual": _bilingual, "translate": translate}
    return environment


def _bilingual(text: str, /, **values: Any) -> Markup:
    """Return a text in every language; the page's style shows one of them."""
    versions = [(language, translate(language, text, **values)) for language in LANGUAGES]
    if len({words for _, words in versions}) == 1:
        return Markup.escape(versions[0][1])
    spans = (Markup('<span lang="{}">{}</span>').format(*version) for version in versions)
    return Markup("").join(spans)

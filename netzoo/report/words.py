"""The page's words in each language: written in English, the others by dictionary."""

import functools
import json
from importlib import resources
from typing import Any

LANGUAGES = {"en": "English", "zh": "中文"}

Sentence = tuple[str, dict[str, Any]]  # an English text with places, and what fills them


@functools.cache
def dictionary() -> dict[str, str]:
    """Return the Chinese of each English text; both may have {places} for values."""
    text = resources.files("netzoo.report").joinpath("chinese.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def said(language: str, text: str, /, **values: Any) -> str:
    """Return a text in a language, its places filled; English where there is no other."""
    chosen = dictionary().get(text, text) if language == "zh" else text
    return chosen.format(**values) if values else chosen


def translated(spec: Any, language: str) -> Any:
    """Return a Vega-Lite specification with its titles in a language."""
    if isinstance(spec, dict):
        return {
            key: said(language, value)
            if key == "title" and isinstance(value, str)
            else translated(value, language)
            for key, value in spec.items()
        }
    return [translated(each, language) for each in spec] if isinstance(spec, list) else spec

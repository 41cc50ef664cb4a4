"""The texts of the page in each language: written in English, translated by a dictionary."""

import functools
import json
from importlib import resources
from typing import Any

LANGUAGES = {"en": "English", "zh": "中文"}

Sentence = tuple[str, dict[str, Any]]  # an English text with {fields}, and their values


@functools.cache
def dictionary() -> dict[str, str]:
    """Return the Chinese of each English text; both may have {fields} for values."""
    text = resources.files("netzoo.report").joinpath("chinese.json").read_text("utf-8")
    translations: dict[str, str] = json.loads(text)
    return translations


def translate(language: str, text: str, /, **values: Any) -> str:
    """Return an English text in a language, with its fields filled.

    A text without a translation, such as a model's name, stays as it is.
    """
    translation = dictionary().get(text, text) if language == "zh" else text
    return translation.format(**values) if values else translation


def translate_titles(spec: Any, language: str) -> Any:
    """Return a Vega-Lite specification with its titles in a language."""
    if isinstance(spec, dict):
        return {
            key: translate(language, value)
            if key == "title" and isinstance(value, str)
            else translate_titles(value, language)
            for key, value in spec.items()
        }
    if isinstance(spec, list):
        return [translate_titles(item, language) for item in spec]
    return spec

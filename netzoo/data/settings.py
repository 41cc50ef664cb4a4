"""The text that names a data set on disk, and its settings: "photos@size=64,test=0.1"."""

import os
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from netzoo.errors import BadInput, no_such

MOST_PX = 4096
GROUP = "group="  # the last setting, which may have any letters
_TAIL = re.compile(r"(.*?)@((?:\w+=[^@/,]*,)*group=.*|\w+=[^@/]*)", re.S)
_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?"


@dataclass(frozen=True)
class Settings:
    """How a source is read.

    size: height and width in px to which images are resized; None: as `pictures` chooses.
    test: the share held out for testing where there is no test split. links: whether links that
    lead out of a folder are followed. damaged: whether damaged images are left out, not an error.
    range: the values that become 0 and 255; None: by the training images. channels: the order of
    the values of a colour image in a row of numbers, "last" (each pixel's red, green, blue) or
    "first" (all of red first). label: the column of labels; "" for the usual names. group: the
    regular expression that finds an image's group in its name; "" without groups.
    inspects: whether nothing is trained, so that damaged images are told, not an error; no text
    sets it.
    """

    size: tuple[int, int] | None = None
    test: float = 0.2
    links: bool = False
    damaged: bool = False
    range: tuple[float, float] | None = None
    channels: str = "last"
    label: str = ""
    group: str = ""
    inspects: bool = False

    @property
    def leaves_out(self) -> bool:
        """Return whether damaged images are left out."""
        return self.damaged or self.inspects

    def only(self, kind: str, *names: str) -> None:
        """Raise BadInput for a setting that is given and that a kind of source does not take."""
        usual = Settings()
        for field in fields(self):
            given = getattr(self, field.name) != getattr(usual, field.name)
            if given and field.name not in (*names, "inspects"):
                taken = f"; they take {', '.join(names)}" if names else ", nor any other setting"
                raise BadInput(f"{kind} take no {field.name}{taken}.")


def split_settings(text: str) -> tuple[str, Settings]:
    """Return the path in a text and its settings; a path that exists is taken as it is.

    Raises UnknownName for another setting, BadInput for a wrong value.
    """
    match = _TAIL.fullmatch(text)
    if match is None or os.path.exists(os.path.expanduser(text)):
        return text, Settings()
    settings, given = Settings(), set()
    for part in _parts(match[2]):
        name, equals, value = part.partition("=")
        if name in given:
            raise BadInput(f"the setting {name!r} is given twice in {text!r}.")
        given.add(name)
        if not equals:
            raise BadInput(f"a setting is written name=value; received {part!r} in {text!r}.")
        if name not in _READERS:
            raise no_such("setting", name, _READERS, where="a data set on disk")
        settings = replace(settings, **{name: _READERS[name](value)})
    return match[1], settings


def _parts(text: str) -> list[str]:
    """Return each setting of a text; that of groups is the last one, to the end of the text."""
    found = re.search(f"(?:^|,){GROUP}", text)
    if found is None:
        return text.split(",")
    before, group = text[: found.start()], text[found.end() :]
    if late := re.search(rf",({'|'.join(_READERS)})=", group):
        raise BadInput(
            f"group is the last setting, as its expression may hold commas; write {late[1]} before "
            f"it in {text!r}."
        )
    return [*(before.split(",") if before else []), GROUP + group]


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,4})(?:x(\d{1,4}))?", text)
    sides = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not all(1 <= side <= MOST_PX for side in sides):
        raise BadInput(
            f"size is a number of px or height x width, such as 64 or 48x64, up to {MOST_PX}; "
            f"received {text!r}."
        )
    return sides


def _test(text: str) -> float:
    share = float(text) if re.fullmatch(_NUMBER, text) else 0.0
    if not 0 < share < 1:
        raise BadInput(f"test is a share above 0 and below 1, such as 0.2; received {text!r}.")
    return share


def _range(text: str) -> tuple[float, float]:
    match = re.fullmatch(f"({_NUMBER}):({_NUMBER})", text)
    low, high = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    if not low < high:
        raise BadInput(
            "range is the values of black and white, the lower first, such as 0:4095; "
            f"received {text!r}."
        )
    return low, high


def _group(text: str) -> str:
    return compiled(text).pattern


def compiled(text: str) -> "re.Pattern[str]":
    """Return a regular expression for groups. Raises BadInput."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what a later Python may read otherwise
            found = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadInput(f'group "{text}" is not a regular expression: {error}.') from error
    if not text:
        raise BadInput("group is a regular expression, such as (patient\\d+); received none.")
    return found


def _word(name: str, values: dict[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text not in values:
            raise no_such(f"value of {name}", text, values)
        return values[text]

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "size": _size,
    "test": _test,
    "links": _word("links", {"no": False, "follow": True}),
    "damaged": _word("damaged", {"no": False, "skip": True}),
    "range": _range,
    "channels": _word("channels", {"last": "last", "first": "first"}),
    "label": str,
    "group": _group,
}


def few(names: Iterable[str], most: int = 5) -> str:
    """Return some names as text: "a, b, c and 4 more"."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more

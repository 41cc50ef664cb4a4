"""Output to terminals and pipes whose encoding lacks characters that netzoo prints.

Windows has cp1252 and cp437 there, which know no box characters. What is lacking is replaced by
plain stand-ins as it is written, so that no command ends in an error after all its work. UTF-8
lacks nothing and stays as it is. Files are UTF-8 wherever they are written.
"""

import codecs
import json
import sys
import unicodedata
from encodings import ascii as ascii_codec
from typing import Any

STAND_IN = "netzoo-stand-in"  # the name of the error handler
PLAIN_ASCII = "netzoo-plain-ascii"

# The marks of a plot's lines stay apart from each other and from the small letters among them.
_STAND_INS = {
    "×": "x",
    "·": ".",
    "•": "*",
    "±": "+/-",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "→": "->",
    "←": "<-",
    "↑": "^",
    "↓": "v",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "∞": "inf",
    "Δ": "Delta",
    "μ": "u",
    "°": "deg",
    "§": "section",
    "©": "(c)",
    "✓": "yes",
    "✗": "no",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "ß": "ss",
    "●": "*",
    "▲": "^",
    "■": "#",
    "◆": "@",
    "○": "O",
    "△": "A",
    "□": "H",
    "◇": "X",
    "▼": "V",
    "▽": "Y",
}


def prepare() -> None:
    """Let standard output and standard error write stand-ins for what their encoding lacks."""
    codecs.register_error(STAND_IN, _stand_ins)
    codecs.register(_plain_ascii)
    for stream in (sys.stdout, sys.stderr):
        encoding = getattr(stream, "encoding", None)
        if not encoding or not hasattr(stream, "reconfigure"):  # none, or one of a test's
            continue
        name = codecs.lookup(encoding).name
        if name == "ascii":
            # click would write UTF-8 to a stream of this name.
            stream.reconfigure(encoding=PLAIN_ASCII, errors=STAND_IN)
        elif not name.startswith("utf") or stream.errors == "strict":
            stream.reconfigure(errors=STAND_IN)


def lacks_nothing() -> bool:
    """Return whether standard output has all signs."""
    return getattr(sys.stdout, "errors", None) != STAND_IN


def as_shown(text: str) -> str:
    """Return a text as standard output will show it, so that a table's widths can be settled."""
    if lacks_nothing():
        return text
    encoding = sys.stdout.encoding
    return text.encode(encoding, STAND_IN).decode(encoding)


def as_json(text: str) -> str:
    """Return JSON whose strings hold, escaped, what standard output lacks: none of it is lost."""
    if as_shown(text) == text:
        return text
    return "".join(sign if as_shown(sign) == sign else json.dumps(sign)[1:-1] for sign in text)


def _stand_ins(error: UnicodeError) -> tuple[str, int]:
    """Return stand-ins for what cannot be encoded, and where to go on: a codec's error handler."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_stand_in, error.object[error.start : error.end])), error.end


def _stand_in(sign: str) -> str:
    """Return ASCII for a character: a known one, its letter without accents, or "?"."""
    if sign in _STAND_INS:
        return _STAND_INS[sign]
    if "\u2500" <= sign <= "\u257f":
        return _box(unicodedata.name(sign))
    if "\u2580" <= sign <= "\u259f":  # blocks
        return "#"
    if "\u2800" <= sign <= "\u28ff":  # braille, of which a plot's lines are made
        return " " if sign == "\u2800" else "."
    if unicodedata.combining(sign):
        return ""
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    wide = unicodedata.east_asian_width(sign) in "WF"
    return letters or ("??" if wide else "?")


def _box(name: str) -> str:
    """Return ASCII for a box character by its name, such as BOX DRAWINGS LIGHT VERTICAL."""
    across = any(word in name for word in ("HORIZONTAL", "LEFT", "RIGHT"))
    down = any(word in name for word in ("VERTICAL", "UP", "DOWN"))
    return "+" if across and down else "|" if down else "-"


def _plain_ascii(name: str) -> Any:
    """Return the codec of ASCII under another name: what codecs.register takes."""
    if name.replace("_", "-") != PLAIN_ASCII:
        return None
    return codecs.CodecInfo(
        name=PLAIN_ASCII,
        encode=codecs.ascii_encode,
        decode=codecs.ascii_decode,
        incrementalencoder=ascii_codec.IncrementalEncoder,
        incrementaldecoder=ascii_codec.IncrementalDecoder,
        streamreader=ascii_codec.StreamReader,
        streamwriter=ascii_codec.StreamWriter,
    )

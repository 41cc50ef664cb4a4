"""Images on disk that are wrong: each is refused in one line."""

import inspect
import re

import pytest
from error_cases_of_images import CASES

from netzoo.errors import NetzooError

pytestmark = pytest.mark.backend_independent

ANY = "<any>"


@pytest.mark.parametrize(
    ("name", "kind", "provoke", "words"), [pytest.param(*case, id=case[0]) for case in CASES]
)
def test_wrong_images_are_refused_in_one_line(name, kind, provoke, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetzooError) as caught:
        provoke(*[monkeypatch] * len(inspect.signature(provoke).parameters))
    message = str(caught.value)
    assert caught.type is kind
    assert re.fullmatch(".*".join(map(re.escape, words.split(ANY))), message), message
    assert message.isprintable()

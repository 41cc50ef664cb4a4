"""The tests of this room take seconds, since none imports a backend."""

import pytest


def test_no_backend_was_imported(imported, request):
    """Comes last; see conftest.py."""
    unit = request.path.parent
    if any(unit not in item.path.parents for item in request.session.items):
        pytest.skip("the other tests import one; pytest tests/unit tells")
    assert imported == set()

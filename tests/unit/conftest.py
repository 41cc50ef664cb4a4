"""Tests in here start no backend, so they are the same on each."""

import gc
import sys

import pytest

HEAVY = {"keras", "tensorflow", "torch", "jax"}
LAST = "test_no_backend_was_imported"


@pytest.fixture
def imported():
    """Return which of the backends, and keras, this process has imported."""
    return HEAVY & set(sys.modules)


@pytest.fixture(autouse=True, scope="module")
def _few_objects():
    """Leave what is there out of the garbage collections; statsmodels asks for many."""
    gc.freeze()


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.backend_independent)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.name == LAST)

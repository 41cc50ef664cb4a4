"""The modules whose import registers models, as a user has them."""

import importlib
import sys


def registered_by(name):
    """Import a module anew, so that its models are registered, and return it."""
    sys.modules.pop(name, None)
    return importlib.import_module(name)

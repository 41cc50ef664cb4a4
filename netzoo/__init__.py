"""netzoo: which of these image networks, and what does each change buy me?

The public names stand in `__init__.pyi`, and are resolved when they are first used: `import netzoo`
imports no keras.
"""

from typing import Any

import lazy_loader

_public_name, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Return a public name, or `__version__`: the version that is installed."""
    if name == "__version__":
        return _public_name("versions")()["netzoo"]
    return _public_name(name)

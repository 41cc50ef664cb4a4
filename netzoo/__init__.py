"""netzoo: which of these image networks, and what does each change buy me?

The public names stand in `__init__.pyi`, and are resolved when they are first used: `import netzoo`
imports no keras.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

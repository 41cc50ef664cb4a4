"""What a backend's import writes to standard error, without the lines that say nothing."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator

# Lines that TensorFlow's C++ code writes before its own log level applies. Nothing else is hidden.
_KNOWN_NOISE = re.compile(
    rb"All log messages before absl::InitializeLog"
    rb"|Unable to register cu\w+ (factory|plugin)"
    rb"|computation placer already registered"
    rb"|Could not find cuda drivers"
    rb"|failed call to cuInit"
    rb"|oneDNN custom operations are on"
    rb"|This TensorFlow binary is optimized"
    rb"|To enable the following instructions"
    rb"|cuda_(dnn|blas|fft|executor|platform|diagnostics)\.cc"
    rb"|port\.cc"
)


@contextlib.contextmanager
def without_noise() -> Iterator[None]:
    """Buffer standard error, then pass on all lines but the known noise."""
    try:
        kept = os.dup(2)
    except OSError:  # no standard error
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held:
                if not _KNOWN_NOISE.search(line):
                    os.write(2, line)

"""What several seeds say together."""

import statistics
from collections.abc import Sequence

from netzoo.records import Spread


def spread(values: Sequence[float]) -> Spread | None:
    """Return mean, sample standard deviation (n - 1) and n; None of no values."""
    if not values:
        return None
    sd = statistics.stdev(values) if len(values) > 1 else None
    return Spread(statistics.fmean(values), sd, len(values), tuple(values))

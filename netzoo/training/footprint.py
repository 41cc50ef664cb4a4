"""The bytes that one trial of a model takes, by its variables."""

from typing import Any

from netzoo.records.plan import Footprint
from netzoo.training import state
from netzoo.training.filters import first_filters

# What a file has beside the values, measured: of each array of a checkpoint (zip and numpy's
# header, with its name three times), of each layer of a .keras file (HDF5's groups, its settings).
ARRAY_BYTES, LAYER_BYTES = 350, 4000


def footprint(model: Any) -> Footprint:
    """Return the footprint of a model that is compiled, with its optimizer built."""
    sizes = state.sizes(model)
    weights = sum(size for key, size in sizes.items() if key.startswith("model "))
    filters = first_filters(model)
    layers = sum(1 for _ in model._flatten_layers())
    return Footprint(
        state_bytes=sum(sizes.values()),
        checkpoint_bytes=sum(sizes.values()) + ARRAY_BYTES * len(sizes),
        network_bytes=weights + LAYER_BYTES * layers,
        filter_bytes=0 if filters is None else len(filters.values),
    )

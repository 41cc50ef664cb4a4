"""Automatic names of layers that do not depend on what was built before in the process.

Keras numbers them over all layers of a process: the second network with a Dense has a "dense_1". So
a network would have other names for its second seed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_COUNTERS = "object_name_uids"  # of Keras, which has no public way to set them


@contextmanager
def counted_from(start: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Let Keras number layers from a start; after the context, from where no name is taken.

    Yields a dict that has the counters at the end of the context, for a later start.
    """
    from keras.src.backend.common import global_state

    before: Mapping[str, int] = global_state.get_global_attribute(_COUNTERS, {})
    global_state.set_global_attribute(_COUNTERS, defaultdict(int, start))
    reached: dict[str, int] = {}
    try:
        yield reached
    finally:
        reached.update(global_state.get_global_attribute(_COUNTERS, {}))
        most = {name: max(before.get(name, 0), count) for name, count in reached.items()}
        global_state.set_global_attribute(_COUNTERS, defaultdict(int, {**before, **most}))

"""The bytes of activations, from the shapes and dtypes of a model's calls, batch 1."""

import functools
from collections.abc import Sequence
from math import prod
from typing import Any

from netzoo.cost.graph import Call, batch_of_one
from netzoo.cost.kinds import facts_of


@functools.cache
def item_bytes(dtype: str) -> float:
    """Return the bytes of one value: 4 of float32, 2 of bfloat16, 1 of bool, 0.5 of int4."""
    digits = "".join(mark for mark in dtype.partition("_")[0] if mark.isdigit())
    return 1 if dtype in ("bool", "string") or not digits else min(int(digits), 64) / 8


def tensor_bytes(tensor: Any) -> int:
    """Return the bytes of a symbolic tensor, its batch as 1, an open dimension as 1."""
    return round(
        int(prod(size or 1 for size in batch_of_one(tensor.shape))) * item_bytes(tensor.dtype)
    )


class Activations:
    """Follows the buffers of activations through the calls of a model, inputs first.

    Symbolic tensors alias buffers: several may name the same one, and a tensor inside a nested
    model names another at each call of that model.
    """

    def __init__(self) -> None:
        self._buffers: dict[int, int] = {}  # tensor id → buffer id
        self._bytes: list[int] = []  # by buffer id
        self._steps: list[tuple[set[int], list[int]]] = []  # buffers that a call reads and makes

    def same(self, source: Any, target: Any) -> None:
        """Let a symbolic tensor alias the buffer of another, inside and outside a nested model."""
        if id(source) in self._buffers:
            self._buffers[id(target)] = self._buffers[id(source)]

    def called(self, call: Call) -> int:
        """Add a call, in order; return the bytes that it makes."""
        read = {self._buffers[id(t)] for t in call.inputs if id(t) in self._buffers}
        made = []
        if facts_of(call.operation).view:
            for source, target in zip(call.inputs, call.outputs, strict=False):
                self.same(source, target)
        elif call.inputs or not all(id(tensor) in self._buffers for tensor in call.outputs):
            for tensor in call.outputs:
                self._buffers[id(tensor)] = len(self._bytes)
                made.append(len(self._bytes))
                self._bytes.append(tensor_bytes(tensor))
        self._steps.append((read, made))
        return sum(self._bytes[number] for number in made)

    def peak_bytes(self, results: Sequence[Any]) -> int:
        """Return the most bytes that are alive at once when the calls run one after another.

        What a call makes lives to the last call that reads it; results: the symbolic tensors of
        the whole model's, which live to the end.
        """
        last_step = {
            made: step for step, (_, all_made) in enumerate(self._steps) for made in all_made
        }
        last_step |= {made: step for step, (read, _) in enumerate(self._steps) for made in read}
        kept = {self._buffers[id(tensor)] for tensor in results if id(tensor) in self._buffers}
        ends: dict[int, list[int]] = {}
        for number, step in last_step.items():
            if number not in kept:
                ends.setdefault(step, []).append(number)
        alive = peak = 0
        for step, (_, made) in enumerate(self._steps):
            alive += sum(self._bytes[number] for number in made)
            peak = max(peak, alive)
            alive -= sum(self._bytes[number] for number in ends.get(step, ()))
        return peak

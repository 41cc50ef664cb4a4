"""The receptive field: how many pixels of the input, along each axis, one output element sees.

Source: Araujo et al. 2019, "Computing receptive fields of convolutional neural networks", Distill,
section on the recurrence: a window of k at dilation d adds (k - 1) d times the jump so far, and a
stride multiplies the jump. Where branches meet, the larger one counts.
"""

from collections.abc import Sequence
from typing import Any

import keras

from netzoo.cost.facts import Field
from netzoo.cost.graph import Call, per_axis
from netzoo.cost.kinds import facts_of
from netzoo.cost.symbolic import Weight

Axis = tuple[int, int]  # field and jump, in input pixels

# An activation along the last axis.
_ALONG_LAST = (keras.activations.softmax, keras.activations.log_softmax, keras.activations.glu)


class Fields:
    """Follows the receptive field through the calls of a model, inputs first."""

    def __init__(self, inputs: Sequence[Any]) -> None:
        self._known: dict[int, tuple[Axis, ...]] = {}  # by symbolic tensor
        self._channels_first = False  # after the first layer that says so
        for tensor in inputs:
            if len(tensor.shape) > 2:
                self._known[id(tensor)] = ((1, 1),) * (len(tensor.shape) - 2)

    def same(self, source: Any, target: Any) -> None:
        """Hear that two symbolic tensors stand for one: inside and outside of a nested model."""
        if id(source) in self._known:
            self._known[id(target)] = self._known[id(source)]
        else:
            self._known.pop(id(target), None)

    def called(self, call: Call, *, seen_through: bool) -> tuple[int, ...] | None:
        """Hear of a call, in order; return its output's field by axis, None where it has none.

        It has none after a layer that mixes places (a flattening, attention, a global pooling).
        seen_through: what is inside has been heard of, and tells.
        """
        fields = self._known.get(id(call.outputs[0])) if seen_through else self._field(call)
        for tensor in call.outputs:
            if fields is None:
                self._known.pop(id(tensor), None)
            else:
                self._known[id(tensor)] = fields
        return None if fields is None else tuple(field for field, _ in fields)

    def _field(self, call: Call) -> tuple[Axis, ...] | None:
        kind = facts_of(call.operation).field
        if not call.inputs:
            return self._known.get(id(call.outputs[0])) if call.outputs else None
        given = [tensor for tensor in call.inputs if not isinstance(tensor, Weight)]
        incoming = [self._known.get(id(tensor)) for tensor in given]
        known = [field for field in incoming if field is not None]
        if not known or len(known) < len(incoming) or kind is Field.NONE:
            return None
        if kind is Field.WINDOW:
            layer = call.operation
            self._channels_first |= getattr(layer, "data_format", None) == "channels_first"
            return self._through_window(layer, known[0])
        if self._mixes_places(call.operation, [len(tensor.shape) for tensor in given]):
            return None
        return tuple(max(axes) for axes in zip(*known, strict=True))

    def _mixes_places(self, layer: Any, ranks: list[int]) -> bool:
        """Return whether a layer that works point by point goes along an axis of places here."""
        rank = ranks[0]
        if len(set(ranks)) > 1:
            return True
        channels = 1 if self._channels_first else rank - 1
        kind = facts_of(layer).field
        if kind is Field.AXIS:
            axes = layer.axis
        elif kind is Field.CHANNELS or getattr(layer, "activation", None) in _ALONG_LAST:
            axes = -1
        else:
            return False
        return {axis % rank for axis in ((axes,) if isinstance(axes, int) else axes)} != {channels}

    def _through_window(self, layer: Any, before: tuple[Axis, ...]) -> tuple[Axis, ...]:
        count = len(before)
        size = per_axis(getattr(layer, "kernel_size", None) or layer.pool_size, count)
        strides = per_axis(layer.strides, count)
        dilation = per_axis(getattr(layer, "dilation_rate", 1), count)
        return tuple(
            (field + (size[axis] - 1) * dilation[axis] * jump, jump * strides[axis])
            for axis, (field, jump) in enumerate(before)
        )

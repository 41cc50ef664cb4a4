"""What counting has to know of a Keras layer or a keras.ops operation, whatever its settings.

Each layer has a row of these in `layer_facts.py`, each operation in `operation_facts.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from netzoo.cost import elementwise as elements
from netzoo.cost.expand import Expansion
from netzoo.cost.graph import Call
from netzoo.cost.operations import Rule


class Field(Enum):
    """Which places of the input one element of the output depends on."""

    WINDOW = auto()  # those of a window, with a size and strides
    POINT = auto()  # its own
    CHANNELS = auto()  # its own if the last axis, along which it works, is that of the channels
    AXIS = auto()  # its own if the axis that it is given is that of the channels
    NONE = auto()  # all, or others than a window can say; there is no receptive field behind it


@dataclass(frozen=True)
class Facts:
    """What is known of a layer or an operation.

    macs: the rule for its own matrix products; None where the calls inside tell, found by a look
    at its Python code. elementwise: the rule for its own element-wise operations.
    inside: what makes the calls inside, where its code does not show them.
    view: whether its output, outside of training, is its input, perhaps in another shape.
    differentiable: whether a gradient passes.
    """

    macs: Rule | None = None
    elementwise: Callable[[Call], int] = elements.nothing
    field: Field = Field.NONE
    inside: Expansion | None = None
    view: bool = False
    differentiable: bool = True


SEEN_THROUGH = Facts()

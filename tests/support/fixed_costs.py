"""What models cost, counted once and kept, so that tests of what is made of costs import no keras.

tests/test_fixed_costs.py counts them again.
"""

from functools import cache
from pathlib import Path

from netzoo.cost.result import Cost
from netzoo.models.catalog import model_info
from netzoo.records.codec import from_text

FILE = Path(__file__).parents[1] / "golden" / "costs.jsonl"

# Heights and widths, beside the native ones.
SIZES_PX = {"lenet": (224,), "alexnet": (72, 96)}
MODELS = (
    "lenet",
    "lenet-relu",
    "lenet-maxpool",
    "lenet-dropout",
    "lenet-relu-maxpool",
    "lenet-modern",
    "lenet-modern-wide",
    "lenet-modern-wide-deep",
    "alexnet",
    "alexnet-sigmoid",
    "alexnet-avgpool",
    "alexnet-nodropout",
    "alexnet-onefc",
)


def counted(model, *, input_shape=None):
    """Return the cost of a model of those above, on its native input by default."""
    return _costs()[model, tuple(input_shape or model_info(model).input_shape)]


@cache
def _costs():
    lines = FILE.read_bytes().splitlines()
    costs = [from_text(Cost, line, FILE.name) for line in lines]
    return {(cost.model, cost.input_shape): cost for cost in costs}

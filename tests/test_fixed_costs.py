"""The costs that tests of tables and pages are given are those that netzoo counts."""

import pytest
from fixed_costs import MODELS, SIZES_PX

from netzoo.cost.by_name import summary
from netzoo.records.codec import to_line

pytestmark = pytest.mark.backend_independent


def test_the_fixed_costs_are_those_that_are_counted(golden):
    costs = [summary(model) for model in MODELS]
    for model in MODELS:
        for size in SIZES_PX.get(model.partition("-")[0], ()):
            costs.append(summary(model, input_shape=(size, size, 1)))
    golden("costs.jsonl", "".join(f"{to_line(cost)}\n" for cost in costs))

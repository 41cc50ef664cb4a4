import pytest

import netzoo
from netzoo import backend, stats


@pytest.mark.slow
@pytest.mark.parametrize("model", ["lenet", "alexnet"])
def test_half_precision_is_not_separably_worse(model):
    """Three seeds of the quick recipe, both ways; some minutes."""
    if not backend.device()["native_bfloat16"]:
        pytest.skip("auto is float32 here")
    options = {"recipe": "quick", "dataset": "fashion_mnist_sample", "seeds": (0, 1, 2)}
    accuracy = {}
    for precision in ("auto", "float32"):
        comparison = netzoo.compare(model, precision=precision, **options)
        (row,) = comparison.models
        settled = comparison.recipe["by_model"][model]["precision"]
        assert settled == {"auto": "mixed_bfloat16", "float32": "float32"}[precision]
        accuracy[precision] = row.test_accuracy.values
    assert len(accuracy["auto"]) == 3
    delta = stats.seed_delta(accuracy["auto"], accuracy["float32"])
    assert stats.verdict(delta) != "worse", accuracy

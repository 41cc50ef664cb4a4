"""Every application of Keras against the backends' own counters; nothing stored."""

import pytest

import netzoo
from netzoo.cost.verify import verify
from netzoo.models import applications
from netzoo.models.find import find_model

# Keras refuses to build it on torch.
NOT_ON_TORCH = {"NASNetMobile"}

CODE = """
import json, sys
import netzoo.backend as backend
backend.start("cpu")
import torch
from torch.utils.flop_counter import FlopCounterMode
from netzoo.models.find import find_model
told = {}
for name in sys.argv[1:]:
    model = find_model("keras:" + name)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros((1, *model.input_shape[1:])))
    told[name] = counter.get_total_flops()
print(json.dumps(told))
"""


@pytest.mark.slow
def test_every_application_counts_as_torch_counts_it_on_any_backend(on_torch):
    names = [name for name in applications.names() if name not in NOT_ON_TORCH]
    assert len(names) > 30
    theirs = on_torch(CODE, *names)
    ours = {name: netzoo.summary(f"keras:{name}") for name in names}
    assert {name: cost.flops for name, cost in ours.items()} == theirs
    assert [cost.uncounted for cost in ours.values()] == [()] * len(names)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["NASNetMobile", "MobileNetV3Small", "MobileNetV3Large"])
def test_what_torch_cannot_count_agrees_with_the_running_backend(name, backend_name):
    if backend_name == "torch" and name in NOT_ON_TORCH:
        pytest.skip("Keras refuses to build it on torch")
    opinions = verify(find_model(f"keras:{name}"))
    assert sum(opinion.theirs or 0 for opinion in opinions) > 10**7
    assert [opinion for opinion in opinions if not opinion.agrees] == []

"""The environment of the processes that train."""

import pytest

from netzoo.runs import process


@pytest.mark.parametrize(
    ("backend_name", "variable", "value"),
    [
        ("tensorflow", "TF_FORCE_GPU_ALLOW_GROWTH", "true"),
        ("jax", "XLA_PYTHON_CLIENT_PREALLOCATE", "false"),
    ],
)
def test_a_gpus_memory_is_taken_as_it_is_needed_unless_the_user_says_otherwise(
    monkeypatch, backend_name, variable, value
):
    monkeypatch.delenv(variable, raising=False)
    assert process.environment(backend_name, None)[variable] == value
    assert variable not in process.environment("torch", None)
    monkeypatch.setenv(variable, "of the user")
    assert process.environment(backend_name, None)[variable] == "of the user"

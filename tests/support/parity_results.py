"""Comparisons of backends that never were."""

from dataclasses import replace

from study_records import CPU, DATA, VERSIONS, trial_of

from netzoo.results.parity import (
    FAILED,
    TOLERANCES,
    Differences,
    LayerParity,
    Parity,
    ParityRun,
    judged,
)

LAYERS = (
    LayerParity("conv1", 2e-6, 3e-5),
    LayerParity("conv1_norm", 4e-6, 1e-5),
    LayerParity("logits", 1e-6, None),
)


def judged_run(model, backend, loss=1e-7, logits=3e-7, layers=LAYERS, precision="float32"):
    trial = trial_of(f"{model}@precision={precision}", 0)
    about = {
        "model": model,
        "backend": backend,
        "device": CPU,
        "recipe": trial.recipe,
        "input_shape": trial.input_shape,
    }
    return judged(about, Differences(loss, logits, layers), TOLERANCES[precision])


def parities(*runs, **fields):
    """Return the parity of two models, one of which is beyond its tolerances on torch."""
    usual = (
        judged_run("lenet", "tensorflow"),
        judged_run("lenet-batchnorm", "tensorflow"),
        judged_run("lenet", "torch"),
        replace(judged_run("lenet-batchnorm", "torch", loss=4e-3), cause="conv1_norm"),
        ParityRun("vgg11", "torch", FAILED, error="no room."),
    )
    given = {
        "backend": "tensorflow",
        "device": CPU,
        "versions": VERSIONS,
        "command": "netzoo parity lenet lenet-batchnorm vgg11",
        "dataset": DATA,
        "reference": "tensorflow",
        "steps": 3,
        "batch_size": 8,
        "seed": 0,
        "runs": runs or usual,
        "skipped": ("jax",),
    }
    return Parity(**given | fields)

"""Counts, trainings and probes that never were: what a lesson's page is made of."""

import functools

from fixed_costs import counted as cost_of
from study_records import CPU, DATA, VERSIONS, record, trial_of

from netzoo.models.catalog import model_spec
from netzoo.provenance import Device
from netzoo.records.codec import to_plain
from netzoo.records.plan import ModelProfile, Plan, Timing
from netzoo.results.layers import layers_side_by_side
from netzoo.results.lesson import LessonPage
from netzoo.results.probe import LayerProbe, Probe, ProbedModel, ProbeRecord, Snapshot
from netzoo.results.rows import compare_records
from netzoo.runs.request import planned_trials, recipe_of
from netzoo.studies.claims import TRAINED, claims

GPU = Device("gpu", "NVIDIA H100")
SEEDS = (0, 1, 2, 3)
AUGMENTED, COLORED = "alexnet@augment=flip+crop", "alexnet@augment=flip+crop+color"
SMALL_IMAGES = TRAINED[-1]

ACCURACIES = {
    "alexnet": [0.860, 0.874, 0.851, 0.866],
    "alexnet-avgpool": [0.831, 0.846, 0.820, 0.838],  # worse by about 3 points, by any test
    "alexnet-nodropout": [0.871, 0.862, 0.869, 0.866],
    "alexnet-onefc": [0.851, 0.871, 0.839, 0.857],  # worse by itself, not among eight
    AUGMENTED: [0.878, 0.893, 0.884, 0.881],
    COLORED: [0.898, 0.914, 0.903, 0.902],  # better by 2 points, against the claim
    SMALL_IMAGES: [0.881, 0.871, 0.866, 0.868],
}
GAP, GAPS = 0.02, {"alexnet-nodropout": [0.062, 0.058, 0.061, 0.064]}  # of all others, of one

# Of conv1's weights.
GRADIENTS = {
    "alexnet": [0.20, 0.22, 0.19, 0.21],
    "alexnet-sigmoid": [6.0e-5, 7.1e-5, 6.1e-5, 6.2e-5],
    "alexnet-avgpool": [0.15, 0.24, 0.22, 0.16],  # smaller or larger, as it comes
}
# Mean of pool1, larger with average pooling, against the claim.
OUTPUTS = {
    "alexnet": [0.50, 0.52, 0.49, 0.51],
    "alexnet-sigmoid": [0.50, 0.51, 0.50, 0.49],
    "alexnet-avgpool": [0.60, 0.62, 0.59, 0.62],
}


def counts(*, device=CPU, step_seconds=1.0, first_step=2.0):
    """Return both networks counted, and timed as the lesson trains them, on 2000 images.

    step_seconds, first_step: of AlexNet.
    """
    specs = ("lenet", "alexnet", "lenet@image_size=224")
    recipes = {model: recipe_of(model, "lesson", {}, device) for model in map(model_spec, specs)}
    planned = planned_trials(recipes, DATA, [0], "tensorflow", "auto")
    steps = -(-DATA.train // 128)
    timing = Timing(start=30.0, first_step=first_step, epoch=steps * step_seconds, end=40.0)
    return Plan(
        request={},
        baseline="lenet",
        trials=tuple(planned),
        device=device,
        versions=VERSIONS,
        profiles={
            t.model: ModelProfile(
                cost=cost_of(t.spec.model, input_shape=t.input_shape),
                timing=timing if t.model == "alexnet" else Timing(1.0, 1.0, 1.0, 1.0),
            )
            for t in planned
        },
    )


def trained(seeds=SEEDS, *, accuracies=ACCURACIES, gaps=GAPS, **results):
    """Return the trainings of a lesson; results: other fields of records, by model or seed."""
    records = []
    for seed in seeds:
        for spec, of_seeds in accuracies.items():
            given = results.get(spec, {})
            given = given(seed) if callable(given) else given
            gap = gaps[spec][seed] if spec in gaps else GAP
            records.append(record(spec, seed, of_seeds[seed], **{"gap": gap, **given}))
    return compare_records(records, "alexnet")


def probed(seeds=SEEDS, *, steps=(0, 20), gradients=GRADIENTS, outputs=OUTPUTS, failed=None):
    """Return the probe of a lesson; failed: why, by the models that could not be probed."""
    failed = failed or {}
    records = [
        ProbeRecord(trial_of(model, seed), CPU, VERSIONS, 100, tuple(
            Snapshot(step, _layers(gradients[model][seed], outputs[model][seed], step))
            for step in steps
        ))
        for model in gradients if model not in failed
        for seed in seeds
    ]  # fmt: skip
    layers, ratios = layers_side_by_side(records, "alexnet")
    return Probe(
        dataset=DATA,
        recipe={
            "name": "brief",
            "seeds": list(seeds),
            "by_model": {each.trial.model: to_plain(each.trial.recipe) for each in records},
        },
        backend="tensorflow",
        device=CPU,
        versions=VERSIONS,
        images=100,
        models=tuple(
            ProbedModel(model, "failed", (), failed[model]) if model in failed
            else ProbedModel(model, "ok", tuple(seeds))
            for model in gradients
        ),
        layers=layers,
        ratios=ratios,
    )  # fmt: skip


@functools.cache
def usual():
    """Return the trainings and the probe of the figures above."""
    return trained(), probed()


def _layers(gradient, output, step):
    """Return conv1 and pool1; after 20 steps their figures, and so the ratios, are squared."""
    power = 1 + step / 20
    conv1 = LayerProbe(
        "conv1", "Conv2D", "relu", 0.3, 0.4, 0.1, None, 1.0, 1.0, gradient**power, 5.0
    )
    pool1 = LayerProbe(
        "pool1", "MaxPooling2D", None, output**power, 0.4, None, None, 1.0, 1.0, None, None
    )
    return conv1, pool1


def page_of(comparison=None, probe=None, *, counted=None, slow=None, size="brief", command=""):
    """Return the page that a lesson makes of what it has."""
    counted = counted or counts()
    return LessonPage(
        claims=claims(counted, slow, comparison, probe, size),
        size=size,
        backend="tensorflow",
        device=counted.device,
        versions=counted.versions,
        comparison=comparison,
        probe=probe,
        command=command,
    )

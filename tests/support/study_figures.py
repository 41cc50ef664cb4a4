"""The accuracies and other figures of trainings that never were: what studies are made of."""

from study_records import record


def by_table(accuracies, **results):
    """Return the function from a model and a seed to its record; results: by model."""

    def result(spec, seed):
        given = results.get(spec, {})
        given = given(seed) if callable(given) else given
        return record(spec, seed, accuracies[spec][seed], **given)

    return result


# The changes of AlexNet that have a figure below.
OF_THE_LESSON = ["activation", "pooling", "dropout", "fc_layers", "augment"]

ACCURACIES = {
    "alexnet": [0.860, 0.874, 0.851],
    "alexnet-sigmoid": [0.100, 0.100, 0.101],
    "alexnet-avgpool": [0.846, 0.858, 0.839],
    "alexnet-nodropout": [0.871, 0.862, 0.869],
    "alexnet-onefc": [0.803, 0.821, 0.795],
    "alexnet@augment=flip+crop": [0.878, 0.893, 0.884],
}
FIGURES = {
    "alexnet-sigmoid": {"test_loss": 2.303, "gap": 0.0},
    "alexnet-nodropout": lambda seed: {"gap": 0.05 + 0.01 * seed, "rate": 3300.0},
    "alexnet-onefc": {"rate": 4500.0},
}
by_alexnets = by_table(ACCURACIES, **FIGURES)

SETS = {
    "lenet": [0.70, 0.71, 0.73],
    "lenet-relu": [0.80, 0.82, 0.83],
    "lenet-maxpool": [0.71, 0.70, 0.74],
    "lenet@augment=flip+crop": [0.69, 0.72, 0.71],
    "lenet-relu-maxpool": [0.86, 0.87, 0.90],
    "lenet-relu@augment=flip+crop": [0.79, 0.80, 0.84],
    "lenet-maxpool@augment=flip+crop": [0.70, 0.72, 0.70],
    "lenet-relu-maxpool@augment=flip+crop": [0.85, 0.88, 0.88],
}
CHANGES = ["activation", "pooling", "augment"]

FAILED = {"status": "failed", "error": "its process was ended by SIGKILL."}

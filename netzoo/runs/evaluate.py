"""The evaluation of a saved network, in this process."""

from pathlib import Path
from typing import Any

from netzoo import backend
from netzoo.data import Images, open_images
from netzoo.data.memory import budget
from netzoo.errors import BadInput, no_such
from netzoo.provenance import COMMAND, DatasetRecord, Device, git_commit
from netzoo.recipes import check_overrides
from netzoo.records.arrays import Predictions
from netzoo.records.saved_model import SavedModel, about
from netzoo.results.evaluation import Evaluation, Training
from netzoo.results.scores import balanced_accuracy, counts, recalls
from netzoo.runs.request import DEVICES


def evaluate(
    model: str | Path,
    *,
    dataset: str | None = None,
    data_dir: str | Path | None = None,
    memory: str | int | None = None,
    limit_test: int | None = None,
    device: str = "auto",
) -> Evaluation:
    """Evaluate a saved network on test images, and return its accuracy, loss and calibration.

    model: a .keras file that netzoo.compare wrote for save_models=True; it is loaded in safe mode.
    dataset, data_dir: as in netzoo.compare; by default the images of its training. limit_test: the
    number of test images, the first of each class; by default those of the training, or all of
    another data set. memory, device: as in netzoo.compare.
    On the training's images, backend and kind of processor, the figures are those of its record.
    Raises UnknownName, BadInput for a file without a network of netzoo, or images of other classes
    or channels; DataError for a damaged file, or one that Keras does not load.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100, "save_models": True}
    >>> comparison = netzoo.compare("lenet", output="runs/few", **few)
    >>> import pathlib
    >>> (file,) = pathlib.Path("runs/few/models").iterdir()
    >>> netzoo.evaluate(file).accuracy == comparison.models[0].test_accuracy.mean
    True
    """
    path = Path(model)
    saved = about(path)
    if limit_test is not None:
        check_overrides({"limit_test": limit_test})
    chosen = start(device)
    with budget(memory):
        images, record = _images(saved, dataset, data_dir, limit_test)
    from netzoo.training.saved_network import SavedNetwork

    network = SavedNetwork(path, saved, images.image_shape)
    found = network.evaluate(images.test)
    predictions = Predictions.of(images.test.labels.tolist(), found.predicted.tolist())
    of_classes = recalls(predictions, len(record.class_names))
    trial = saved.trial
    trained = Training(
        backend=trial.backend,
        device=saved.device,
        versions=saved.versions,
        dataset=trial.dataset,
        test_loss=saved.test_loss,
        test_accuracy=saved.test_accuracy,
    )
    return Evaluation(
        **provenance(chosen),
        file=str(model),
        model=trial.model,
        seed=trial.seed,
        dataset=record,
        accuracy=found.accuracy,
        balanced_accuracy=balanced_accuracy(of_classes) or 0.0,
        loss=found.loss,
        recalls=of_classes,
        test_counts=counts(predictions, len(record.class_names)),
        trained=trained,
        notes=tuple(_notes(trained, chosen, record)),
        calibration=found.calibration,
    )


def start(device: str) -> str:
    """Start the backend on a device and return its name. Raises as `backend.start` and BadInput."""
    if device not in DEVICES:
        raise no_such("device", device, DEVICES)
    chosen = backend.start(device, data=True)
    if device == "gpu":
        backend.require_gpu(backend.device())
    return chosen


def provenance(chosen: str) -> dict[str, Any]:
    """Return the provenance of a result of this process, whose backend has started."""
    return {
        "backend": chosen,
        "device": Device(**backend.device()),
        "versions": backend.versions(),
        "command": COMMAND.get(),
        "commit": git_commit(),
    }


def _images(
    saved: SavedModel, name: str | None, data_dir: str | Path | None, limit: int | None
) -> tuple[Images, DatasetRecord]:
    """Return the images to evaluate on, with their description."""
    trained = saved.trial.dataset
    folder = data_dir if data_dir is not None or name is not None else trained.data_dir
    images = open_images(name or trained.name, folder)
    if len(images.class_names) != len(trained.class_names):
        raise BadInput(
            f"{saved.trial.model} was trained for {len(trained.class_names)} classes; "
            f"{images.name} has {len(images.class_names)}."
        )
    if images.name == trained.name and trained.train <= len(images.train):
        own = trained.test if trained.test <= len(images.test) else None
        limited = images.limited(trained.train, own if limit is None else limit)
    else:
        limited = images.limited(None, limit)
    return limited, limited.record(None if folder is None else str(folder))


def _notes(trained: Training, chosen: str, record: DatasetRecord) -> list[str]:
    """Return what differs from the evaluation at the end of the training, in words."""
    notes = []
    if record.sha256 != trained.dataset.sha256:
        notes.append(
            f"Other images than those of the training, {trained.dataset.name} of "
            f"{trained.dataset.test:,} test images, on which it recorded "
            f"{100 * trained.test_accuracy:.2f} %."
        )
    if chosen != trained.backend:
        notes.append(
            f"Trained on {trained.backend}, evaluated on {chosen}: the last digits may differ."
        )
    if record.class_names != trained.dataset.class_names:
        notes.append(
            f"Classes of other names than in the training: {', '.join(record.class_names[:3])}, …; "
            f"there {', '.join(trained.dataset.class_names[:3])}, …."
        )
    return notes

"""The trained network as a .keras file, that Keras loads in safe mode."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras

from netzoo import backend, disk
from netzoo.data.source import Split
from netzoo.errors import StoreError
from netzoo.provenance import Device
from netzoo.records import saved_model
from netzoo.records.saved_model import SavedModel
from netzoo.records.trial import TrainingResult, Trial
from netzoo.training.inputs import scaling_of


def copy_weights(trained: Any, fresh: Any, shape: tuple[int, int, int]) -> Any:
    """Return a newly built model with all variables of a trained one.

    The trained one may end in another way than its builder says, and be bound to a step; neither is
    to be saved. shape: of the images, for a model that builds its layers at its first call.
    """
    if len(fresh.variables) != len(trained.variables):
        fresh(keras.KerasTensor((None, *shape)))
    for new, old in zip(fresh.variables, trained.variables, strict=True):
        new.assign(old)
    return fresh


def describe(
    trial: Trial,
    train: Split,
    size: tuple[int, int],
    fitted: TrainingResult,
    parts: int,
    head: str | None,
    device: Device,
) -> SavedModel:
    """Return the description of a trained network for its file.

    train: its training images. size: height and width of its inputs.
    """
    shift, scale = scaling_of(train, trial.recipe)
    return SavedModel(
        trial=trial,
        size=size,
        shift=shift,
        scale=scale,
        parts=parts,
        head=head,
        test_loss=fitted.test_loss,
        test_accuracy=fitted.test_accuracy,
        device=device,
        versions=backend.versions(),
    )


def save(path: Path, model: Any, about: SavedModel) -> str | None:
    """Write a model, whole or not at all; return what is wrong with it in words, None if nothing.

    Raises StoreError if the file cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "model.keras"
        try:
            model.save(written)
        except OSError as error:
            raise StoreError(f"{written} cannot be written: {error.strerror or error}.") from error
        except Exception as error:  # a layer without get_config raises many kinds
            first = " ".join(str(error).split()).partition(". ")[0]
            return f"is not saved, since Keras cannot: {type(error).__name__}: {first}"
        saved_model.add_to(written, about)
        with written.open("rb") as source:
            disk.write(path, lambda file: shutil.copyfileobj(source, file))
        own = saved_model.own_classes(written)
    if not own:
        return None
    return f"is saved with {' and '.join(own)}, which Keras loads only where they are registered."

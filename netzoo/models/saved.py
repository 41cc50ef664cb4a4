"""Saved models: files that Keras loads in safe mode, and errors for all others."""

from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, DataError, telling_line

LOADED = (".keras", ".h5", ".hdf5")
# Formats of other tools; none of them holds Keras layers.
FOREIGN = (".onnx", ".pb", ".pt", ".pth", ".tflite", ".safetensors", ".json")
READ = "a model is read from a .keras file, or an .h5 file of a whole model"


def is_file(spec: str) -> bool:
    """Return whether a text names a file or folder of a model, existing or not."""
    if spec.lower().endswith((*LOADED, *FOREIGN)):
        return True
    try:
        return Path(spec).is_dir()
    except OSError:  # a spec may be longer than a file's name
        return False


def check(path: Path) -> None:
    """Raise BadInput for a path that cannot be that of a saved model, with what to do."""
    name = path.name.lower()
    if not path.exists():
        raise BadInput(f"{str(path)!r} does not exist.")
    if path.is_dir():
        kind = "a SavedModel of TensorFlow" if (path / "saved_model.pb").exists() else "a folder"
        raise BadInput(
            f"{path} is {kind}; {READ}: where the model was made, model.save('{path.name}.keras')."
        )
    if name.endswith(".weights.h5"):
        raise BadInput(f"{path} holds weights alone, no layers; {READ}.")
    if not name.endswith(LOADED):
        raise BadInput(f"{path} is a {path.suffix} file; {READ}.")


def load(path: Path) -> Any:
    """Return the model of a file, loaded in safe mode. Raises BadInput or DataError."""
    check(path)
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        reason = telling_line(error)
        raise DataError(f"{path} cannot be loaded in safe mode: {reason}") from error

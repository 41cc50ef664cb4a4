"""The classes that a saved network predicts for image files, in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netzoo.data.pictures import picture
from netzoo.errors import BadInput
from netzoo.records.saved_model import about
from netzoo.results.prediction import Guess, PredictedImage, Prediction
from netzoo.runs.evaluate import provenance, start

TOP = 3


def predict(
    model: str | Path,
    images: Sequence[str | Path] | str | Path,
    *,
    top: int = TOP,
    device: str = "auto",
) -> Prediction:
    """Predict the classes of image files by a saved network.

    model: as in netzoo.evaluate. images: their paths, in any format that Pillow reads. Each is
    converted to grey or colour, as the network's training images are, and resized to their size.
    top: the number of classes to return, the most probable ones. device: as in netzoo.compare.
    Raises BadInput for a file that is no image, and as netzoo.evaluate.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100, "save_models": True}
    >>> comparison = netzoo.compare("lenet", output="runs/few", **few)
    >>> import pathlib
    >>> (file,) = pathlib.Path("runs/few/models").iterdir()
    >>> import PIL.Image
    >>> PIL.Image.new("RGB", (64, 64)).save("black.png")
    >>> netzoo.predict(file, ["black.png"]).images[0].change
    '64 × 64 px, converted from colour to grey, resized to 28 × 28 px'
    """
    paths = [images] if isinstance(images, str | Path) else list(images)
    if not paths:
        raise BadInput("name at least one image.")
    if type(top) is not int or top < 1:
        raise BadInput(f"`top` is a whole number from 1; received {top!r}.")
    path = Path(model)
    saved = about(path)
    dataset = saved.trial.dataset
    pictures = [picture(Path(each), dataset.image_shape) for each in paths]
    chosen = start(device)
    from netzoo.training.saved_network import SavedNetwork

    network: Any = SavedNetwork(path, saved, dataset.image_shape)
    predicted = []
    for file, (pixels, change) in zip(paths, pictures, strict=True):
        shares = network.probabilities(pixels[None])[0]
        best = (-shares).argsort(kind="stable")[:top]
        guesses = tuple(Guess(dataset.class_names[n], float(shares[n])) for n in best)
        predicted.append(PredictedImage(str(file), change, guesses))
    return Prediction(
        **provenance(chosen),
        file=str(model),
        model=saved.trial.model,
        seed=saved.trial.seed,
        classes=len(dataset.class_names),
        images=tuple(predicted),
    )

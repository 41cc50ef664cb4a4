"""A trained network of a file, ready for images: as it was evaluated at the end of its training."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.data.source import Split
from netzoo.errors import BadInput
from netzoo.models import saved
from netzoo.records import saved_model
from netzoo.records.saved_model import SavedModel
from netzoo.training import evaluation
from netzoo.training.head import check_channels, make_ready
from netzoo.training.inputs import Inputs
from netzoo.training.losses import cross_entropy
from netzoo.training.step import step_of


class SavedNetwork:
    """The network of a .keras file.

    about: as `netzoo.records.saved_model.about` reads it. image_shape: of the images that it gets,
    height, width, channels, before they are resized to its inputs.
    Raises DataError for a file that Keras does not load in safe mode, BadInput for a network that
    does not take such images.
    """

    def __init__(self, path: Path, about: SavedModel, image_shape: tuple[int, int, int]) -> None:
        _check_classes(path)
        model = saved.load(path)
        trial = about.trial
        if (image_shape[2], trial.input_shape[2]) != (1, 3):  # grey ones are repeated
            check_channels(trial.input_shape, image_shape[2])
        make_ready(model, trial.input_shape, len(trial.dataset.class_names))
        model.compile(optimizer="sgd", loss=cross_entropy())  # a step has an optimizer
        model.optimizer.build(model.trainable_variables)
        one = Split(np.zeros((1, *image_shape), np.uint8), np.zeros(1, np.int64))
        scaling = about.shift, about.scale
        size = (*about.size, trial.input_shape[2])
        inputs = Inputs(one, trial.recipe, size, scaling=scaling)
        self._step = step_of(model, inputs)
        self._flip = trial.recipe.test_flip
        self._together = evaluation.evaluated_together(trial.recipe, about.parts, inputs)

    def evaluate(self, split: Split) -> evaluation.Scores:
        """Return the network's metrics on a split."""
        return evaluation.evaluate(self._step, split, self._together, flip=self._flip)

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the probability of each class, (images, classes): the softmax of the logits."""
        about = self._step, images, self._together
        return evaluation.probabilities(evaluation.logits_of(*about, flip=self._flip))


def _check_classes(path: Path) -> None:
    """Raise BadInput for a file with classes that Keras does not know in this process."""
    known = keras.saving.get_registered_object
    own = saved_model.own_classes(path).items()
    unknown = [name for name, registered in own if known(registered) is None]
    if unknown:
        raise BadInput(
            f"{path} needs {', '.join(unknown)}, which Keras does not know here: in Python, import "
            "the module that registers it by keras.saving.register_keras_serializable, then call "
            "netzoo.evaluate or netzoo.predict."
        )

"""After which epochs a training keeps its network, whose writing may take longer than they did."""

import time

import keras
import pytest
from hooks import Hooks
from keras import layers

from netzoo.data import sample
from netzoo.recipes import Recipe
from netzoo.training import fit


class SlowHooks(Hooks):
    """Take a while to keep an epoch, and stop the training after one of them."""

    def __init__(self, stop_after=None):
        super().__init__()
        self.reported, self.save_checkpoint, self._stop_after = 0, self._keep, stop_after

    def _keep(self, done):
        time.sleep(2 * fit.KEEP_SECONDS)
        self.kept.append(len(done.history))

    def on_epoch_end(self, record):
        self.reported += 1

    def should_stop(self, history):
        return len(history) == self._stop_after


def train(hooks, epochs):
    images = sample.sample().limited(100, 20)
    recipe = Recipe("test", epochs=epochs, batch_size=50, learning_rate=0.01)
    image = keras.Input((28, 28, 1))
    model = keras.Model(image, layers.Dense(10)(layers.Flatten()(image)))
    fit.compile_model(model, images, recipe)
    return fit.fit(model, images, recipe, 0, hooks)


@pytest.mark.parametrize(
    ("share", "stop_after", "kept"),
    [(1e9, None, [1, 2, 3, 4]), (1e-9, None, [1]), (1e-9, 3, [1, 3])],
)
def test_a_slow_write_is_made_for_epochs_that_are_worth_it(monkeypatch, share, stop_after, kept):
    monkeypatch.setattr(fit, "KEEP_SHARE", share)
    hooks = SlowHooks(stop_after)
    fitted = train(hooks, epochs=4)
    assert hooks.kept == kept
    assert hooks.reported == (stop_after or 4)
    assert (fitted is None) == (stop_after is not None)


def test_what_is_kept_fast_is_kept_after_each_epoch(monkeypatch):
    monkeypatch.setattr(fit, "KEEP_SHARE", 1e-9)
    monkeypatch.setattr(fit, "KEEP_SECONDS", 1e9)
    hooks = Hooks()
    train(hooks, epochs=3)
    assert [len(done.history) for done in hooks.kept] == [1, 2, 3]

"""Callbacks of a user's code, called as a comparison runs."""

import contextlib
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from netzoo.data import progress
from netzoo.records.trial import EpochRecord, Trial, TrialRecord

FIRST_SECONDS, MESSAGE_SECONDS = 5.0, 30.0  # to the first message on a long reading, and the next


class Callback:
    """Follows a comparison; override the methods that you need.

    >>> import netzoo
    >>> class Epochs(netzoo.Callback):
    ...     def on_epoch_end(self, trial, record):
    ...         print(trial.model, record.epoch)
    >>> few = {"recipe": "quick", "epochs": 2, "limit_train": 100}
    >>> comparison = netzoo.compare("lenet", callbacks=[Epochs()], **few)
    lenet 1
    lenet 2
    """

    def on_message(self, line: str) -> None:
        """Handle a log message: recipe, data, device, estimate, and what happens later."""

    def on_wait(self, what: str) -> None:
        """Handle the start of a preparation that takes seconds; what: in words."""

    def on_backend_begin(self, name: str, number: int, count: int) -> None:
        """Handle the start of backend `number` of `count`, from 1, of a comparison of several.

        What comes next, numbers of trials and times included, is of this backend.
        """

    def on_trial_begin(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        """Handle the start of trial `number` of `count`, from 1, after `epochs_done` epochs."""

    def on_setting(self, trial: Trial, number: int, words: str) -> None:
        """Handle, before its start, that a trial is of setting `number` of a search; in words."""

    def on_step_end(self, trial: Trial, epoch: int, step: int, steps: int) -> None:
        """Handle the progress of an epoch, a few times a second; all count from 1."""

    def on_epoch_end(self, trial: Trial, record: EpochRecord) -> None:
        """Handle the end of an epoch."""

    def on_trial_end(self, record: TrialRecord) -> None:
        """Handle the end of a trial, whatever its status."""

    def on_time_left(self, seconds: float, done_seconds: float) -> None:
        """Handle the time that is left and that has passed, at each step and end."""


@contextlib.contextmanager
def told_of_images(callback: Callback) -> Iterator[None]:
    """Tell a callback how far the images are that are read within the context.

    Each news is a wait; one in a while is also a message, for who follows no bar.
    """
    said = time.monotonic() + FIRST_SECONDS - MESSAGE_SECONDS

    def tell(news: str) -> None:
        nonlocal said
        callback.on_wait(news)
        if time.monotonic() - said >= MESSAGE_SECONDS:
            said = time.monotonic()
            callback.on_message(f"{news[0].upper()}{news[1:]}.")

    with progress.told_to(tell):
        yield


class CallbackList(Callback):
    """Calls several callbacks in their order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._callbacks = tuple(callbacks)

    def on_message(self, line: str) -> None:
        for each in self._callbacks:
            each.on_message(line)

    def on_wait(self, what: str) -> None:
        for each in self._callbacks:
            each.on_wait(what)

    def on_backend_begin(self, name: str, number: int, count: int) -> None:
        for each in self._callbacks:
            each.on_backend_begin(name, number, count)

    def on_trial_begin(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        for each in self._callbacks:
            each.on_trial_begin(trial, number, count, epochs_done)

    def on_setting(self, trial: Trial, number: int, words: str) -> None:
        for each in self._callbacks:
            each.on_setting(trial, number, words)

    def on_step_end(self, trial: Trial, epoch: int, step: int, steps: int) -> None:
        for each in self._callbacks:
            each.on_step_end(trial, epoch, step, steps)

    def on_epoch_end(self, trial: Trial, record: EpochRecord) -> None:
        for each in self._callbacks:
            each.on_epoch_end(trial, record)

    def on_trial_end(self, record: TrialRecord) -> None:
        for each in self._callbacks:
            each.on_trial_end(record)

    def on_time_left(self, seconds: float, done_seconds: float) -> None:
        for each in self._callbacks:
            each.on_time_left(seconds, done_seconds)


_OLD_NAMES = {
    "on_message": "said",
    "on_wait": "waiting",
    "on_trial_begin": "trial_started",
    "on_step_end": "stepped",
    "on_epoch_end": "epoch_ended",
    "on_trial_end": "trial_ended",
    "on_time_left": "time_left",
}


class Listener(Callback):
    """The former name of Callback, with the former names of its methods; deprecated."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        warnings.warn(
            "netzoo.Listener is deprecated; derive from netzoo.Callback, whose methods are "
            f"{', '.join(_OLD_NAMES)}.",
            DeprecationWarning,
            stacklevel=2,
        )
        for name, old in _OLD_NAMES.items():
            if old in vars(cls) and name not in vars(cls):
                setattr(cls, name, vars(cls)[old])


for _name, _old in _OLD_NAMES.items():  # a subclass may call its super's
    setattr(Listener, _old, vars(Callback)[_name])


def callback_of(callbacks: Sequence[Callback], listener: Callback | None) -> Callback:
    """Return one callback for all; listener: the former name of the argument, deprecated."""
    if listener is None:
        return CallbackList(callbacks)
    warnings.warn(
        "the argument listener is deprecated; give callbacks=[…].", DeprecationWarning, stacklevel=3
    )
    return CallbackList([*callbacks, listener])

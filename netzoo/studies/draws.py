"""The settings that a search tries, drawn by Optuna.

A study of Optuna lives in memory alone, and is asked and told in a fixed order, so the same seed
and the same accuracies give the same settings: a search that goes on after a kill repeats the
draws, and takes the accuracies from the records. Nothing of the study is stored.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from netzoo.errors import no_such, require
from netzoo.studies.space import Dimension, Setting

RANDOM, TPE = "random", "tpe"
SAMPLERS = (RANDOM, TPE)
GENERATION = 8  # settings that TPE draws before it is told of any of them
INSTALL = 'pip install "netzoo[tune]"'


def optuna() -> Any:
    """Return Optuna. Raises MissingPackage."""
    return require("optuna", "A search of settings", INSTALL)


def check_sampler(sampler: str) -> None:
    """Raise UnknownName for a sampler that is not one of SAMPLERS."""
    if sampler not in SAMPLERS:
        raise no_such("sampler", sampler, SAMPLERS)


class Draws:
    """The settings that a sampler draws from a space, in order.

    "random" draws each independently of all others, so a larger budget begins with the settings of
    a smaller one. "tpe" draws by the accuracies that it is told (tree-structured Parzen estimator,
    Bergstra et al. 2011), after a first generation at random.
    """

    def __init__(self, space: Sequence[Dimension], sampler: str, seed: int) -> None:
        package = optuna()
        self._space = space
        self._told: set[int] = set()
        self._asked: list[Any] = []
        self.settings: list[Setting] = []
        with _quiet(package):
            samplers = package.samplers
            chosen = (
                samplers.RandomSampler(seed=seed)
                if sampler == RANDOM
                else samplers.TPESampler(seed=seed, n_startup_trials=GENERATION)
            )
            self._study = package.create_study(direction="maximize", sampler=chosen)
        self._distributions = {each.name: each.distribution(package) for each in space}

    def draw(self, count: int) -> None:
        """Draw so many settings more."""
        with _quiet(optuna()):
            for _ in range(count):
                trial = self._study.ask(self._distributions)
                self._asked.append(trial)
                drawn = {each.name: each.rounded(trial.params[each.name]) for each in self._space}
                self.settings.append(drawn)

    def tell(self, scores: Sequence[float]) -> None:
        """Tell the accuracy of each setting so far, in order."""
        with _quiet(optuna()):
            for number, score in enumerate(scores):
                if number not in self._told:
                    self._told.add(number)
                    self._study.tell(self._asked[number], score)


@contextlib.contextmanager
def _quiet(package: Any) -> Iterator[None]:
    """Let Optuna log warnings alone: a study in memory is no news to whoever compares networks."""
    before = package.logging.get_verbosity()
    package.logging.set_verbosity(package.logging.WARNING)
    try:
        yield
    finally:
        package.logging.set_verbosity(before)

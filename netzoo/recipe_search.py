"""The search that has chosen the settings of a recipe: where it looked, and the effort it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netzoo.errors import BadInput


@dataclass(frozen=True)
class Search:
    """The search that has chosen a model's settings.

    space: the values of each searched setting, as "1e-4..1e-1:log". budget: the number of settings
    drawn. sampler: what drew them, from which seed. rungs: the epochs after which the best went on,
    the last of them those of the recipe. images: the SHA-256 of the data set. netzoo, optuna: their
    versions.
    tried: the settings that were trained, without those that failed; finished: of these, to the
    last epoch. epochs: trained in all. validation_accuracy: of the chosen one after the last epoch,
    a share of one.
    """

    space: dict[str, str]
    budget: int
    sampler: str
    seed: int
    rungs: tuple[int, ...]
    images: str
    netzoo: str
    optuna: str
    tried: int
    finished: int
    epochs: int
    validation_accuracy: float

    @property
    def effort(self) -> dict[str, Any]:
        """Return what must be equal for models that had the same chance, by its name in words."""
        return {
            "settings tried": self.tried,
            "budget": self.budget,
            "space": "; ".join(f"{name} {values}" for name, values in self.space.items()),
            "sampler": f"{self.sampler}, seed {self.seed}",
            "epochs": ", ".join(map(str, self.rungs)),
            "images": self.images[:16],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any], where: str) -> "Search":
        """Return the search of a recipe's file. Raises BadInput if it is not complete."""
        wrong = [name for name in plain if name not in _KINDS]
        wrong += [name for name, kind in _KINDS.items() if type(plain.get(name)) not in kind]
        if not wrong and not all(type(epochs) is int for epochs in plain["rungs"]):
            wrong = ["rungs"]
        if wrong:
            raise BadInput(
                f"{where}: the search is not as netzoo tune writes it, by {wrong[0]}; leave out "
                "its tables, [search] and [model.….search], to use the settings alone."
            )
        space = {str(name): str(values) for name, values in plain["space"].items()}
        return cls(**{**plain, "space": space, "rungs": tuple(plain["rungs"])})


_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("budget", "seed", "tried", "finished", "epochs"), (int,)),
    **dict.fromkeys(("sampler", "images", "netzoo", "optuna"), (str,)),
    **{"space": (dict,), "rungs": (list,), "validation_accuracy": (float, int)},
}

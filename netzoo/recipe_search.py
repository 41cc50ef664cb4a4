"""The search that has chosen the settings of a recipe: where it looked, and the effort it took."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
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
        kinds = {"dict[str, str]": dict, "int": int, "str": str, "float": float}
        known = {each.name: kinds.get(str(each.type), list) for each in fields(cls)}
        annotated = {name: type(plain.get(name)) for name in known}
        wrong = [
            name
            for name, kind in known.items()
            if annotated[name] is not kind and not (kind is float and annotated[name] is int)
        ]
        wrong += [name for name in plain if name not in known]
        if wrong:
            raise BadInput(
                f"{where}: the search is not as netzoo tune writes it, by {wrong[0]}; leave out "
                "its tables, [search] and [model.….search], to use the settings alone."
            )
        return cls(**{**plain, "rungs": tuple(plain["rungs"])})

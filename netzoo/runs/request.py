"""The request of a comparison, and its trials: one for each model and seed, with its recipe."""

import hashlib
import inspect
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netzoo import recipe_files
from netzoo.errors import BadInput, no_such
from netzoo.models import saved, weights
from netzoo.models.catalog import model_info, model_spec
from netzoo.models.code import check_place, source_files
from netzoo.models.spec import CODE, REGISTERED, SAVED, ModelSpec
from netzoo.provenance import DatasetRecord, Device
from netzoo.recipes import AS, RECIPES, Recipe, check_overrides, check_settings, recipe
from netzoo.records.codec import to_plain
from netzoo.records.trial import Trial
from netzoo.records.trials import Trials

AUTO = "auto"
BRIEF = "auto-brief"
AUTOMATIC = {AUTO: ("lesson", "quick"), BRIEF: ("lesson", "brief")}  # on a GPU, on a CPU
DEVICES = ("auto", "gpu", "cpu")
MODELS_MODULE = "netzoo.models"


@dataclass(frozen=True)
class Request:
    """The arguments of netzoo.compare."""

    models: tuple[ModelSpec, ...]
    recipe: str
    dataset: str | None
    data_dir: str | None
    seeds: tuple[int, ...]
    device: str
    baseline: str | None
    overrides: dict[str, Any]

    @property
    def command(self) -> str:
        """Return the command that makes the request, without its models."""
        return "netzoo compare"

    @classmethod
    def of(
        cls,
        models: Sequence[str] | str,
        baseline: str | None = None,
        /,
        *,
        recipe: str = AUTO,
        dataset: str | Path | None = None,
        data_dir: str | Path | None = None,
        seeds: Sequence[int] = (0,),
        device: str = "auto",
        **overrides: Any,
    ) -> "Request":
        """Return the request of a call; unnamed arguments are overrides of the recipe."""
        if isinstance(dataset, Path):  # also where it looks like a name
            dataset = os.path.abspath(dataset.expanduser())
        return cls(
            models=tuple(map(model_spec, [models] if isinstance(models, str) else models)),
            recipe=recipe,
            dataset=dataset,
            data_dir=None if data_dir is None else str(data_dir),
            seeds=tuple(seeds),
            device=device,
            baseline=baseline,
            overrides=overrides,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain values, as a plan keeps it."""
        plain = {**to_plain(replace(self, models=())), "models": [s.text for s in self.models]}
        if recipe_files.is_file(self.recipe):
            plain["recipe_sha256"] = recipe_files.sha256(self.recipe)
        return plain

    def check(self) -> None:
        """Validate the request as far as possible without a backend. Raises NetzooError."""
        models, seeds = [spec.text for spec in self.models], self.seeds
        if not models:
            raise BadInput("name at least one model to train; netzoo list shows them.")
        check_overrides(self.overrides)
        for spec in self.models:
            check_trainable(spec)
            weights.check(spec, {**self.overrides, **spec.settings}.get("weights"))
        twice = next((spec for spec in models if models.count(spec) > 1), None)
        if twice is not None:
            raise BadInput(f"{twice!r} is named twice; a comparison takes each model once.")
        if self.baseline is not None and self.baseline not in models:
            raise no_such("baseline", self.baseline, models, where="this comparison")
        if recipe_files.is_file(self.recipe):
            recipe_files.register(self.recipe)
        elif self.recipe not in AUTOMATIC and self.recipe not in RECIPES:
            raise no_such("recipe", self.recipe, [AUTO, *RECIPES])
        if self.device not in DEVICES:
            raise no_such("device", self.device, DEVICES)
        for seed in seeds:
            if type(seed) is not int or not 0 <= seed < 2**32:
                raise BadInput(f"a seed is a whole number from 0 to 4294967295; received {seed!r}.")
        if not seeds or len(set(seeds)) < len(seeds):
            raise BadInput(f"expected one seed or more, each once; received {list(seeds)}.")


def is_search(plain: Mapping[str, Any]) -> bool:
    """Return whether a request, as a plan keeps it, is of a search of settings."""
    return "search" in plain


def check_trainable(spec: ModelSpec) -> None:
    """Raise for a model, file or module that does not exist, or a wrong setting."""
    if spec.origin == REGISTERED:
        model_info(spec)
    elif spec.origin == SAVED:
        saved.check(Path(spec.name))
    else:
        check_place(spec)
    check_settings(spec)


def family_of(spec: ModelSpec) -> str:
    """Return the family whose settings in a recipe a model takes; that of a user's is its name."""
    return model_info(spec).family if spec.origin == REGISTERED else spec.name


def choose_recipe(recipe_name: str, device: Device) -> str:
    """Return the recipe's name; automatic: the lesson's on a GPU, a small one on a CPU."""
    on_gpu, on_cpu = AUTOMATIC.get(recipe_name, (recipe_name, recipe_name))
    return on_gpu if device.kind == "gpu" else on_cpu


def devices_of(request: Request) -> int:
    """Return the number of devices that share each batch, 0 for all GPUs, the same for all models.

    Raises BadInput if the recipe has another number for some family.
    """
    if "data_parallel" in request.overrides:
        return int(request.overrides["data_parallel"])
    if request.recipe in AUTOMATIC:
        return 1
    numbers = {
        spec.text: recipe(request.recipe, family_of(spec)).data_parallel for spec in request.models
    }
    if len(set(numbers.values())) > 1:
        told = ", ".join(f"{model} {number}" for model, number in numbers.items())
        raise BadInput(
            f"data_parallel is the same for all models of a comparison; received {told}."
        )
    return next(iter(numbers.values()))


def check_one_device(request: Request, what: str) -> None:
    """Raise BadInput for a request of several devices; what: runs on one."""
    if devices_of(request) != 1:
        raise BadInput(f"{what} on one device; received data_parallel {devices_of(request)}.")


def recipe_of(
    spec: ModelSpec,
    recipe_name: str,
    overrides: Mapping[str, Any],
    device: Device,
    devices: int = 1,
) -> Recipe:
    """Return the recipe of a model on a device, its precision and its devices settled.

    The settings in the model's own spec take precedence over the overrides, which are for all.
    devices: how many share each batch.
    """
    settings = dict(spec.settings)
    family = family_of(spec)
    lender = settings.pop(AS, family)
    own, like = recipe(recipe_name, family), recipe(recipe_name, lender)
    like = replace(like, image_size=own.image_size, tuned=like.tuned and lender == family)
    like = recipe_files.of_model(recipe_name, spec.text, like)
    chosen = like.changed({**overrides, **settings})
    if any(getattr(chosen, name) != getattr(like, name) for name in overrides):
        chosen = replace(chosen, search=None)  # others than it has chosen
    if chosen.precision == AUTO:
        fast = "mixed_bfloat16" if device.native_bfloat16 else "float32"
        chosen = replace(chosen, precision=fast)
    return replace(chosen, data_parallel=devices)


def planned_trials(
    recipes: Mapping[ModelSpec, Recipe],
    dataset: DatasetRecord,
    seeds: Sequence[int],
    backend: str,
    device: str,
) -> Trials:
    """Return the trials, all models with the first seed first; recipes: by model."""
    of_each = [
        Trial(
            model=spec.text,
            input_shape=_input_shape(spec, chosen, dataset),
            dataset=dataset,
            recipe=chosen,
            seed=0,
            backend=backend,
            device=device,
            changes=_changes(spec),
            module=_module(spec),
            sha256=sha256_of(spec, chosen),
        )
        for spec, chosen in recipes.items()
    ]
    count = len(of_each)
    return Trials(
        of_each,
        list(range(count)) * len(seeds),
        (seed for seed in seeds for _ in range(count)),
    )


def has_its_files(trial: Trial) -> bool:
    """Return whether the user's files that a trial starts from are what they were."""
    return not trial.sha256 or trial.sha256 == sha256_of(trial.spec, trial.recipe)


def native_shape(model: ModelSpec, dataset: DatasetRecord) -> tuple[int, int, int]:
    """Return a registered model's native size with the data's channels.

    The data's, where it has none, and for a model of another origin.
    """
    if model.origin != REGISTERED:
        return dataset.image_shape
    info = model_info(model)
    height, width, _ = info.input_shape if info.sized else dataset.image_shape
    return height, width, dataset.image_shape[2]


def _input_shape(spec: ModelSpec, chosen: Recipe, dataset: DatasetRecord) -> tuple[int, int, int]:
    height, width, channels = native_shape(spec, dataset)
    if chosen.image_size is not None:
        height = width = chosen.image_size
    return height, width, channels


def _changes(spec: ModelSpec) -> dict[str, Any]:
    return dict(model_info(spec).changes if spec.origin == REGISTERED else spec.changes)


def sha256_of(spec: ModelSpec, chosen: Recipe) -> str:
    """Return the SHA-256 of the user's files that a training starts from, "" without any.

    Of code, that is the file of the builder alone, not what it imports.
    """
    files = []
    if spec.origin == SAVED:
        files.append(Path(spec.name))
    elif spec.origin == CODE:
        files += source_files(spec)
    elif spec.origin == REGISTERED and not _module(spec).startswith("netzoo."):
        source = inspect.getsourcefile(model_info(spec).builder)
        files += [] if source is None else [Path(source)]
    if weights.is_path(chosen.weights):
        files.append(Path(chosen.weights))
    if not files:
        return ""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _module(spec: ModelSpec) -> str:
    """Return the module whose import registers the model. Raises BadInput if there is none."""
    if spec.origin != REGISTERED:
        return MODELS_MODULE
    builder = model_info(spec).builder
    if builder.__module__ == "__main__":
        raise BadInput(
            f"{spec.text!r} is defined in the running script or notebook; put its builder into a "
            "module that can be imported, since each trial runs in a process of its own."
        )
    return str(builder.__module__)

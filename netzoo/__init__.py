"""netzoo: which of these image networks, and what does each change buy me?

The public names are resolved when they are first used: `import netzoo` imports no keras.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netzoo.backend import versions as versions
    from netzoo.comparisons import Comparison as Comparison
    from netzoo.cost import cost_rule as cost_rule
    from netzoo.cost import count_cost as count_cost
    from netzoo.costs import Cost as Cost
    from netzoo.data import open_images as open_images
    from netzoo.errors import NetzooError as NetzooError
    from netzoo.recipes import Recipe as Recipe
    from netzoo.registry import create_model as create_model
    from netzoo.registry import list_models as list_models
    from netzoo.registry import model_info as model_info
    from netzoo.registry import register_model as register_model
    from netzoo.runs.compare import compare as compare
    from netzoo.runs.pages import write_report as write_report
    from netzoo.studies.ablate import ablate as ablate
    from netzoo.studies.ladder import ladder as ladder
    from netzoo.studies.lesson import lesson as lesson
    from netzoo.studies.probe import probe as probe
    from netzoo.summaries import summary as summary

_HOMES = {
    "Comparison": "comparisons",
    "Cost": "costs",
    "NetzooError": "errors",
    "Recipe": "recipes",
    "ablate": "studies.ablate",
    "compare": "runs.compare",
    "cost_rule": "cost",
    "count_cost": "cost",
    "create_model": "registry",
    "ladder": "studies.ladder",
    "lesson": "studies.lesson",
    "list_models": "registry",
    "model_info": "registry",
    "open_images": "data",
    "probe": "studies.probe",
    "register_model": "registry",
    "summary": "summaries",
    "versions": "backend",
    "write_report": "runs.pages",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netzoo' has no attribute {name!r}")
    return getattr(importlib.import_module(f"netzoo.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

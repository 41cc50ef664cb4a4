"""The built-in model families, one file each; importing the package registers their models."""

from netzoo.models import plugins
from netzoo.models.alexnet import alexnet
from netzoo.models.catalog import MODELS
from netzoo.models.lenet import lenet

MODELS.load_by(plugins.load)

__all__ = ["alexnet", "lenet"]

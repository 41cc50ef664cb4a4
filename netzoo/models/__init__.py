"""The built-in model families, one file each; importing the package registers their models."""

from netzoo.models.alexnet import alexnet
from netzoo.models.lenet import lenet

__all__ = ["alexnet", "lenet"]

"""The built-in families, one a file. Importing this package registers their models."""

from netzoo.models.alexnet import alexnet
from netzoo.models.lenet import lenet

__all__ = ["alexnet", "lenet"]

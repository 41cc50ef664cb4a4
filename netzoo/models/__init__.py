"""The built-in model families, one file each; importing the package registers their models."""

from netzoo.models import plugins
from netzoo.models.alexnet import alexnet
from netzoo.models.alexnet2012 import alexnet2012
from netzoo.models.catalog import MODELS
from netzoo.models.densenet import densenet, densenet121
from netzoo.models.googlenet import googlenet
from netzoo.models.lenet import lenet
from netzoo.models.lenet5 import lenet5
from netzoo.models.mlp import mlp
from netzoo.models.mobilenet import mobilenet
from netzoo.models.nin import nin
from netzoo.models.resnet import resnet
from netzoo.models.resnext import resnext
from netzoo.models.small_resnet import small_resnet
from netzoo.models.vgg import vgg
from netzoo.models.vit import vit

MODELS.load_by(plugins.load)

__all__ = [
    "alexnet",
    "alexnet2012",
    "densenet",
    "densenet121",
    "googlenet",
    "lenet",
    "lenet5",
    "mlp",
    "mobilenet",
    "nin",
    "resnet",
    "resnext",
    "small_resnet",
    "vgg",
    "vit",
]

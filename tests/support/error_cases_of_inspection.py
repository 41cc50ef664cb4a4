"""Errors about groups of images and what is asked of them; see error_cases.py."""

import sys

from image_files import photos

import netzoo
from netzoo.errors import BadInput, DataError, MissingPackage, UnknownName


def grouped(expression):
    """Open photographs whose held-out share is by group."""
    netzoo.open_images(f"{photos('photos')}@group={expression}")


def inspected(**options):
    """Inspect photographs."""
    netzoo.inspect_images(photos("photos"), **options)


# fmt: off
CASES = [
    ("group that is no expression", BadInput, lambda: grouped("(p"),
     'group "(p" is not a regular expression: missing ), unterminated subpattern at position 0.'),
    ("group of no letters", BadInput, lambda: grouped(""),
     "group is a regular expression, such as (patient\\d+); received none."),
    ("setting after the group", BadInput, lambda: grouped("p,size=8"),
     "group is the last setting, as its expression may hold commas; write size before it in "
     "'group=p,size=8'."),
    ("group in some names", BadInput, lambda: grouped("cat"),
     '<any>photos@group=cat: the group "cat" is found in the names of 5 of 10 images, and not in '
     "'dog/<any>.png'; each needs one (.*?…|(.+) makes a group of each other file)."),
    ("one group for all", DataError, lambda: grouped("png"),
     "<any>photos@group=png has no test split, and no group could be held out that leaves each "
     "class images to train on; it has 1 group."),
    ("groups of arrays", BadInput,
     lambda: netzoo.inspect_images("fashion_mnist_sample", group="x"),
     "fashion_mnist_sample has no files whose names could tell of groups."),
    ("bits of near copies", BadInput, lambda: inspected(near=25),
     "`near` is a number of bits from 0 to 24; received 25."),
    ("augmentation to draw", UnknownName, lambda: inspected(augment="flap", output="out"),
     "no augmentation 'flap'; did you mean 'flip'? Known: flip, color, color+erase, crop, <any> "
     "and 4 more."),
    ("augmentation drawn nowhere", BadInput, lambda: inspected(augment="flip"),
     "`augment` is drawn into a folder; name one by `output`."),
    ("seed of draws", BadInput, lambda: inspected(seed=-1),
     "`seed` is a whole number from 0 to 2147483647; received -1."),
    ("inspection into a file", BadInput, lambda: inspected(output="photos/cat/0.png"),
     "`output` 'photos/cat/0.png' is a file; expected a folder."),
    ("hash that is not installed", MissingPackage,
     lambda patch: (patch.setitem(sys.modules, "imagehash", None), inspected(near=4)),
     '`near` needs the package imagehash, which is not installed: pip install "netzoo[data]"'),
]

"""Make the images of this folder anew, from the sample of Fashion-MNIST in netzoo.

The sample has the first images of each class of the full set, as Debian's dataset-fashion-mnist.
"""

import argparse
import io
import json
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
from PIL import Image

from netzoo.data.sample import sample

EACH = 12  # images of a class
JPEGS = 2  # of them, the last


def chosen(split, first, count):
    """Return images, (n, 28, 28), and labels: of each class `count` from the number `first`."""
    places = [np.flatnonzero(split.labels == label)[first : first + count] for label in range(10)]
    order = np.sort(np.concatenate(places))
    return split.images[order, ..., 0], split.labels[order]


def write_folder(folder, images, labels, names):
    numbers = [0] * len(names)
    for pixels, label in zip(images, labels, strict=True):
        ending = "jpg" if numbers[label] >= EACH - JPEGS else "png"
        path = folder / names[label] / f"{numbers[label]:02d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=95)
        numbers[label] += 1


def write_npz(path, train, test):
    """Write arrays under MedMNIST's names; its labels are (n, 1)."""
    parts = {"train": chosen(train, 12, 8), "val": chosen(test, 4, 2), "test": chosen(test, 0, 4)}
    arrays = {}
    for name, (images, labels) in parts.items():
        arrays[f"{name}_images"] = images
        arrays[f"{name}_labels"] = labels[:, None].astype(np.uint8)
    np.savez_compressed(path, **arrays)


def write_parquet(path, images, labels, names):
    """Write a file as Hugging Face's datasets does: PNG bytes, and the features as metadata."""
    rows = []
    for pixels in images:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        rows.append({"bytes": file.getvalue(), "path": None})
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    table = pyarrow.table({"image": pyarrow.array(rows, kind), "label": labels})
    features = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": names},
    }
    about = json.dumps({"info": {"features": features}})
    pyarrow.parquet.write_table(table.replace_schema_metadata({"huggingface": about}), path)


def write(folder):
    """Write images/, clothes.npz and clothes.parquet, each of other images of the sample."""
    images = sample()
    names = [name.lower().partition("/")[0].replace(" ", "-") for name in images.class_names]
    write_folder(folder / "images", *chosen(images.train, 0, EACH), names)
    write_npz(folder / "clothes.npz", images.train, images.test)
    write_parquet(folder / "clothes.parquet", *chosen(images.train, 20, EACH), names)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(__file__).parent, help="default: this folder"
    )
    write(parser.parse_args().folder)

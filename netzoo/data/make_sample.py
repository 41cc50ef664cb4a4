"""The bundled sample, made from the full set: python -m netzoo.data.make_sample [FOLDER]."""

import sys
from pathlib import Path

from netzoo.data import idx, sample
from netzoo.data.fashion_mnist import fashion_mnist
from netzoo.data.source import Images


def write(images: Images, folder: Path) -> None:
    """Write the sample of a full set as four gzip IDX files."""
    images = images.limited(sample.TRAIN_IMAGES, sample.TEST_IMAGES)
    folder.mkdir(parents=True, exist_ok=True)
    for split, part in (("train", images.train), ("test", images.test)):
        images_stem, labels_stem = idx.FILES[split]
        idx.write(folder / f"{images_stem}.gz", part.images[..., 0])
        idx.write(folder / f"{labels_stem}.gz", part.labels.astype("uint8"))


if __name__ == "__main__":
    write(fashion_mnist(), Path(sys.argv[1]) if len(sys.argv) > 1 else sample.FOLDER)

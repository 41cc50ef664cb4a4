"""A comparison on the command line that takes seconds, and the numbers in its folder."""

from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord

SMALL = ("--dataset", "fashion_mnist_sample", "--limit-train", "640", "--limit-test", "200")


def numbers(folder):
    """Return all that a folder's trials gave, but times."""
    told = {}
    for path in (folder / "trials").glob("*.json"):
        record = from_text(TrialRecord, path.read_bytes(), path.name)
        epochs = [
            (e.train_loss, e.train_accuracy, e.validation_loss, e.validation_accuracy)
            for e in record.history
        ]
        told[path.stem] = (epochs, record.test_loss, record.test_accuracy, record.predictions)
    return told

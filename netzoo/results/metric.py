"""What verdicts are of: accuracy, or balanced accuracy, the mean recall over the classes."""

from netzoo.errors import no_such

ACCURACY, BALANCED = "accuracy", "balanced_accuracy"
METRICS = (ACCURACY, BALANCED)
# Of each metric: its field in a ModelRow, and its name in words.
FIGURES = {ACCURACY: "test_accuracy", BALANCED: "balanced_accuracy"}
WORDS = {ACCURACY: "test accuracy", BALANCED: "balanced accuracy"}
# Of a column of differences; the headings of tables have two lines.
HEADINGS = {ACCURACY: "Δ test,\npoints", BALANCED: "Δ balanced,\npoints"}


def check_metric(name: str) -> None:
    """Raise UnknownName unless the name is one of METRICS."""
    if name not in METRICS:
        raise no_such("metric", name, METRICS)

"""What hears of a training when nobody else does."""


class Hooks:
    """Count the epochs that are kept, and never stop."""

    def __init__(self):
        self.kept = []
        self.keep = self.kept.append

    def report(self, event):
        pass

    def should_stop(self):
        return False

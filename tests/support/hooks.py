"""What hears of a training when nobody else does."""


class Hooks:
    """Count the epochs that are kept, and never stop."""

    def __init__(self):
        self.kept = []
        self.paused = False
        self.save_checkpoint = self.kept.append

    def on_step_end(self, epoch, step, steps):
        pass

    def on_epoch_end(self, record):
        pass

    def should_stop(self, history):
        return False

"""Which run of a trial may write, where several may be on their way on several machines.

A trial may begin again while its first run cannot be reached: its machine is frozen, and may wake
later. So each run has a token, and the file that all of them see holds that of the newest. A run
asks before each write whether the token is still its own. Its process also holds the lock of that
file as long as it lives, for which the next run waits where the file system has locks.
"""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Fence:
    """A run's token, and the absolute path of the file that holds the newest run's."""

    path: str
    token: str

    def set_up(self) -> None:
        """Make this run the newest. The file stays the same, since its lock may be held."""
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            os.pwrite(file, self.token.encode(), 0)
            os.fsync(file)
        finally:
            os.close(file)

    def is_open(self) -> bool:
        """Return whether this run is the newest; not if the file is gone."""
        try:
            return Path(self.path).read_text(errors="replace") == self.token
        except OSError:
            return False

    def remove(self) -> None:
        """Let no run write any more: the trial has ended."""
        with contextlib.suppress(OSError):
            Path(self.path).unlink()


def end_if_shut(fence: Fence | None) -> None:
    """End this process at once if another run of its trial has begun: it may write no more."""
    if fence is not None and not fence.is_open():
        sys.stderr.write("Another run of this trial has begun, so this one ends.\n")
        sys.stderr.flush()
        os._exit(1)


def shut_all(folder: Path) -> None:
    """Let none of the runs write that have their fences in a folder."""
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            Fence(str(path), "-" * TOKEN_BYTES).set_up()

"""What is done: the folder of a comparison, one record a trial, written as each ends."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from netzoo.errors import BadInput
from netzoo.records import TrialRecord, to_text
from netzoo.runs.plan import identity

DEFAULT_FOLDER = Path("runs")


class Store:
    """The folder of one comparison: records in trials/, what the processes said in logs/.

    Raises BadInput if the folder cannot be written, or holds something already.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            for part in ("trials", "logs"):
                (folder / part).mkdir(parents=True)
        except FileExistsError as error:
            raise BadInput(
                f"{folder} holds a comparison or is a file; name a new folder."
            ) from error
        except OSError as error:
            raise BadInput(f"{folder} cannot be written: {error.strerror}.") from error

    def discard(self) -> None:
        """Remove the folder if no trial was kept: nothing in it is of use."""
        if not any((self.folder / "trials").iterdir()):
            shutil.rmtree(self.folder)

    def log(self, name: str) -> Path:
        """Return where a process writes its standard error."""
        return self.folder / "logs" / f"{name}.log"

    def keep_trial(self, record: TrialRecord) -> None:
        """Write the record of a trial."""
        self.keep(f"trials/{identity(record.trial)}.json", to_text(record))

    def keep(self, name: str, text: str) -> None:
        """Write a file so that, whenever the machine stops, it is there whole or not at all."""
        path = self.folder / name
        fresh = path.with_name(f"{path.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def new_folder(models: Sequence[str]) -> Path:
    """Return a name below runs/ that says when and what: runs/20260131-235959-lenet-alexnet."""
    words = "-".join(name.partition(":")[0] for name in models)[:60]
    base = DEFAULT_FOLDER / f"{time.strftime('%Y%m%d-%H%M%S')}-{words}"
    number = 2
    folder = base
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder

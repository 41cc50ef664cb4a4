"""The command group, and the one place where an error becomes a line and an exit code."""

import gc
import re
import shlex
import sys
from typing import NoReturn

import click

from netzoo.errors import BadInput, NetzooError
from netzoo.provenance import COMMAND

from . import streams
from .ablate import ablate
from .bench import bench
from .compare import compare
from .data import data
from .evaluate import evaluate
from .ladder import ladder
from .lesson import lesson
from .list import list_command
from .parity import parity
from .predict import predict
from .probe import probe
from .recipe import recipe
from .report import report
from .rerun import rerun
from .runs import runs
from .show import show
from .summary import summary
from .tune import tune

WRONG_REQUEST = 2
INTERRUPTED = 130
GARBAGE = 1_000_000  # objects, between the searches for garbage


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Set KERAS_BACKEND to tensorflow (default), torch or jax to choose the backend.",
)
@click.version_option(package_name="netzoo", message="netzoo %(version)s")
def app() -> None:
    """Compare small image networks: which of these, and what does each change buy?

    \b
    Examples:
      netzoo compare lenet alexnet
      netzoo tune lenet alexnet --budget 20
      netzoo ablate alexnet
      netzoo ladder lenet alexnet
      netzoo probe alexnet alexnet-sigmoid
      netzoo lesson
      netzoo report runs/lesson
      netzoo bench lenet alexnet
      netzoo parity lenet resnet20
      netzoo data photos/
      netzoo evaluate runs/lesson/models/lenet-seed0-1f3a5c7e.keras
      netzoo summary alexnet
      netzoo list "alexnet*"
      netzoo recipe show quick
      netzoo runs
    """
    # A list of many trials is many objects, none of which is garbage before the command ends.
    gc.set_threshold(GARBAGE)


COMMANDS = (
    ablate,
    bench,
    compare,
    data,
    evaluate,
    ladder,
    lesson,
    list_command,
    parity,
    predict,
    probe,
    recipe,
    report,
    rerun,
    runs,
    show,
    summary,
    tune,
)
for command in COMMANDS:
    app.add_command(command)


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 a trial failed, 2 a wrong request, 130 Ctrl-C."""
    streams.prepare()
    try:
        _check_words(sys.argv[1:])
        COMMAND.set(shlex.join(["netzoo", *sys.argv[1:]]))
        code = app.main(prog_name="netzoo", standalone_mode=False)
    except click.ClickException as error:
        _complain(error.format_message())
        code = WRONG_REQUEST
    except NetzooError as error:
        _complain(_with_options(str(error)))
        code = WRONG_REQUEST
    except click.Abort:
        _complain("stopped.")
        code = INTERRUPTED
    sys.exit(code or 0)


def _with_options(message: str) -> str:
    """Return a message of the library with its `arguments` as the options of the command line."""
    return re.sub(r"`(\w+)`", lambda name: f"--{name[1].replace('_', '-')}", message)


def _check_words(words: list[str]) -> None:
    """Raise for a word that is no text, such as a file's name in another encoding.

    It could be kept in no record, which are UTF-8.
    """
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise BadInput(f"{word!a} is not text in this system's encoding.") from None


def _complain(message: str) -> None:
    click.echo("Error: " + " ".join(message.split()), err=True)

"""netzoo lesson: the lesson's claims, measured."""

from functools import partial
from typing import Any

import click

from .training import size, size_options, train, training_options


@click.command()
@size_options
@training_options(seeds=3)
@click.pass_context
def lesson(
    context: click.Context,
    /,
    quick: bool,
    full: bool,
    recipe: str | None,
    **options: Any,
) -> None:
    """Measure each claim of the lesson on LeNet and AlexNet: does it hold?

    Counts and times both networks, trains AlexNet and its variants, and looks into their layers.
    Prints each claim with what was measured, the interval, the verdict, and the command that
    measures it alone; the output folder holds the page as lesson.md, and the runs, which the same
    command goes on with after a stop.

    \b
    Examples:
      netzoo lesson
      netzoo lesson --seeds 5 --output runs/lesson
      netzoo lesson --full --format markdown
    """
    from netzoo.results.lesson import LessonPage
    from netzoo.studies.lesson import lesson as run

    call = partial(run, recipe=size(quick, full, recipe))
    train(context, call, LessonPage.COLUMNS, ["lesson"], **options)

"""netzoo lesson: the claims of the lesson, measured."""

from functools import partial
from typing import Any

import click

from .training import study_recipe_option, train, training_options


@click.command()
@study_recipe_option
@training_options(seeds=3)
@click.pass_context
def lesson(
    context: click.Context,
    /,
    recipe: str,
    **options: Any,
) -> None:
    """Measure each claim of the lesson on LeNet and AlexNet: does it hold?

    Counts and times both networks, trains AlexNet and its variants, and probes their layers.
    Prints each claim with the measurement, its interval, the verdict, and the command that measures
    it alone. The output folder holds the table as lesson.md, and the runs, which the same command
    resumes after a stop.

    \b
    Examples:
      netzoo lesson
      netzoo lesson --seeds 5 --output runs/lesson
      netzoo lesson --full --format markdown
    """
    from netzoo.results.lesson import LessonPage
    from netzoo.studies.lesson import lesson as run

    call = partial(run, recipe=recipe)
    train(context, call, LessonPage.COLUMNS, ["lesson"], **options)

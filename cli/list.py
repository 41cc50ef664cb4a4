"""netzoo list: the registered models."""

import json

import click

from .options import format_option, models_option
from .output import show


@click.command("list")
@click.argument("pattern", default="*")
@models_option
@format_option
def list_command(pattern: str, form: str) -> None:
    """List the models whose name matches PATTERN (all by default), with their cost.

    The counts are kept in the user's cache folder, until netzoo or Keras changes.

    \b
    Examples:
      netzoo list
      netzoo list "alexnet*" --format markdown
      netzoo list --models my_networks.py

    The models of an installed package are among them, if it names its modules in the entry-point
    group netzoo.models.
    """
    from netzoo.cost.kept import counts_of
    from netzoo.cost.model_list import grouped, model_json, model_table
    from netzoo.errors import no_such
    from netzoo.models import plugins
    from netzoo.models.catalog import list_models

    names = list_models(pattern)
    for line in plugins.load():
        click.echo(f"Warning: {line}", err=True)
    if not names:
        raise no_such("model", pattern, list_models())
    counts = counts_of(names)
    rows = [(info, counts[info.name]) for info in grouped(names)]
    if form == "json":
        click.echo(json.dumps([model_json(*row) for row in rows], indent=1))
    else:
        show(model_table(rows), form)

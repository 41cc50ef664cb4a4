"""netzoo recipe: the named recipes, as files to change."""

import click


@click.group("recipe")
def recipe() -> None:
    """Show the named recipes, to write one of your own.

    \b
    Examples:
      netzoo recipe list
      netzoo recipe show quick > mine.toml
      netzoo compare lenet alexnet --recipe mine.toml
    """


@recipe.command("list")
def list_recipes() -> None:
    """List the names of the recipes."""
    from netzoo.recipes import RECIPES

    for name, of_family in RECIPES.items():
        summary = (of_family.__doc__ or "").partition("\n")[0]
        click.echo(f"{name}: {summary.removeprefix('Return ')}")


@recipe.command("show")
@click.argument("name")
def show_recipe(name: str) -> None:
    """Print the recipe NAME as TOML: all fields, and those of a family that differ."""
    from netzoo.recipe_files import is_file, register, to_toml

    if is_file(name):
        register(name)
    click.echo(to_toml(name), nl=False)

"""Who may import whom: a room imports only from the rows above its own."""

import ast
import functools
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import netzoo

ROOT = Path(netzoo.__file__).parent
CLI = Path(__import__("netzoo_cli").__file__).parent

ROWS = [
    ("errors", "noise", "units"),
    ("backend", "disk", "provenance", "recipe_options", "recipe_search", "registry", "stats"),
    ("models", "recipe_fields", "tables"),
    ("cost", "recipes"),
    ("records", "recipe_files"),
    ("data", "results"),
    ("training",),
    ("runs",),
    ("report", "studies"),
]
ROW = {room: number for number, rooms in enumerate(ROWS) for room in rooms}

# The one arrow that goes up: a comparison's `plot` and its view in a notebook draw figures.
UPWARD = ("results.comparison", "report")

# What is imported inside a function, and why not as the module is imported.
INSIDE_FUNCTIONS = {
    # Every command imports the module; those that train ask git.
    "provenance": {"subprocess"},
    "results": {"netzoo.report"},
    "results.crossed": {"numpy", "scipy"},  # few requests compare seeds, and scipy takes a second
    "tables": {"rich"},
    # It settles in which order backends are imported, and which.
    "backend": {"jax", "tensorflow", "torch"},
    # A list of models, or a check of a name, needs no keras.
    "models": {"keras", "numpy"},
    "models.plugins": {"importlib"},  # entry points are asked for a name that is not known
    # A list whose counts are all kept needs no keras.
    "cost.kept": {"netzoo.cost"},
    "training": {"torch"},
    "training.average": {"tensorflow"},
    "training.device": {"jax", "tensorflow", "resource"},  # the last not on Windows
    # They take a second or more, and few requests need them.
    "data": {"tensorflow_datasets", "tensorflow", "pyarrow"},
    "stats": {"scipy", "statsmodels"},
    # The packages of the page are asked for first; they also take a second.
    "report.write": {"netzoo.report"},
    # A process that has loaded its backend waits for a request before it touches a device.
    "runs.trial_hooks": {"netzoo.training"},
    "runs.parity_steps": {"netzoo.training"},
    "runs.peers": {"netzoo.training"},
    "runs.answers": {*{"keras", "netzoo.data", "netzoo.models", "netzoo.training"}},
    "runs.lock": {"fcntl"},  # not on Windows
    # The backend starts before it is imported.
    "runs.evaluate": {"netzoo.training"},
    "runs.predict": {"netzoo.training"},
    "data.sheets": {"netzoo.data"},  # the pipeline's augmentation imports tensorflow
}
# By a name that is known only then: of a backend, of a user's module, of a package to install.
BY_NAME = {
    *{"backend", "cost.verify", "errors", "models.code", "runs.answers", "runs.forking"},
    *{"training.devices", "training.layer_probes", "training.parity", "training.step"},
}

# What a module may import as it is imported; inside a function is another matter.
THIRD_PARTY = {
    "__init__": {"lazy_loader"},
    "records.codec": {"msgspec"},
    "records.index": {"msgspec"},
    "runs.messages": {"msgspec"},
    "cost": {"keras"},
    "data": {"PIL", "numpy", "tensorflow"},
    "training": {"keras", "numpy"},
    "report": {"altair", "jinja2", "markupsafe", "numpy", "PIL", "vl_convert"},
    "runs.checkpoint": {"numpy"},
    "runs.inspect_images": {"numpy"},
}


# Each counts or trains by one backend's own means, and is imported when that backend runs.
OF_ONE_BACKEND = {
    "cost.opinion_jax": {"jax"},
    "cost.opinion_tensorflow": {"tensorflow"},
    "cost.opinion_torch": {"torch"},
    "training.graph_torch": {"torch"},
    "training.kernels_jax": {"jax"},
    "training.kernels_tensorflow": {"tensorflow"},
    "training.kernels_torch": {"torch"},
    "training.on_jax": {"jax"},
    "training.on_tensorflow": {"tensorflow"},
    "training.on_torch": {"torch"},
    "training.parity_reference": {"tensorflow"},
    "training.parallel_jax": {"jax"},
    "training.parallel_tensorflow": {"tensorflow"},
    "training.parallel_torch": {"torch"},
    "training.traced_torch": {"torch"},
}


def room_of(module):
    """Return the room of a dotted name below netzoo: "cost" for cost.rules."""
    return module.partition(".")[0]


def allowed(table, name):
    """Return what a table allows a module: what it says of the module, and of its room."""
    return {*table.get(name, ()), *table.get(room_of(name), ())}


@functools.cache
def parsed(path):
    return ast.parse(path.read_text())


def modules():
    """Return the path and the dotted name of every module."""
    names = {
        path: ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted(ROOT.rglob("*.py"))
    }
    return [(path, name.removesuffix(".__init__")) for path, name in names.items()]


ROOMS = sorted({room_of(name) for _, name in modules()})


def modules_of(room):
    return [(path, name) for path, name in modules() if room_of(name) == room]


@cache
def imports(path, *, everywhere):
    """Return the modules that a file imports, at module level or everywhere."""
    tree, names = parsed(path), []
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_above_only(room):
    for path, name in modules_of(room):
        for imported in imports(path, everywhere=True):
            if not imported.startswith("netzoo."):
                continue
            target = room_of(imported.removeprefix("netzoo."))
            assert target in ROW, f"{name} imports {imported}: no such room"
            if target != room and (name, target) != UPWARD:
                assert ROW[target] < ROW[room], f"{name} imports {imported}, not from above"


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_imported_inside_a_function_is_named_above(room):
    for path, name in modules_of(room):
        check_inside_functions(path, name)


def check_inside_functions(path, name):
    inside = list(imports(path, everywhere=True))
    for imported in imports(path, everywhere=False):
        inside.remove(imported)
    for imported in inside:
        parts = imported.split(".")
        top = ".".join(parts[: 2 if parts[0] == "netzoo" else 1])
        assert top in allowed(INSIDE_FUNCTIONS, name), f"{name} imports {imported}"
    assert ("import_module(" in path.read_text()) == (name in BY_NAME), name
    assert "TYPE_CHECKING" not in path.read_text(), name


def test_no_file_imports_itself_by_way_of_others():
    """The graph of all imports, those inside functions too, has no circle but for UPWARD."""
    names = {name for _, name in modules()}
    above = {}
    for path, name in modules():
        found = (each.removeprefix("netzoo.") for each in imports(path, everywhere=True))
        targets = {each if each in names else each.rpartition(".")[0] for each in found} & names
        above[name] = {t for t in targets if t != name and (name, room_of(t)) != UPWARD}
    order = TopologicalSorter(above)
    order.prepare()  # raises CycleError, which names the circle


def test_no_permission_is_left_over():
    used = set()
    for path, name in modules():
        at_once = list(imports(path, everywhere=False))
        inside = set(imports(path, everywhere=True)) - set(at_once)
        for who in (name, room_of(name)):
            for imported in inside:
                used |= {(who, ".".join(imported.split(".")[:n])) for n in (1, 2)}
            used |= {(who, imported.partition(".")[0], "at once") for imported in at_once}
    named = {(room, top) for room, tops in INSIDE_FUNCTIONS.items() for top in tops}
    named |= {(room, top, "at once") for room, tops in THIRD_PARTY.items() for top in tops}
    assert named - used == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_module_imports_only_the_third_party_that_its_room_may(room):
    for path, name in modules_of(room):
        known = allowed(THIRD_PARTY, name) | OF_ONE_BACKEND.get(name, set())
        for imported in imports(path, everywhere=False):
            top = imported.partition(".")[0]
            ours = top == "netzoo" or top in sys.stdlib_module_names
            assert ours or top in known, f"{name} imports {top}"


@pytest.mark.parametrize("path", sorted(CLI.glob("*.py")), ids=lambda path: path.name)
def test_the_command_line_imports_itself_relatively_and_nothing_heavy(path):
    for imported in imports(path, everywhere=True):
        assert imported.partition(".")[0] not in {"cli", "netzoo_cli"}
    for imported in imports(path, everywhere=False):
        top = imported.partition(".")[0]
        assert top not in {"keras", "tensorflow", "torch", "jax", "numpy", "msgspec"}


@pytest.mark.parametrize("folder", [ROOT, CLI], ids=["netzoo", "cli"])
def test_a_file_holds_one_subject(folder):
    for path in folder.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 300, path
        assert path.stem not in {"utils", "common", "helpers", "base", "misc"}, path

"""Who may import whom: a room imports only from the rows above its own."""

import ast
import sys
from pathlib import Path

import pytest

import netzoo

pytestmark = pytest.mark.once

ROOT = Path(netzoo.__file__).parent
CLI = Path(__import__("netzoo_cli").__file__).parent

ROWS = [
    ("errors", "units"),
    ("backend", "disk", "registry", "stats", "tables"),
    ("packed", "recipes", "tabled"),
    ("costs",),
    ("records",),
    ("results",),
    ("models", "cost", "data"),
    ("training", "report", "summaries"),
    ("runs.plan", "runs.local", "runs.clock", "runs.origin", "runs.checkpoint", "page"),
    ("runs.listener",),
    ("runs.store",),
    ("runs.trial", "runs.prepare", "runs.saved"),
    ("runs.compare", "runs.rerun", "runs.gather"),
    ("runs.pages",),
    ("studies",),
]
ROW = {room: number for number, rooms in enumerate(ROWS) for room in rooms}

# What is imported inside a function, and why not as the module is imported.
INSIDE_FUNCTIONS = {
    # The built-in models register on import, and may ask for the registry.
    "registry": {"netzoo.models"},
    # Results print and draw themselves, by the rooms below that know them.
    "costs": {"netzoo.report"},
    "results": {"netzoo.report", "netzoo.page"},
    "tables": {"netzoo.tables", "rich"},
    # It settles in which order backends are imported, and which.
    "backend": {"jax", "tensorflow", "torch"},
    # A list of models, or a check of a name, needs no keras.
    "models": {"keras"},
    "training": {"torch"},
    # They take a second or more, and few requests need them.
    "data": {"tensorflow_datasets"},
    "stats": {"scipy", "statsmodels"},
    # The packages of the page are asked for first.
    "runs.pages": {"netzoo.page", "netzoo.runs"},
    # A process that has loaded its backend waits for a request before it touches a device.
    "runs.trial": {
        *{"keras", "netzoo.cost", "netzoo.data", "netzoo.summaries", "netzoo.training"},
    },
    "runs.store": {"fcntl"},  # not on Windows
}
# By a name that is known only then: of a backend, of a user's module, of a package to install.
BY_NAME = {
    *{"backend", "cost.verify", "errors", "models.code", "runs.trial"},
    *{"training.probe", "training.step"},
}
# Against the order: those of the above that go to a later row.
UPWARD = {("registry", "models"), ("costs", "report"), ("results", "report"), ("results", "page")}

# What a module may import as it is imported; inside a function is another matter.
THIRD_PARTY = {
    "__init__": {"lazy_loader"},
    "records": {"msgspec"},
    "cost": {"keras"},
    "data": {"numpy", "tensorflow"},
    "training": {"keras", "numpy"},
    "page": {"altair", "jinja2", "markupsafe", "numpy", "PIL", "vl_convert"},
    "runs.checkpoint": {"numpy"},
    "summaries": {"keras"},
}


# Each counts or trains by one backend's own means, and is imported when that backend runs.
OF_ONE_BACKEND = {
    "cost.opinion_jax": {"jax"},
    "cost.opinion_tensorflow": {"tensorflow"},
    "cost.opinion_torch": {"torch"},
    "training.gradients_jax": {"jax"},
    "training.gradients_tensorflow": {"tensorflow"},
    "training.gradients_torch": {"torch"},
    "training.on_jax": {"jax"},
    "training.on_tensorflow": {"tensorflow"},
    "training.on_torch": {"torch"},
}


def room_of(module):
    """Return the room of a dotted name below netzoo: "cost" for cost.rules, "runs.plan"."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "runs" else parts[0]


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if not name.startswith("runs.__init__"):
            yield pytest.param(path, name.removesuffix(".__init__"), id=name)


def imports(tree, *, everywhere):
    """Yield the modules imported, at module level or everywhere."""
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("path", "name"), list(modules()))
def test_a_room_imports_from_above_only(path, name):
    room, tree = room_of(name), ast.parse(path.read_text())
    for imported in imports(tree, everywhere=True):
        if not imported.startswith("netzoo."):
            continue
        target = room_of(imported.removeprefix("netzoo."))
        assert target in ROW, f"{name} imports {imported}: no such room"
        if target != room and (room, target) not in UPWARD:
            assert ROW[target] < ROW[room], f"{name} imports {imported}, not from above"


@pytest.mark.parametrize(("path", "name"), list(modules()))
def test_what_is_imported_inside_a_function_is_named_above(path, name):
    tree = ast.parse(path.read_text())
    inside = list(imports(tree, everywhere=True))
    for imported in imports(tree, everywhere=False):
        inside.remove(imported)
    for imported in inside:
        parts = imported.split(".")
        top = ".".join(parts[: 2 if parts[0] == "netzoo" else 1])
        assert top in INSIDE_FUNCTIONS.get(room_of(name), ()), f"{name} imports {imported}"
    assert ("import_module(" in path.read_text()) == (name in BY_NAME)
    assert "TYPE_CHECKING" not in path.read_text()


def test_no_permission_is_left_over():
    used = set()
    for path, name in (each.values for each in modules()):
        tree = ast.parse(path.read_text())
        inside = set(imports(tree, everywhere=True)) - set(imports(tree, everywhere=False))
        for imported in inside:
            used |= {(room_of(name), ".".join(imported.split(".")[:n])) for n in (1, 2)}
        for imported in imports(tree, everywhere=False):
            used.add((room_of(name), imported.partition(".")[0], "at once"))
    named = {(room, top) for room, tops in INSIDE_FUNCTIONS.items() for top in tops}
    named |= {(room, top, "at once") for room, tops in THIRD_PARTY.items() for top in tops}
    assert named - used == set()


@pytest.mark.parametrize(("path", "name"), list(modules()))
def test_a_module_imports_only_the_third_party_that_its_room_may(path, name):
    allowed = THIRD_PARTY.get(room_of(name), set()) | OF_ONE_BACKEND.get(name, set())
    for imported in imports(ast.parse(path.read_text()), everywhere=False):
        top = imported.partition(".")[0]
        ours = top == "netzoo" or top in sys.stdlib_module_names
        assert ours or top in allowed, f"{name} imports {top}"


@pytest.mark.parametrize("path", sorted(CLI.glob("*.py")), ids=lambda path: path.name)
def test_the_command_line_imports_itself_relatively_and_nothing_heavy(path):
    for imported in imports(ast.parse(path.read_text()), everywhere=True):
        assert imported.partition(".")[0] not in {"cli", "netzoo_cli"}
    for imported in imports(ast.parse(path.read_text()), everywhere=False):
        top = imported.partition(".")[0]
        assert top not in {"keras", "tensorflow", "torch", "jax", "numpy", "msgspec"}


@pytest.mark.parametrize("path", sorted([*ROOT.rglob("*.py"), *CLI.glob("*.py")]), ids=str)
def test_a_file_holds_one_subject(path):
    assert len(path.read_text().splitlines()) <= 300
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 50, node.name
    assert path.stem not in {"utils", "common", "helpers", "base", "misc"}

"""Who may import whom: a room imports only from the rows above its own."""

import ast
from pathlib import Path

import pytest

import netzoo

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
    ("runs.compare", "runs.rerun", "runs.pages"),
    ("studies",),
]
ROW = {room: number for number, rooms in enumerate(ROWS) for room in rooms}

# Against the order, inside functions: the built-in models register on import; results print
# themselves.
INSIDE_FUNCTIONS = {("registry", "models"), ("costs", "report"), ("results", "report")}
INSIDE_FUNCTIONS |= {("results", "page")}

# What a module may import as it is imported; inside a function is another matter.
THIRD_PARTY = {
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
        if name != "__init__" and not name.startswith("runs.__init__"):
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
    at_once = set(imports(tree, everywhere=False))
    for imported in imports(tree, everywhere=True):
        if not imported.startswith("netzoo."):
            continue
        target = room_of(imported.removeprefix("netzoo."))
        assert target in ROW, f"{name} imports {imported}: no such room"
        if target == room:
            continue
        if (room, target) in INSIDE_FUNCTIONS:
            assert imported not in at_once, f"{name} imports {imported} outside a function"
            continue
        assert ROW[target] < ROW[room], f"{name} imports {imported} from a row not above its own"


@pytest.mark.parametrize(("path", "name"), list(modules()))
def test_a_module_imports_only_the_third_party_that_its_room_may(path, name):
    allowed = THIRD_PARTY.get(room_of(name), set()) | OF_ONE_BACKEND.get(name, set())
    for imported in imports(ast.parse(path.read_text()), everywhere=False):
        top = imported.partition(".")[0]
        heavy = {"keras", "tensorflow", "torch", "jax", "numpy", "rich", "click", "msgspec"}
        heavy |= {"altair", "jinja2", "pandas", "PIL", "plotext", "vl_convert"}
        assert top not in heavy - allowed, f"{name} imports {top}"


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
    assert path.stem not in {"utils", "common", "helpers", "base", "misc"}

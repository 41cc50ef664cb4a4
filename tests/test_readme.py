"""Each command of the README files: read to its last word by the suite, run by its slow part.

A command that trains is made small by options that it has not, so that its own words stay; the one
folder that all run in holds what a command looks at, made by the README's own words.
"""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import click
import image_files
import PIL.Image
import pytest
from netzoo_cli.app import app
from test_tfds import store

import netzoo
from netzoo import errors
from netzoo.data import sample
from netzoo.recipe_files import to_toml
from netzoo.recipes import RECIPES
from netzoo.report.words import LANGUAGES
from netzoo.runs import bench, compare, parity
from netzoo.studies import lesson, probe, tune

PROJECT = Path(__file__).parents[1]
FIRST = PROJECT / "README.md"
# That of the project, those beside what they document, and that of who changes it.
PAGES = {
    path: path.read_text(encoding="utf-8")
    for path in (
        FIRST,
        *(
            path
            for room in ("netzoo", "tests")
            for path in sorted((PROJECT / room).rglob("README.md"))
        ),
        PROJECT / ".github" / "CONTRIBUTING.md",
    )
}
TEXT = "\n".join(PAGES.values())
GATE = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
BLOCKS = FENCE.findall(TEXT)
QUOTED = [" ".join(text.split()) for text in re.findall("`([^`]+)`", FENCE.sub("", TEXT))]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")
PYTHON = [text for kind, text in BLOCKS if kind == "python"]
# Blocks that are a file of the reader's, by the name in their first line; the others are run.
FILES = {name[1]: text for text in PYTHON if (name := re.match(r"# (\w+\.py)\n", text))}
SHOWN = [text for kind, text in BLOCKS if kind == "text" and text.startswith("$ ")]
# What is tried with an option that the running text names with what it is given.
CARRIERS = ("netzoo compare lenet alexnet", "netzoo summary alexnet", "netzoo bench lenet")
SEARCH = "netzoo tune lenet mlp --budget 3"  # of options that netzoo compare takes with a search

OTHER = """
import keras
def build():
    image = keras.Input((8, 8, 1))
    return keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(image)))
"""
SMALL = {
    "--dataset": "fashion_mnist_sample",
    "--device": "cpu",
    "--limit-train": "100",
    "--limit-test": "50",
    "--batch-size": "10",
    "--epochs": "1",
    "--seeds": "1",
    "--steps": "0,2",
    "--images": "20",
    "--batch-sizes": "1,4",
    "--seconds": "0.05",
}
# They take a folder of runs, or a file in one.
LOOKS = ("evaluate", "predict", "report", "rerun", "runs", "show")
SAVING = ("runs/l", "runs/m")  # the folders whose networks are saved
MAKES = "netzoo compare lenet alexnet --recipe lesson --output"

# What stands around a block of Python: in its module before it, and in the program that imports it.
TINY = "limit_train=100, limit_test=50, batch_size=10, dataset='fashion_mnist_sample', device='cpu'"
AROUND = {
    "cost_rule": (
        """
import keras
import netzoo
class LowRankDense(keras.layers.Layer):
    def __init__(self, rank, units):
        super().__init__()
        self.rank, self.units = rank, units
    def build(self, shape):
        self.a = self.add_weight((shape[-1], self.rank))
        self.b = self.add_weight((self.rank, self.units))
    def call(self, x):
        return x @ self.a @ self.b
    def compute_output_shape(self, shape):
        return (*shape[:-1], self.units)
""",
        """
image = keras.Input((8,))
cost = netzoo.count_cost(keras.Model(image, LowRankDense(2, 3)(image)))
assert cost.macs == 2 * (8 + 3), cost
print(cost)
""",
    ),
    "compare": (
        f"""
import functools
import netzoo
netzoo.compare = functools.partial(netzoo.compare, {TINY})
""",
        """
assert os.path.exists("runs/l/report.html")
print(comparison)
""",
    ),
    "register_model": (
        "import keras\nimport netzoo\n",
        f"""
told = netzoo.compare(["tiny", "tiny-sigmoid"], epochs=1, {TINY})
assert [model.status for model in told.models] == ["ok", "ok"], told
print(told)
""",
    ),
}


class Command:
    """A command line of a README; its words, and what it sets in the environment."""

    def __init__(self, line):
        words = shlex.split(line, comments=True)
        words = words[: words.index(">")] if ">" in words else words  # a shell's redirection
        settings = [word for word in words if re.match("[A-Z_]+=", word)]
        self.environment = dict(word.split("=", 1) for word in settings)
        program, *self.arguments = words[len(settings) :]
        self.words = [program.removeprefix(".venv/bin/"), *self.arguments]
        self.text = shlex.join([*settings, *self.words])

    def value(self, option):
        """Return what an option is given, None if it is not there."""
        return dict(zip(self.words, self.words[1:], strict=False)).get(option)


def lines():
    """Yield the command lines of the blocks, those in running text, and the options in it."""
    for kind, text in BLOCKS:
        for line in text.splitlines():
            if kind == "sh" and line.partition("#")[0].strip():
                yield from line.split(" && ")
            elif kind == "text" and (told := re.search(r"(?:^\$|:) (netzoo .*)$", line)):
                yield told[1]
    for text in QUOTED:
        if re.match("(pip|pytest|python|ruff|mypy)( |$)|netzoo .* ", text):
            yield text
        elif re.match("--[a-z-]+ [^A-Z]", text):
            yield carried(text)


def carried(text):
    """Return the first of the carriers that has the option, with it."""
    option = text.partition(" ")[0]
    if option in ("--sampler", "--space", "--no-halving"):
        return f"{SEARCH} {text}"
    having = (line for line in CARRIERS if option in options_of(line.split()[1]))
    return f"{next(having, 'netzoo')} {text}"


def options_of(name):
    return [option for parameter in app.commands[name].params for option in parameter.opts]


def first_name(block):
    """Return the first name of netzoo's in a block of Python."""
    return re.search(r"netzoo\.(\w+)", block)[1]


LINES = {command.text: command for command in map(Command, lines())}
COMMANDS = {text: each for text, each in LINES.items() if each.words[0] == "netzoo"}
OTHERS = {text: each for text, each in LINES.items() if each.words[0] != "netzoo"}

each_command = pytest.mark.parametrize("text", COMMANDS)
# What tensorflow_datasets does as it writes.
writes_tfds = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


class Reached(Exception):
    """A request is about to open its images and to start a process."""


@pytest.fixture
def stop_before_training(monkeypatch):
    def opened(request, output, callback, backend=None, *, side_by_side=False):
        request.check()
        raise Reached

    def reach(*_):
        raise Reached

    for module in (compare, lesson, probe, tune):
        monkeypatch.setattr(module, "open_plan", opened)
    for module in (bench, parity):
        monkeypatch.setattr(module, "open_images", reach)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the user's models that the README names."""
    folder = tmp_path_factory.mktemp("readme")
    for name, text in {"other.py": OTHER, **FILES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    netzoo.create_model("lenet").save(folder / "mine.keras")
    (folder / "mine.toml").write_text(to_toml("quick"), encoding="utf-8")
    (folder / "space.toml").write_text("batch_size = [8, 16]", encoding="utf-8")
    (folder / "runs" / "tuned").mkdir(parents=True)
    (folder / "runs" / "tuned" / "tuned.toml").write_text(to_toml("quick"), encoding="utf-8")
    PIL.Image.new("RGB", (60, 50)).save(folder / "boot.png")
    return folder


@pytest.mark.backend_independent
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow's store
@each_command
def test_a_command_is_read_to_its_last_word(text, stop_before_training, folder, monkeypatch):
    name, *arguments = COMMANDS[text].arguments
    monkeypatch.chdir(folder)
    code, reached = 0, False
    try:
        with RECIPES.temporary(), app.commands[name].make_context(name, [*arguments]) as context:
            if name not in {*LOOKS, "data"}:  # which looks at images that are not there
                context.command.invoke(context)
            assert context.params.get("language", "en") in LANGUAGES
    except click.exceptions.Exit as end:
        code = end.exit_code
    except Reached:
        reached = True
    except errors.MissingPackage as error:
        pytest.skip(str(error))
    assert code == 0
    assert reached == (trains(name) and "--help" not in arguments)


def trains(name):
    """Return whether a command starts processes that make steps of a training."""
    return not {"--limit-train", "--batch-sizes", "--steps"}.isdisjoint(options_of(name))


@pytest.mark.backend_independent
def test_the_readme_is_short_and_names_each_command():
    lines = PAGES[FIRST].splitlines()
    assert len(lines) <= 220
    table = "\n".join(line for line in lines if line.startswith("|"))
    assert set(re.findall(r"^\| `(\w+)` \| .* `netzoo \1", table, re.M)) == set(app.commands)
    drawn = [line for line in lines if re.match(" [\\w(─]", line)]
    assert len(drawn) > 10
    assert max(map(len, drawn)) <= 100


@pytest.mark.backend_independent
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_each_link_leads_to_a_file_and_a_heading(path):
    links = LINK.findall(FENCE.sub("", PAGES[path]))
    assert links or path.parent.name in ("benchmarks", "old")
    for name, heading in links:
        target = path.parent / name if name else path
        assert target.exists(), name
        if heading:
            headings = re.findall("^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
            assert heading in {slug(each) for each in headings}


def slug(heading):
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.backend_independent
def test_each_page_is_led_to():
    linked = {
        (path.parent / name).resolve()
        for path, text in PAGES.items()
        for name, _ in LINK.findall(text)
    }
    assert set(PAGES) - linked == set()


@pytest.mark.backend_independent
def test_the_pages_have_commands_of_each_name_and_nothing_is_passed_over():
    assert {command.arguments[0] for command in COMMANDS.values()} == set(app.commands)
    assert {command.words[0] for command in OTHERS.values()} == {
        *(".", "mypy", "pip", "pytest", "python", "python3", "ruff"),
    }
    kinds = [kind for kind, _ in BLOCKS]
    assert set(kinds) == {"sh", "text", "python", "toml"}
    assert TEXT.count("\n```") == 2 * len(kinds)


@pytest.mark.backend_independent
def test_an_option_in_running_text_is_one_of_the_command():
    named = [text.split()[0] for text in QUOTED if text.startswith("--")]
    known = {option for name in app.commands for option in options_of(name)}
    assert len(named) > 5
    assert set(named) - known == set()


@pytest.mark.backend_independent
def test_what_is_installed_is_an_extra_of_the_package():
    extras = SETTINGS["project"]["optional-dependencies"]
    named = re.findall(r"'\.\[([\w,]+)\]'", TEXT)
    assert {extra for names in named for extra in names.split(",")} == set(extras)
    for command in OTHERS.values():
        if command.words[0] == "python3":
            assert command.words == ["python3", "-m", "venv", ".venv"]
        if command.words[0] == ".":
            assert command.words == [".", ".venv/bin/activate"]
        if command.words[0] == "pip":
            assert re.fullmatch(r"pip install (-e )?\.(\[[\w,]+\])?", " ".join(command.words))


@pytest.mark.backend_independent
def test_the_gate_does_what_the_readme_says_of_it(request):
    ran = {line.split(" #")[0] for line in GATE.splitlines()}
    checks = {"ruff check .", "mypy", "pytest -m page"}
    assert checks <= set(OTHERS)
    assert checks <= ran
    assert "pip install --quiet '.[torch,jax,ray,dev]'" in ran
    assert all(name in GATE for name in ("tensorflow", "torch", "jax", "ray"))
    markers = {line.split(":")[0] for line in SETTINGS["tool"]["pytest"]["ini_options"]["markers"]}
    for text, command in OTHERS.items():
        if command.words[0] == "pytest":
            assert command.value("-m") in {None, *markers}, text
            for file in (word for word in command.words if word.endswith(".py")):
                assert (command.value("-k") or "") in (PROJECT / file).read_text(encoding="utf-8")
    assert "pytest --overwrite" in OTHERS
    assert request.config.getoption("--overwrite") is not None


@pytest.mark.backend_independent
def test_each_script_is_there_and_tells_of_itself():
    scripts = [command for command in OTHERS.values() if command.words[0] == "python"]
    assert scripts
    for command in scripts:
        done = run(PROJECT, [sys.executable, *command.arguments, "--help"])
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("usage: ")


@pytest.mark.backend_independent
def test_recipes_are_recipes():
    recipes = [text for kind, text in BLOCKS if kind == "toml"]
    assert recipes
    for text in recipes:
        fields = tomllib.loads(text)
        chosen = RECIPES["quick"]("lenet").changed(fields)
        assert {name: getattr(chosen, name) for name in fields} == fields


@pytest.mark.backend_independent
@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.partition("\n")[0])
def test_python_is_python(block):
    ast.parse(block)


@pytest.mark.backend_independent
def test_each_name_of_netzoo_is_public():
    named = set(re.findall(r"\bnetzoo\.((?:errors\.)?\w+)", TEXT))
    assert len(named) > 10
    # netzoo.models is the group of entry points.
    known = {
        *netzoo.__all__,
        "__version__",
        "models",
        "errors",
        *(f"errors.{name}" for name in vars(errors)),
    }
    assert named - known == set()


@pytest.mark.backend_independent
def test_each_file_that_is_named_is_there():
    named = [text for text in QUOTED if re.fullmatch(r"[\w/….]+/[\w….]+\.(py|json)", text)]
    assert named
    for text in named:
        pattern = text.replace("…", "*")
        assert [*PROJECT.glob(pattern), *PROJECT.glob(f"netzoo/{pattern}")], text


def run(folder, words, **environment):
    return subprocess.run(
        words,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


def small(words):
    """Return a command's words, and if it trains, the options that it has not, to make it small."""
    if not trains(words[1]) or "--help" in words:
        return words
    has = options_of(words[1])
    added = [
        (option, value) for option, value in SMALL.items() if option in has and option not in words
    ]
    return [*words, *(word for pair in added for word in pair)]


def on_disk(folder):
    """Write the files and folders of images that the commands name."""
    (x, y), (test_x, test_y) = image_files.clothes(200, 100)
    image_files.folder(folder / "photos", train=200, test=100)
    images_of_each = {"train_images": x, "train_labels": y}
    images_of_each |= {"test_images": test_x, "test_labels": test_y}
    image_files.npz(folder / "pathmnist.npz", **images_of_each)
    image_files.csv(folder / "train.csv", *image_files.clothes(400, 100)[0])
    for word, each in (("train", (x, y)), ("test", (test_x, test_y))):
        image_files.parquet(folder / "beans" / f"{word}-0.parquet", *each, list("abcd"))
    image_files.cifar10(folder / "cifar-10-batches-bin", records=60)
    image_files.idx_files(folder / "kmnist", train=200, test=100)


# The data sets that the commands name.
PREPARED = {
    "cifar10": {},
    "mnist": {"version": "3.0.1"},
    "cifar10_corrupted": {"config": "fog_1"},
}


@pytest.fixture(scope="module")
def place(folder):
    """Return the folder, and what runs a command in it."""
    tfds, path = folder / "tfds", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    on_disk(folder)
    few = sample.sample().limited(200, 50).train
    for name, about in PREPARED.items():
        store(tfds, name, few, size=(28, 28), **about)

    def go(words, **environment):
        done = run(folder, words, PATH=path, TFDS_DATA_DIR=str(tfds), **environment)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
        assert "Traceback" not in done.stderr
        return done

    def make(runs):
        """Make a folder of runs that is not there; "runs/on-torch" by torch."""
        if not (folder / runs).exists():
            chosen = runs.partition("runs/on-")[2]
            environment = {"KERAS_BACKEND": chosen} if chosen else {}
            saves = ["--save-models"] if runs in SAVING else []
            models = ["--baseline", "lenet", "lenet-relu"] if saves else []
            go(small([*MAKES.split(), runs, *saves, *models]), **environment)

    return SimpleNamespace(folder=folder, run=go, make=make)


def expanded(word, folder):
    """Return the files that a word stands for, as a shell does."""
    found = folder.glob(word) if "*" in word else ()
    return sorted(str(path.relative_to(folder)) for path in found) or [word]


def needs(package):
    if not find_spec(package):
        pytest.skip(f"{package} is not installed")


@pytest.mark.slow
@writes_tfds
@each_command
def test_a_command_runs(text, place):
    command = COMMANDS[text]
    for backend in re.findall("(?:KERAS_BACKEND=|runs/on-)([a-z]+)", text):
        needs(backend)
    if "hf:" in text:
        needs("datasets")
    if command.arguments[0] in LOOKS:
        for runs in [word for word in command.words if word.startswith("runs/")] or ["runs/l"]:
            place.make("/".join(runs.split("/")[:2]))
    words = [word for each in command.words for word in expanded(each, place.folder)]
    done = place.run(small(words), **command.environment)
    if command.value("--output"):
        assert (place.folder / command.value("--output")).exists()
    if command.value("--format") == "json":
        json.loads(done.stdout)
    if "--report" in command.words or command.arguments[0] == "report":
        page = re.search(r"The report is (.*?)(;|\.$)", done.stdout + done.stderr, re.M)[1]
        assert (place.folder / page).stat().st_size > 100_000


@pytest.mark.slow
@writes_tfds
@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.partition("\n")[0])
def test_what_a_command_prints_is_what_the_readme_shows(shown, place):
    line, _, printed = shown.partition("\n")
    done = place.run(Command(line.removeprefix("$ ")).words)
    assert trimmed(done.stdout) == trimmed(printed)


def trimmed(text):
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.slow
@writes_tfds
@pytest.mark.parametrize(
    "block", [text for text in PYTHON if text not in FILES.values()], ids=first_name
)
def test_python_runs(block, place):
    name = first_name(block)
    before, after = AROUND[name]
    for runs in re.findall('"(runs/.*?)"', block):
        place.make(runs)
    (place.folder / f"block_{name}.py").write_text(f"{before}\n\n{block}", encoding="utf-8")
    place.run([sys.executable, "-c", f"import os\nfrom block_{name} import *\n{after}"])

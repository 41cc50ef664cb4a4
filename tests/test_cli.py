import csv
import io
import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from processes import one_line
from reference import MACS, PARAMS, SHAPES

SAMPLE = ("--dataset", "fashion_mnist_sample")

# One of each kind: of a name, of the words, of a number, of what is counted. More are in
# unit/test_wrong_requests.py and error_cases.py.
WRONG = [
    # arguments, words of the one line
    ("compare alexnt", "no model 'alexnt'; did you mean 'alexnet'?"),
    ("compare", "Missing argument 'MODEL...'"),
    ("compar lenet", "No such command 'compar'. Did you mean 'compare'?"),
    ("compare lenet --epochs two", "'two' is not a valid integer"),
    ("summary alexnet --input-shape 64,64,1", "at least 65 × 65 px; received 64 × 64 px"),
]
WRONG_SUMMARIES = [
    ("summary lenet-rellu", "did you mean 'lenet-relu'?"),
    ("summary alexnet --input-shape 0,224,1", "each a positive whole number"),
    ("summary lenet --num-classes 1", "at least 2 classes; received 1"),
    ("summary lenet:dropout=1.5", "dropout is a share from 0 up to, not including, 1"),
]

WRONG_AFTER_START = [
    # what only a started backend or an opened data set can tell
    ("compare lenet:dropout=2", "received 2"),
    pytest.param(
        "compare alexnet --image-size 32",
        "at least 65 × 65 px; received 32 × 32 px",
        marks=pytest.mark.slow,  # as above
    ),
    pytest.param(
        "compare lenet --limit-train 7000",
        "a limit of 7000 training images exceeds the 6000",
        marks=pytest.mark.slow,  # as wrong data
    ),
    ("compare lenet --device gpu", "sees no GPU here"),
]


@pytest.mark.backend_independent
@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_a_wrong_request_is_one_line_and_exit_code_2(netzoo_here, tmp_path, arguments, words):
    one_line(netzoo_here(*arguments.split()), words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.backend_independent
@pytest.mark.parametrize(("arguments", "words"), WRONG_SUMMARIES)
def test_a_wrong_summary_is_one_line_and_exit_code_2(netzoo_here, arguments, words):
    one_line(netzoo_here(*arguments.split()), words)


@pytest.mark.parametrize(("arguments", "words"), WRONG_AFTER_START)
def test_what_the_backend_finds_wrong_is_one_line_too(netzoo, tmp_path, arguments, words):
    done = netzoo(*arguments.split(), *SAMPLE, CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")
    one_line(done, words)
    assert list(tmp_path.glob("runs/*")) == []


def test_a_folder_that_cannot_be_written_is_one_line(netzoo, tmp_path):
    (tmp_path / "file").touch()
    done = netzoo("compare", "lenet", *SAMPLE, "--output", "file")
    one_line(done, "file is a file; name a folder.")


def test_an_unknown_backend_is_one_line(netzoo):
    for command in ("compare", "summary"):
        done = netzoo(command, "lenet", KERAS_BACKEND="tensorflw")
        one_line(done, "no backend 'tensorflw'; did you mean 'tensorflow'?")


@pytest.mark.parametrize(
    ("package", "install"), [("jax", "netzoo[jax]"), ("torch", "netzoo[torch]")]
)
def test_a_missing_backend_is_one_line_that_says_what_to_install(tmp_path, package, install):
    """With the installed packages less one, by links to the others."""
    installed = Path(sysconfig.get_path("purelib"))
    for entry in installed.iterdir():
        if entry.name.partition("-")[0] != package:
            (tmp_path / entry.name).symlink_to(entry)
    code = (
        f"import site; site.addsitedir({str(tmp_path)!r}); "
        "from netzoo_cli import main; import sys; sys.argv = ['netzoo', 'compare', 'lenet']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"KERAS_BACKEND": package, "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    one_line(done, install)


@pytest.mark.parametrize("arguments", [[], ["list"], ["compare"], ["summary"]])
def test_help_has_examples_and_imports_nothing_heavy(arguments):
    code = (
        "import sys\n"
        f"sys.argv = ['netzoo', *{arguments}, '--help']\n"
        "from netzoo_cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'keras', 'tensorflow', 'torch', 'jax', 'numpy', 'rich', 'msgspec'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Examples:\n" in done.stdout


def test_the_summary_prints_the_lessons_shapes(netzoo):
    done = netzoo("summary", "alexnet", "--format", "json")
    told = json.loads(done.stdout)
    assert {"model", "input_shape", "params", "trainable_params", "macs", "flops"} <= set(told)
    assert (told["params"], told["macs"]) == (PARAMS["alexnet"], MACS["alexnet"])
    shapes = {layer["name"]: tuple(layer["output_shape"]) for layer in told["layers"]}
    assert {name: shapes[name] for name in SHAPES["alexnet"]} == SHAPES["alexnet"]
    assert {"name", "type", "output_shape", "params", "macs", "flops"} <= set(told["layers"][0])
    assert done.stderr == ""


@pytest.mark.backend_independent
@pytest.mark.parametrize("form", ["table", "markdown", "csv"])
def test_the_summary_in_each_form_follows_the_input(netzoo_here, form):
    done = netzoo_here("summary", "lenet", "--input-shape", "32,32,3", "--format", form)
    assert done.returncode == 0
    assert done.stdout.count("conv2") == 1
    conv1_macs = 32 * 32 * 6 * 5 * 5 * 3
    assert (str(conv1_macs) if form == "csv" else f"{conv1_macs:,}") in done.stdout


@pytest.mark.backend_independent
def test_the_list_in_json_and_csv(netzoo_here):
    models = json.loads(netzoo_here("list", "lenet*", "--format", "json").stdout)
    assert [model["name"] for model in models][:2] == ["lenet", "lenet-batchnorm"]
    assert next(each["name"] for each in models if each["family"] == "lenet5") == "lenet5"
    assert models[8] == {
        "name": "lenet-relu-maxpool",
        "family": "lenet",
        "changes": {"activation": "relu", "pooling": "max"},
        "origin": "netzoo",
        "input_shape": [28, 28, 1],
        "params": PARAMS["lenet"],
        "macs": MACS["lenet"],
    }
    rows = list(
        csv.DictReader(io.StringIO(netzoo_here("list", "lenet*", "--format", "csv").stdout))
    )
    assert [row["name"] for row in rows] == [model["name"] for model in models]
    assert rows[0]["macs"] == str(MACS["lenet"])


def test_the_version_is_told(netzoo):
    assert netzoo("--version").stdout.startswith("netzoo ")


def test_a_reader_that_goes_away_is_no_error(netzoo, tmp_path):
    command = Path(sys.executable).parent / "netzoo"
    done = subprocess.run(
        ["bash", "-c", f"{command} list --format json | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr

import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, requires
from pathlib import Path

import netzoo

PROJECT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())


def test_the_list_of_packages_is_complete():
    found = {
        ".".join(path.parent.relative_to(PROJECT).parts)
        for path in (PROJECT / "netzoo").rglob("__init__.py")
    }
    assert set(SETTINGS["tool"]["setuptools"]["packages"]) == found | {"netzoo_cli"}


def test_the_installed_package_has_its_data_and_its_types():
    root = Path(netzoo.__file__).parent
    assert (root / "py.typed").exists()
    assert (root / "__init__.pyi").exists()
    assert len(list((root / "data" / "fashion_mnist_sample").iterdir())) == 4
    assert (root / "report" / "chinese.json").exists()
    written = {path.name for path in (PROJECT / "netzoo" / "report" / "templates").iterdir()}
    assert {path.name for path in (root / "report" / "templates").iterdir()} == written


def test_the_command_is_installed_and_tfds_hidden_dependency_is_declared():
    (command,) = entry_points(group="console_scripts", name="netzoo")
    assert command.value == "netzoo_cli:main"
    assert any(line.startswith("importlib_resources") for line in requires("netzoo"))


def test_the_public_names_are_these():
    assert netzoo.__all__ == [
        "Callback",
        "Comparison",
        "Cost",
        "Listener",
        "NetzooError",
        "Recipe",
        "ablate",
        "compare",
        "cost_rule",
        "count_cost",
        "create_model",
        "ladder",
        "lesson",
        "list_models",
        "model_info",
        "open_images",
        "probe",
        "register_model",
        "summary",
        "versions",
        "write_report",
    ]


def test_the_list_of_public_names_in_the_readme_is_complete():
    text = (PROJECT / "netzoo" / "README.md").read_text()
    table = text.partition("All public names")[2].partition("##")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == netzoo.__all__


def test_importing_netzoo_imports_no_backend():
    code = "import sys, netzoo; sys.exit('keras' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

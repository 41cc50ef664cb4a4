import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, requires, version
from pathlib import Path

import pytest
import yaml

import netzoo

PROJECT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())
WRITTEN = SETTINGS["project"]
GITHUB = PROJECT / ".github"


def pythons():
    """Return the minor versions of the classifiers: ["3.11", …]."""
    found = (
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each)
        for each in WRITTEN["classifiers"]
    )
    return [each[1] for each in found if each]


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
        "bench",
        "compare",
        "cost_rule",
        "count_cost",
        "create_model",
        "estimate",
        "evaluate",
        "inspect_images",
        "ladder",
        "lesson",
        "list_models",
        "model_info",
        "open_images",
        "parity",
        "predict",
        "probe",
        "register_model",
        "summary",
        "tune",
        "versions",
        "write_report",
    ]


def test_the_list_of_public_names_in_the_readme_is_complete():
    text = (PROJECT / "netzoo" / "README.md").read_text()
    table = text.partition("All public names")[2].partition("##")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == netzoo.__all__


def test_the_version_is_the_installed_one():
    assert netzoo.__version__ == version("netzoo") == WRITTEN["version"]


def test_another_attribute_is_missing_as_usual():
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = netzoo.nothing_of_this_name


def test_the_author_is_the_one_of_the_licence():
    (author,) = WRITTEN["authors"]
    assert author["name"] in (PROJECT / "LICENSE").read_text()


def test_each_url_is_one_and_has_a_short_label():
    assert WRITTEN["urls"]
    for label, url in WRITTEN["urls"].items():
        assert len(label) <= 32
        assert re.fullmatch(r"https://[\w.]+\.\w+/\S*", url)


def test_the_pythons_of_the_classifiers_are_those_of_the_workflow():
    assert len(pythons()) > 1
    assert WRITTEN["requires-python"] == f">={pythons()[0]}"
    minors = [int(each.partition(".")[2]) for each in pythons()]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert workflow()["jobs"]["gate"]["strategy"]["matrix"]["python"] == pythons()


@pytest.mark.parametrize(("job", "script"), [("gate", ".ci/run"), ("lowest", ".ci/lowest")])
def test_each_job_of_the_workflow_runs_its_script(job, script):
    assert script in [step.get("run") for step in workflow()["jobs"][job]["steps"]]
    assert os.access(PROJECT / script, os.X_OK)


def test_the_groups_take_what_the_extras_hold():
    extras = WRITTEN["optional-dependencies"]
    groups = SETTINGS["dependency-groups"]
    assert set(groups) == {"test", "dev"}
    for requirement in (each for group in groups.values() for each in group):
        names = re.fullmatch(r"netzoo\[([\w,]+)\]", requirement)[1]
        assert set(names.split(",")) <= set(extras)


def test_the_form_for_bugs_asks_for_what_is_needed():
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "bug.yml").read_text())
    fields = {field["id"]: field for field in form["body"]}
    assert "netzoo.versions()" in fields["versions"]["attributes"]["description"]
    for name in ("versions", "command", "expected", "seen"):
        assert fields[name]["validations"]["required"]


def test_the_changelog_has_a_section_for_what_is_next_and_one_for_each_release():
    text = (GITHUB / "CHANGELOG.md").read_text()
    sections = re.findall(r"^## \[(.+?)\]", text, re.M)
    assert sections[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", each) for each in sections[1:])
    kinds = re.findall(r"^### (\w+)", text, re.M)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_hooks_before_a_commit_are_checks_of_the_gate():
    hooks = yaml.safe_load((PROJECT / ".ci" / "pre-commit.yaml").read_text())
    gate = (PROJECT / ".ci" / "run").read_text()
    commands = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    assert commands
    for command in commands:
        assert command in gate


def workflow():
    return yaml.safe_load((GITHUB / "workflows" / "test.yml").read_text())


def test_importing_netzoo_imports_no_backend():
    code = "import sys, netzoo; sys.exit('keras' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

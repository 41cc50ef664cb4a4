"""The counts that the list of models keeps: when they hold, and where they cannot be kept."""

import json
import shutil
import subprocess
import sys

import pytest

from netzoo.cost import by_name, kept
from netzoo.cost.kept import Counts, counts_of
from netzoo.models.catalog import MODELS, register_model

pytestmark = pytest.mark.backend_independent

LENET, RELU = Counts(61_706, 416_520), "lenet-relu"


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """Keep the counts in an empty folder; return the names of what is counted, as it happens."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names, summary = [], by_name.summary

    def watched(name):
        names.append(name)
        return summary(name)

    monkeypatch.setattr(by_name, "summary", watched)
    return names


def changed(**parts):
    """Change parts of the file of counts."""
    content = json.loads(kept.file().read_text())
    kept.file().write_text(json.dumps(content | parts))


def test_a_count_is_made_once_and_kept(counted):
    assert counts_of(["lenet", RELU]) == {"lenet": LENET, RELU: LENET}
    assert counts_of(["lenet"]) == {"lenet": LENET}
    assert counts_of(["lenet", "mlp"])["mlp"] == Counts(266_610, 266_200)
    assert counts_of([RELU, "mlp"])[RELU] == LENET
    assert counted == ["lenet", RELU, "mlp"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: changed(key="of another version"),
        lambda: kept.file().write_text(kept.file().read_text()[:40]),
        lambda: kept.file().write_bytes(b"\xff\xfe\x00"),
        lambda: kept.file().write_text("[]"),
        lambda: kept.file().unlink(),
        lambda: changed(counts={"lenet": [61_706, "many"]}),
        lambda: changed(counts={"lenet": [1]}),
        lambda: changed(counts=[3]),
        lambda: changed(counts={"no such model": [1, 2]}),
    ],
)
def test_what_does_not_hold_or_is_damaged_is_counted_anew(counted, spoil):
    counts_of(["lenet"])
    spoil()
    assert counts_of(["lenet"]) == counts_of(["lenet"]) == {"lenet": LENET}
    assert counted == ["lenet", "lenet"]


def test_other_sources_have_another_key(monkeypatch, tmp_path):
    keys = {kept._key()}
    package = tmp_path / "netzoo"
    for room in ("models", "cost"):
        shutil.copytree(kept._PACKAGE / room, package / room)
    monkeypatch.setattr(kept, "_PACKAGE", package)
    kept._key.cache_clear()
    assert kept._key() in keys
    for path in (package / "models" / "lenet.py", package / "cost" / "rules.py"):
        path.write_text(path.read_text() + "\n")
        kept._key.cache_clear()
        assert kept._key() not in keys
        keys.add(kept._key())
    monkeypatch.setattr(kept, "version", lambda package: "99")
    kept._key.cache_clear()
    assert kept._key() not in keys
    kept._key.cache_clear()


def test_a_network_of_yours_is_not_kept(counted):
    with MODELS.temporary():
        register_model("yours", activation="relu")(MODELS["lenet"].builder)
        MODELS["lenet"].builder.__module__, before = "yours", MODELS["lenet"].builder.__module__
        try:
            assert counts_of(["yours"]) == counts_of(["yours"]) == {"yours": LENET}
        finally:
            MODELS["lenet"].builder.__module__ = before
    assert counted == ["yours", "yours"]


def test_a_folder_that_cannot_be_written_is_no_error(counted, tmp_path):
    (tmp_path / "cache").write_text("a file, not a folder")
    assert counts_of(["lenet"]) == counts_of(["lenet"]) == {"lenet": LENET}
    assert counted == ["lenet", "lenet"]


def test_the_second_list_needs_no_keras(netzoo, tmp_path):
    told = [netzoo("list", "lenet*", XDG_CACHE_HOME=str(tmp_path)).stdout for _ in range(2)]
    assert told[0] == told[1]
    assert "lenet5-full" in told[0]
    code = (
        "import sys; sys.argv = ['netzoo', 'list', 'lenet*']\n"
        "from netzoo_cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "sys.exit(sorted({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules)) or None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

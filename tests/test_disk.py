"""Files that are there whole or not at all, in folders that vanish, are full or read-only."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from processes import start, wait_for
from small_comparisons import SMALL, numbers

from netzoo import disk


@pytest.mark.backend_independent
def test_a_file_is_on_the_disk_before_it_is_in_its_place_and_its_folder_after(
    monkeypatch, tmp_path
):
    """What a power cut would show cannot be tried here; the order of the calls can."""
    done = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(fd):
        done.append(("fsync", Path(f"/proc/self/fd/{fd}").resolve().name))
        fsync(fd)

    def watched_replace(path, target):
        done.append(("replace", path.name))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    disk.write_text(tmp_path / "folder" / "file", "text")
    (wrote, fresh), *others = done
    assert wrote == "fsync"
    assert others == [("replace", fresh), ("fsync", "folder")]
    assert fresh != "file"
    assert (tmp_path / "folder" / "file").read_text() == "text"


@pytest.mark.slow
def test_a_folder_that_is_removed_is_written_anew(netzoo, tmp_path):
    with start(tmp_path, "lenet", "lenet-relu", *SMALL, "--epochs", "2") as process:
        wait_for(process, "lenet, seed 0: test")
        # At once: while files are removed one by one, the process may write another.
        (tmp_path / "out").rename(tmp_path / "gone")
        shutil.rmtree(tmp_path / "gone")
        _, said = process.communicate()
    assert process.returncode == 0, said
    assert "out was removed or damaged; it is written anew." in said
    assert len(numbers(tmp_path / "out")) == 2
    assert netzoo("show", "out").returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder with room for 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_nothing_is_lost(netzoo, small_disk):
    arguments = ("compare", "lenet", "lenet-relu", *SMALL, "--epochs", "2", "--output", "out")
    with start(small_disk, *arguments[1:-2]) as process:
        wait_for(process, "lenet, seed 0: test")
        (small_disk / "ballast").write_bytes(bytes(1_000_000))
        _, said = process.communicate()
    assert process.returncode == 2
    line = said.splitlines()[-1]
    assert line.startswith("Error: ")
    assert "cannot be written: No space left on device. Finished trials are kept" in line
    (small_disk / "ballast").unlink()
    shown = netzoo("show", small_disk / "out", "--format", "json")
    assert [m["status"] for m in json.loads(shown.stdout)["models"]] == ["ok", "unfinished"]
    done = netzoo(*arguments[:-1], small_disk / "out")
    assert done.returncode == 0, done.stderr
    assert "1 of 2 trials is done already." in done.stderr


def test_a_read_only_folder_is_one_line(netzoo, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = netzoo("compare", "lenet", *SMALL, "--output", small_disk / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: {small_disk}/out cannot be written: Read-only file system.\n"

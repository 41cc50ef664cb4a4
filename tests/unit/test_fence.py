"""The fence of a trial: of several runs of it, the one that began last may write."""

import subprocess
import sys

from netzoo.runs import lock
from netzoo.runs.fence import Fence, end_if_shut, shut_all
from netzoo.runs.store import Store


def fences(tmp_path):
    path = str(tmp_path / "attempts" / "x.lock")
    return Fence(path, "a" * 32), Fence(path, "b" * 32)


def test_the_run_that_began_last_may_write(tmp_path):
    first, second = fences(tmp_path)
    assert not first.is_open()
    first.set_up()
    assert first.is_open()
    second.set_up()
    assert (first.is_open(), second.is_open()) == (False, True)
    second.remove()
    assert not second.is_open()


def test_the_lock_outlives_a_new_run(tmp_path):
    first, second = fences(tmp_path)
    first.set_up()
    with open(first.path, "rb+") as held:
        assert lock.try_to_take(held.fileno())
        second.set_up()
        assert lock.is_held(tmp_path / "attempts" / "x.lock")
    assert not lock.is_held(tmp_path / "attempts" / "x.lock")


def test_whoever_takes_the_folder_shuts_out_the_runs_before(tmp_path):
    first, _ = fences(tmp_path)
    first.set_up()
    with Store(tmp_path / "elsewhere").open_to_write():
        assert first.is_open()
    shut_all(tmp_path / "attempts")
    assert not first.is_open()
    first.set_up()
    (tmp_path / "trials").mkdir()
    with Store(tmp_path).open_to_write():
        assert not first.is_open()


def test_a_process_that_is_shut_out_ends_before_it_writes(tmp_path):
    first, second = fences(tmp_path)
    first.set_up()
    end_if_shut(first)
    end_if_shut(None)
    second.set_up()
    code = (
        "from netzoo.runs.fence import Fence, end_if_shut\n"
        f"end_if_shut(Fence({first.path!r}, {first.token!r}))\n"
        "print('it goes on')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "Another run of this trial has begun, so this one ends.\n"

"""Where a record comes from: the command line, and the state of the working folder's code."""

import shlex
import subprocess
import sys
from pathlib import Path


def command_line() -> str:
    """Return the command line of this process, as a shell takes it."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]) if sys.argv else ""


def git_commit() -> str | None:
    """Return the git commit of the working folder, "+changes" if it has any; None without one."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit}+changes" if changed else commit


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            # A folder's own settings could name a program to run.
            ["git", "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

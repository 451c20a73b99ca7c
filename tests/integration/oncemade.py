"""Folders that are dear to make: made once in a run of the tests, copied for each house that begins with one."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


class OnceMade:
    """Copies of folders that the run's processes share."""

    root: Path

    def copy(self, name: str, make: Callable[[Path], None], to: Path) -> None:
        """Put a copy of what `make` puts into an empty folder at `to`; whoever asks first makes it, the others wait."""
        original, ready = self.root / name, self.root / f"{name}.ready"
        with (self.root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.exists():
                shutil.rmtree(original, ignore_errors=True)
                original.mkdir()
                make(original)
                ready.touch()
        shutil.copytree(original, to, symlinks=True, dirs_exist_ok=True)


ONCE_MADE = OnceMade()


def share(factory: pytest.TempPathFactory) -> None:
    """Keep them in the folder of the run, which the processes of pytest-xdist have in common."""
    own = factory.getbasetemp()
    ONCE_MADE.root = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

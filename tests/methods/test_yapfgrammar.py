"""yapf's grammar is read and written by one process at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_WATCHING = """
import fcntl, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "yapf":
            from pathlib import Path
            import tempfile, os
            with (Path(tempfile.gettempdir()) / f"hemaview-yapf-{os.getuid()}.lock").open() as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    print("held")
sys.meta_path.insert(0, Watch())
from hemaview.methods import yapfgrammar
with yapfgrammar.LOCK.open() as lock:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("free")
"""


def test_the_lock_is_held_while_yapf_is_read_and_free_afterwards(tmp_path: Path) -> None:
    alone = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.run(
        [sys.executable, "-c", _WATCHING], env=alone, capture_output=True, text=True, timeout=60, check=True
    )
    assert process.stdout.split() == ["held", "free"]


def test_mmengine_is_read_after_it() -> None:
    script = "import sys, hemaview.methods.cascade; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    read = process.stdout.split()
    assert read.index("hemaview.methods.yapfgrammar") < read.index("mmengine")

"""yapf, by which mmengine formats its configurations, read by one process at a time.

It keeps its grammar in the user's cache, written anew after each installation, and gives the file its name before what it
holds is written out: of processes that started at once on a new machine one ended with "EOFError: Ran out of input".
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / f"hemaview-yapf-{os.getuid()}.lock"

with LOCK.open("w") as _lock:
    fcntl.flock(_lock, fcntl.LOCK_EX)  # let go of when the file is closed
    import yapf  # noqa: F401

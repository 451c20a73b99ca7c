"""A child that shut itself in reads and computes, and can do nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRIES = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from hemaview.confined import shut_in
folder = Path(sys.argv[1])
def made(action):
    try:
        action()
    except OSError as error:
        return error.errno
    return 0
if not shut_in():
    sys.exit(3)
done = []
thread = threading.Thread(target=lambda: done.append(made(socket.socket)))
thread.start(); thread.join()
print(json.dumps({
    "socket": made(socket.socket), "pair": made(socket.socketpair), "in a thread": done[0],
    "program": made(lambda: subprocess.run(["true"])), "fork": made(os.fork), "new file": made((folder / "new").touch),
    "write": made(lambda: (folder / "old").open("r+")),
    "append": made(lambda: (folder / "old").open("a")), "remove": made((folder / "old").unlink),
    "rename": made(lambda: (folder / "old").rename(folder / "other")), "folder": made((folder / "sub").mkdir),
    "mode": made(lambda: (folder / "old").chmod(0o777)), "read": made((folder / "old").read_bytes),
}))
"""


def test_a_shut_in_process_opens_no_socket_starts_no_program_and_changes_no_file(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("as it was")
    run = subprocess.run([sys.executable, "-c", TRIES, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    errors = json.loads(run.stdout)
    assert errors.pop("read") == 0 and set(errors.values()) == {1}, errors
    assert [p.name for p in tmp_path.iterdir()] == ["old"] and (tmp_path / "old").read_text() == "as it was"

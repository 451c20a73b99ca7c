"""Runs the contract of one model in a child process, and answers in JSON; `methods.own.trial` starts it, nobody imports it.

Called as `python -m hemaview.inference.contractchild REQUEST`. It limits itself, has the libraries loaded, shuts itself in, and
only then opens the file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hemaview.confined import limit_self, shut_in

MOST_ADDRESSES = 64 * 1024**3


def main(argument: str) -> int:
    request = json.loads(argument)
    limit_self(request["memory_bytes"], request["cpu_seconds"], address_bytes=MOST_ADDRESSES)
    table = json.loads(Path(request["card"]).read_bytes())
    import openvino  # noqa: F401  (what is loaded later would be read by a process that may be somebody else's)

    from hemaview.inference.contract import examine
    from hemaview.methods.own.checks import Check

    title = "It was looked at where it can do no harm"
    if shut_in():
        limits = "no network, no programs, no file changed"
    else:
        limits = "this system cannot refuse network and files to a process"
    memory = f"{request['memory_bytes'] // 1024**3} GB of memory, {request['cpu_seconds']} s"
    checks = [Check("sandbox", title, True, f"{limits}; {memory}")]

    def opening(check: str, share: float) -> None:
        print(f"opening {check}\nprogress {share:.3f}", flush=True)

    checks += examine(Path(request["weights"]), table, request["sha256"], opening)
    print("answer " + json.dumps({"checks": [check.as_json() for check in checks]}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

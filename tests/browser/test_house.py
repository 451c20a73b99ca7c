"""The house that the browser's tests visit. This one visits it without a browser, so it runs long before them, and no two
processes wait for the house when they begin."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.conftest import analysed

_STATE = """
import json
from apps.analysis.models import Job
print(json.dumps([[job.slide.case.accession, job.state, job.cells, job.reason] for job in Job.objects.all()]))
"""


def test_commands_alone_analyse_a_film_and_leave_its_cells(tmp_path: Path) -> None:
    with analysed(tmp_path) as stack:
        ((accession, state, cells, reason),) = json.loads(stack.manage("shell", "-v", "0", "-c", _STATE).stdout)
        assert (accession, state, reason) == ("B-1", "done", "")
        assert cells > 100
        assert list(Path(stack.environment["HEMAVIEW_VAR"]).rglob("cells.arrow"))

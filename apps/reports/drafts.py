"""The report of a case that nobody has signed: with what still stands before a signature on page one."""

from __future__ import annotations

from collections.abc import Sequence

from apps.analysis.models import Job
from apps.analysis.selectors import reported_jobs
from apps.cases.models import Case
from apps.reports import document, render
from apps.reports.holds import holds_of


def draft_html(case: Case, jobs: Sequence[Job] | None = None) -> str:
    """HTML; `jobs`: other analyses than the reported ones."""
    jobs = reported_jobs(case) if jobs is None else jobs
    return render.html(document.build(case, jobs), None, [hold.sentence for hold in holds_of(case, jobs)])

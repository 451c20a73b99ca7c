"""The analysis that an address names, as the person reads it."""

from __future__ import annotations

import uuid
from typing import Any

from apps.analysis.models import Job
from apps.analysis.selectors import reviewable_job_for
from apps.review.state import read_by


def job_as_read(user: Any, job_id: uuid.UUID, right: str = "view") -> Job:
    """The job as the person reads it."""
    return read_by(user, reviewable_job_for(user, job_id, right))

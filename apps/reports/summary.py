"""What whoever signs sees before they do: what was counted, what speaks against it, and what is left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from apps.analysis.models import Job
from apps.analysis.selectors import examinations
from apps.cases.models import Case
from apps.reports.holds import holds_of, missing_slides
from apps.reports.render import readers_sentence
from apps.review.agreement import summary
from apps.review.countsjson import pooled_json
from apps.review.state import reading_of
from hemaview.counting.words import noun_for


def before_signing(case: Case, jobs: Sequence[Job]) -> dict[str, Any]:
    """Of the reported analyses `jobs` of a case: conclusion, counts, warnings, slides not analysed, readers and holds.

    The stamps are read first: where somebody labels while the counts are made, they are older than these, and a signature with
    them is refused rather than given to other counts.
    """
    count_stamps = stamps(jobs)
    return {
        "count_stamps": count_stamps,
        "conclusion": case.conclusion,
        "examinations": [_examination(together) for together in examinations(jobs)],
        "missing": missing_slides(case, jobs),
        "holds": [h.as_json() for h in holds_of(case, jobs)],
    }


def stamps(jobs: Sequence[Job]) -> dict[str, str]:
    """By id of each analysis a stamp of what people can still change of its counts: another stamp, other counts."""
    return {str(job.pk): _stamp(job) for job in jobs}


def _stamp(job: Job) -> str:
    """Of the reading that is counted, its revision and marks of HbF, the slide's specimen and scale: 16 hex digits of SHA-256."""
    reading = reading_of(job)
    parts = [
        str(reading.pk) if reading else "",
        reading.revision if reading else 0,
        reading.hbf_marks.count() if reading else 0,
        job.slide.specimen,
        job.slide.mpp,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _examination(jobs: Sequence[Job]) -> dict[str, Any]:
    counts = pooled_json(jobs)
    return {
        "assay": counts["assay"],
        "title": counts["title"],
        "slides": [job.slide.name for job in jobs],
        "counted": [
            {
                "title": s["title"],
                "noun": noun_for(s["target"] or s["n"]["reviewed"], s["noun"]),
                "n": s["n"]["reviewed"],
                "target": s["target"],
            }
            for s in counts["sections"]
            if s["n"]["reviewed"] or s["n"]["machine"] or s["target"]
        ],
        "findings": [f["text"] for f in counts["findings"]],
        "warnings": [
            *([counts["why"]] if counts["why"] else []),
            *(u["text"] for u in counts["unsettled"]),
            *counts["notes"],
            *(f"{job.slide.name}: {note}" for job in jobs for note in job.notes),
        ],
        "readers": readers_sentence(summary(jobs)),
    }

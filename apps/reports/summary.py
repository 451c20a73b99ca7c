"""What whoever signs sees before they do: what was counted, what speaks against it, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.analysis.models import Job
from apps.analysis.selectors import examinations
from apps.cases.models import Case
from apps.reports.holds import holds_of, missing_slides
from apps.reports.render import readers_sentence
from apps.review.agreement import summary
from apps.review.counts import pooled_json


def before_signing(case: Case, jobs: Sequence[Job]) -> dict[str, Any]:
    """Of the reported analyses `jobs` of a case: conclusion, counts, warnings, slides not analysed, readers and holds."""
    return {
        "conclusion": case.conclusion,
        "examinations": [_examination(together) for together in examinations(jobs)],
        "missing": missing_slides(case, jobs),
        "holds": [h.as_json() for h in holds_of(case, jobs)],
    }


def _examination(jobs: Sequence[Job]) -> dict[str, Any]:
    counts = pooled_json(jobs)
    return {
        "assay": counts["assay"],
        "title": counts["title"],
        "slides": [job.slide.name for job in jobs],
        "counted": [
            {"title": s["title"], "noun": _noun(s), "n": s["n"]["reviewed"], "target": s["target"]}
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


def _noun(section: dict[str, Any]) -> str:
    """What is counted, of one or of as many as were asked for."""
    noun: str = section["noun"]
    return noun.removesuffix("s") if (section["target"] or section["n"]["reviewed"]) == 1 else noun

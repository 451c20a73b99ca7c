"""Sign, amend: what is signed is frozen, hashed and locked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.analysis.models import Job
from apps.analysis.selectors import active_jobs, reported_jobs
from apps.audit.services import record
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.cases.services import set_comment, set_state
from apps.reports import document, render
from apps.reports.models import Amendment, Report
from apps.review import mustsee
from apps.review.state import labels_of

MOST_NAMED = 200


def sign(user: Any, case: Case, password: str, meaning: str, comment: str | None = None) -> Report:
    """Sign the case: re-checks the password, refuses by name while cells must be seen, freezes, hashes, locks."""
    require(user, case, "sign")
    if not meaning.strip():
        raise Refusal("Say what your signature means, for example: reviewed and approved.", code="no-meaning")
    if not user.check_password(password):
        record(user, "report.sign-refused", "case", case.pk, accession=case.accession, why="password")
        raise Forbidden("The password is not right.", code="wrong-password")
    if case.state not in (Case.State.IN_REVIEW, Case.State.AMENDED):
        raise Conflict(f"A case that is {case.get_state_display().lower()} cannot be signed.", code="not-in-review")
    if active_jobs(case).exists():
        raise Conflict("An analysis of this case is still running; wait for it or cancel it.", code="analysis-running")
    if comment is not None and comment.strip() != case.comment:
        case = set_comment(user, case, comment)
    report_id = uuid.uuid4()
    folder = Path(settings.REPORTS_DIR) / str(report_id)
    try:
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=case.pk)
            jobs = reported_jobs(case)
            if not jobs:
                raise Conflict(
                    "No slide of this case has been analysed; there is nothing to sign.", code="nothing-counted"
                )
            # Locked: no label may come between what is checked and what is frozen.
            list(Job.objects.select_for_update().filter(pk__in=[j.pk for j in jobs]))
            jobs = reported_jobs(case)
            _refuse_unseen(jobs)
            return _freeze(user, case, jobs, meaning.strip(), report_id, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def amend(user: Any, case: Case, reason: str) -> Case:
    """Open a signed case again; the signed version stays readable, the next one carries the reason."""
    require(user, case, "sign")
    if len(reason.strip()) < 3:
        raise Refusal("Say why the report is amended.", code="no-reason")
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        if case.state != Case.State.SIGNED:
            raise Conflict("Only a signed case can be amended.", code="not-signed")
        last = case.reports.order_by("-version").first()
        if last is None:
            raise Conflict("This case has no signed report.", code="not-signed")
        Amendment.objects.create(case=case, report=last, reason=reason.strip(), by=user, at=timezone.now())
        record(user, "report.amended", "report", last.pk, accession=case.accession, reason=reason.strip())
        return set_state(user, case, Case.State.AMENDED)


def _refuse_unseen(jobs: list[Job]) -> None:
    named: list[dict[str, Any]] = []
    total = 0
    for job in jobs:
        why = mustsee.reasons(job)
        rows = mustsee.open_rows(job, labels_of(job))
        total += len(rows)
        named += [{"job": str(job.pk), "row": int(r), "reason": why[r]} for r in rows[: MOST_NAMED - len(named)]]
    if total:
        by: dict[str, int] = {}
        for cell in named:
            by[cell["reason"]] = by.get(cell["reason"], 0) + 1
        words = ", ".join(f"{n} × {reason}" for reason, n in sorted(by.items()))
        cells = "1 cell" if total == 1 else f"{total} cells"
        raise Conflict(f"{cells} must be seen before signing: {words}.", code="must-see-open", open=named, n=total)


def _freeze(user: Any, case: Case, jobs: list[Job], meaning: str, report_id: uuid.UUID, folder: Path) -> Report:
    now = timezone.now()
    last = case.reports.order_by("-version").first()
    amendment = Amendment.objects.filter(report=last).select_related("by").first() if last else None
    frozen = document.build(case)
    signature = {
        "version": (last.version if last else 0) + 1,
        "by": user.display_name,
        "username": user.get_username(),
        "at": now.isoformat(timespec="seconds"),
        "meaning": meaning,
        "reason": amendment.reason if amendment else "",
        "amended_by": amendment.by.display_name if amendment else "",
    }
    frozen["signature"] = signature
    frozen["evidence"] = [
        {
            "job": str(j.pk),
            "cells_sha256": j.cells_sha256,
            "slide_sha256": j.slide.sha256,
            "label_revision": j.label_revision,
        }
        for j in jobs
    ]
    canonical = json.dumps(frozen, sort_keys=True, separators=(",", ":"), default=str).encode()
    sha256 = hashlib.sha256(canonical).hexdigest()
    page = render.html(frozen, {**signature, "sha256": sha256}).encode()
    made = render.pdf(page.decode()) if render.pdf_possible() else b""
    folder.mkdir(parents=True)
    _write(folder / "report.html", page)
    if made:
        _write(folder / "report.pdf", made)
    report = Report(
        id=report_id,
        case=case,
        version=signature["version"],
        document=json.loads(canonical),
        sha256=sha256,
        html_sha256=hashlib.sha256(page).hexdigest(),
        pdf_sha256=hashlib.sha256(made).hexdigest() if made else "",
        meaning=meaning,
        reason=signature["reason"],
        signed_by=user,
        signed_at=now,
    )
    report.save()
    case.reports.exclude(pk=report.pk).update(state=Report.State.SUPERSEDED)
    record(
        user, "report.signed", "report", report.pk, accession=case.accession, version=report.version, sha256=sha256,
        html_sha256=report.html_sha256, pdf_sha256=report.pdf_sha256, meaning=meaning,
    )  # fmt: skip
    set_state(user, case, Case.State.SIGNED)
    return report


def _write(path: Path, raw: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())

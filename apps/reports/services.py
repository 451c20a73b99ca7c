"""Sign, amend: what is signed is frozen, hashed and locked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing, Refusal
from apps.accounts.reauthentication import confirm
from apps.analysis.models import Job
from apps.analysis.selectors import active_jobs, reported_jobs
from apps.audit.services import head, record
from apps.cases.locks import begin_signing, end_signing, hold
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.cases.services import EDITABLE, set_comment, set_conclusion, set_state
from apps.reports import document, render
from apps.reports.fonts import unprintable, with_code_points
from apps.reports.holds import Hold, holds_of, missing_slides, unlifted
from apps.reports.manifest import labels_sha256
from apps.reports.models import Amendment, Report
from apps.reports.summary import stamps
from apps.review.agreement import refuse_blind
from apps.review.bloodcount import references
from apps.review.state import label_revision, reading_of
from apps.slides.models import Slide

_FROZEN = ("accession", *EDITABLE, "conclusion", "comment", "reader_id", "state")
"""Facts of a case that do not change between the two transactions of a signature."""


def sign(
    user: Any,
    case: Case,
    password: str,
    meaning: str,
    comment: str | None = None,
    reason: str = "",
    conclusion: str | None = None,
    conclusion_before: str | None = None,
    comment_before: str | None = None,
    count_stamps: Mapping[str, str] | None = None,
) -> Report:
    """Sign the case: re-checks the password, refuses by name what stands before the signature, freezes, hashes, locks.

    `meaning` is in the signer's words. `reason` says why what a reason can lift may stand; the report prints it.
    `conclusion_before` and `comment_before` are what the signer saw there: where somebody else has written meanwhile, the
    signature is refused and their words stay.
    `count_stamps` are the stamps of the reported analyses whose counts the signer saw (`summary.stamps`): others are refused.

    Three steps: a short transaction checks and marks the case as being signed, so that every other write is refused; the
    report is written outside any lock of the database; a second one proves that what was frozen is what is there.
    """
    require(user, case, "sign")
    refuse_blind(user, case.pk)
    if not meaning.strip():
        raise Refusal(
            gettext("State the meaning of your signature, for example: reviewed and approved."), code="no-meaning"
        )
    for name, text in (
        (gettext("meaning of your signature"), meaning),
        (gettext("conclusion"), conclusion or ""),
        (gettext("comment"), comment or ""),
        (gettext("reason"), reason),
    ):
        _refuse_unprintable(name, text)
    try:
        confirm(user, password)
    except Refusal:
        record(user, "report.sign-refused", "case", case.pk, accession=case.accession, why="password")
        raise
    words = {"conclusion": (conclusion, conclusion_before), "comment": (comment, comment_before)}
    case, content = _begin(user, case, words, reason.strip(), count_stamps)
    report_id = uuid.uuid4()
    try:
        report = _freeze(user, case, content, meaning.strip(), report_id)
        return _conclude(user, case, content, report)
    except BaseException:
        _forget(report_id)
        _give_up(case)
        raise


@dataclass(frozen=True)
class Content:
    """What a signature is about."""

    jobs: list[Job]
    """The reported ones, each with its labels' revision."""
    last: Report | None
    """The version before."""
    amendment: Amendment | None
    """That asks for this version."""
    facts: str
    """Of the case, JSON with sorted keys."""
    holds: list[Hold]
    """What a reason lifts."""
    reason: str
    """Why those may stand."""

    @classmethod
    def of(cls, case: Case, reason: str) -> Content:
        """What is there now, read under the case's lock; raises Conflict where nothing has been analysed."""
        jobs = reported_jobs(case)
        if not jobs:
            raise Conflict(
                gettext("No slide of this case has been analysed; there is nothing to sign."), code="nothing-counted"
            )
        last = case.reports.order_by("-version").first()
        amendment = Amendment.objects.filter(report=last).select_related("by").first() if last else None
        facts = {
            "case": {name: getattr(case, name) for name in _FROZEN},
            "jobs": [
                [
                    j.pk,
                    j.protocol_id,
                    j.state,
                    j.partial,
                    j.cells_sha256,
                    j.contours_sha256,
                    label_revision(j),
                    [(r.role, r.state, r.revision) for r in j.readings.order_by("created_at")],
                    j.mpp,
                    j.notes,
                    j.guards,
                ]
                for j in jobs
            ],
            "slides": [
                [j.slide.pk, j.slide.name, j.slide.specimen, j.slide.sha256, j.slide.mpp, j.slide.colour] for j in jobs
            ],
            "last": [last.pk, amendment.reason if amendment else ""] if last else [],
        }
        facts["references"] = references().sha256
        facts["missing"] = missing_slides(case, jobs)
        return cls(jobs, last, amendment, json.dumps(facts, sort_keys=True, default=str), holds_of(case, jobs), reason)


@transaction.atomic
def _begin(
    user: Any,
    case: Case,
    words: dict[str, tuple[str | None, str | None]],
    reason: str,
    count_stamps: Mapping[str, str] | None,
) -> tuple[Case, Content]:
    case = hold(case)
    if case.state not in (Case.State.IN_REVIEW, Case.State.AMENDED):
        raise Conflict(
            gettext(
                "This case cannot be signed now: its state is “{state}”, and only a case in review is signed."
            ).format(state=case.get_state_display()),
            code="not-in-review",
        )
    if active_jobs(case).exists():
        raise Conflict(
            gettext("An analysis of this case is still running; wait for it or cancel it."), code="analysis-running"
        )
    if case.slides.filter(status=Slide.Status.IMPORTING).exists():
        raise Conflict(
            gettext("A slide of this case is still being imported; wait for it or remove it."), code="import-running"
        )
    for name, write in (("conclusion", set_conclusion), ("comment", set_comment)):
        text, before = words[name]
        if text is not None:
            case = write(user, case, text, before)
    content = Content.of(case, reason)
    if count_stamps is not None and dict(count_stamps) != stamps(content.jobs):
        raise Conflict(
            gettext("Somebody has changed cells or analyses in the meantime: look at the counts again, then sign."),
            code="counts-changed",
        )
    _refuse_held(content)
    return begin_signing(case), content


@transaction.atomic
def _conclude(user: Any, case: Case, content: Content, report: Report) -> Report:
    row = end_signing(case)
    if Content.of(row, content.reason).facts != content.facts:
        raise Conflict(
            gettext("The case was changed while it was being signed; review it and sign again."), code="signing-lapsed"
        )
    row.reports.filter(state=Report.State.SIGNED).update(state=Report.State.SUPERSEDED)
    report.save()
    record(
        user, "report.signed", "report", report.pk, accession=row.accession, version=report.version, sha256=report.sha256,
        html_sha256=report.html_sha256, pdf_sha256=report.pdf_sha256, meaning=report.meaning,
    )  # fmt: skip
    report.case = set_state(user, row, Case.State.SIGNED)
    return report


def _forget(report_id: uuid.UUID) -> None:
    """Delete the files of a report that was not signed; they stay where it was, or where nobody can tell, for a connection that
    breaks while a transaction ends does not say whether it did."""
    with contextlib.suppress(DatabaseError):
        if not Report.objects.filter(pk=report_id).exists():
            stores.reports().delete(str(report_id))


def _give_up(case: Case) -> None:
    """Let others change the case again; where even that fails, the lease does it."""
    with contextlib.suppress(Conflict, Missing, DatabaseError), transaction.atomic():
        end_signing(case)


def amend(user: Any, case: Case, reason: str) -> Case:
    """Open a signed case again; the signed version stays readable, the next one carries the reason."""
    require(user, case, "sign")
    if len(reason.strip()) < 3:
        raise Refusal(gettext("State the reason for the amendment."), code="no-reason")
    _refuse_unprintable(gettext("reason"), reason)
    with transaction.atomic():
        case = hold(case)
        if case.state != Case.State.SIGNED:
            raise Conflict(gettext("Only a signed case can be amended."), code="not-signed")
        last = case.reports.order_by("-version").first()
        if last is None:
            raise Conflict(gettext("This case has no signed report."), code="not-signed")
        Amendment.objects.create(case=case, report=last, reason=reason.strip(), by=user, at=timezone.now())
        record(user, "report.amended", "report", last.pk, accession=case.accession, reason=reason.strip())
        return set_state(user, case, Case.State.AMENDED)


def _refuse_unprintable(name: str, text: str) -> None:
    if missing := unprintable(text):
        raise Refusal(
            gettext(
                "The {name} has characters that no installed font can print: {missing}. Write it without them."
            ).format(name=name, missing=with_code_points(missing)),
            code="unprintable-characters",
        )


def _refuse_held(content: Content) -> None:
    """Raise Conflict with everything that stands before the signature, where a reason does not lift all of it."""
    standing = unlifted(content.holds, content.reason)
    if not standing:
        return
    first = standing[0]
    further = len(standing) - 1
    sentence = first.sentence
    if further:
        more = ngettext(
            "{n} more thing must be resolved before signing.",
            "{n} more things must be resolved before signing.",
            further,
        ).format(n=further)
        sentence = f"{sentence} {more}"
    if all(h.lifted_by == "reason" for h in standing):
        how = gettext("State why the case may be signed nevertheless, or resolve this first.")
        sentence = f"{sentence} {how}"
    code = first.code if first.code == "must-see-open" else "held"
    raise Conflict(sentence, code=code, holds=[h.as_json() for h in content.holds], **first.detail)


def _freeze(user: Any, case: Case, content: Content, meaning: str, report_id: uuid.UUID) -> Report:
    """The report as it will stand, its files written; nothing of it in the database yet."""
    now = timezone.now()
    last, amendment = content.last, content.amendment
    frozen = document.build(case)
    signature = {
        "version": (last.version if last else 0) + 1,
        "by": user.display_name,
        "username": user.get_username(),
        "role": ", ".join(user.groups.order_by("name").values_list("name", flat=True)),
        "at": now.isoformat(timespec="seconds"),
        "meaning": meaning,
        "reason": amendment.reason if amendment else "",
        "amended_by": amendment.by.display_name if amendment else "",
        "record": dict(zip(("lines", "sha256"), head(), strict=True)),
    }
    frozen["signature"] = signature
    frozen["holds"] = (
        {"reason": content.reason, "lifted": [h.as_json() for h in content.holds]} if content.holds else {}
    )
    frozen["evidence"] = [
        {
            "job": str(j.pk),
            "cells_sha256": j.cells_sha256,
            "contours_sha256": j.contours_sha256,
            "labels_sha256": labels_sha256(reading, label_revision(j)) if (reading := reading_of(j)) else "",
            "slide_sha256": j.slide.sha256,
            "rules_sha256": j.frozen["rules_sha256"],
            "classes_sha256": j.frozen["classes"]["classes_sha256"],
            "models": j.frozen["models"],
            "reading": str(reading.pk) if reading else "",
            "label_revision": label_revision(j),
            "readings": [
                {
                    "reading": str(r.pk),
                    "role": r.role,
                    "label_revision": r.revision,
                    "labels_sha256": labels_sha256(r, r.revision),
                }
                for r in j.readings.order_by("created_at")
            ],
        }
        for j in content.jobs
    ]
    canonical = json.dumps(frozen, sort_keys=True, separators=(",", ":"), default=str).encode()
    sha256 = hashlib.sha256(canonical).hexdigest()
    page = render.html(frozen, {**signature, "sha256": sha256}).encode()
    pdf = render.pdf(page.decode())
    report = Report(
        id=report_id,
        case=case,
        version=signature["version"],
        document=json.loads(canonical),
        sha256=sha256,
        html_sha256=hashlib.sha256(page).hexdigest(),
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        meaning=meaning,
        reason=signature["reason"],
        signed_by=user,
        signed_at=now,
    )
    stores.reports().put(report.html_name, page)
    if pdf:
        stores.reports().put(report.pdf_name, pdf)
    return report

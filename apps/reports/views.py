"""Signed reports and drafts as documents, for browsers and, by the addresses that the API gives, for scripts."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from apps.accounts.api.answers import refused_page
from apps.accounts.api.tokens import token_or_session
from apps.accounts.errors import Missing, Refusal
from apps.cases.models import Case
from apps.cases.selectors import case_for
from apps.reports import render
from apps.reports.drafts import draft_html
from apps.reports.models import Report
from apps.reports.selectors import proved_bytes, report_for, reports_of
from apps.review.agreement import refuse_blind

_DOCUMENT_CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""A report carries its own style and pictures and no script at all."""


@token_or_session
@login_required
@require_safe
def report_page(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """A signed report exactly as it was frozen."""
    try:
        report = report_for(request.user, report_id)
        return _page(proved_bytes(report.html_name, report.html_sha256))
    except Refusal as refusal:
        return refused_page(request, refusal)


@token_or_session
@login_required
@require_safe
def report_pdf(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    try:
        report = report_for(request.user, report_id)
        if not report.pdf_sha256:
            raise Missing(gettext(render.NO_PDF), code="no-pdf")
        name = f"{report.case.accession}-v{report.version}.pdf"
        return _pdf(proved_bytes(report.pdf_name, report.pdf_sha256), name)
    except Refusal as refusal:
        return refused_page(request, refusal)


@token_or_session
@login_required
@require_safe
def draft_page(request: HttpRequest, accession: str) -> HttpResponse:
    """The report as it would be signed now; of a signed case the signed one."""
    try:
        case = _drafted(request, accession)
        if signed := _signed(case):
            return redirect("report", report_id=signed.pk)
        return _page(draft_html(case).encode())
    except Refusal as refusal:
        return refused_page(request, refusal)


@token_or_session
@login_required
@require_safe
def draft_pdf(request: HttpRequest, accession: str) -> HttpResponse:
    try:
        case = _drafted(request, accession)
        if signed := _signed(case):
            return redirect("report-pdf", report_id=signed.pk)
        return _pdf(render.pdf(draft_html(case)), f"{case.accession}-draft.pdf")
    except Refusal as refusal:
        return refused_page(request, refusal)


def _drafted(request: HttpRequest, accession: str) -> Case:
    """The case whose draft is asked for; raises Conflict where the person reads it blind."""
    case = case_for(request.user, accession)
    refuse_blind(request.user, case.pk)
    return case


def _signed(case: Case) -> Report | None:
    """The report that stands; None where the case is not signed, or is amended and waits for its next version."""
    return next(iter(reports_of(case)), None) if case.state == Case.State.SIGNED else None


def _page(raw: bytes) -> HttpResponse:
    response = HttpResponse(raw, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = _DOCUMENT_CSP
    response["Cache-Control"] = "private, no-cache"
    return response


def _pdf(raw: bytes, name: str) -> HttpResponse:
    response = HttpResponse(raw, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "private, no-cache"
    return response

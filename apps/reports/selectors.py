"""Reports a person may see, and their files proved against their hashes."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing
from apps.cases.models import Case
from apps.cases.selectors import cases_for, require
from apps.reports.models import Report
from apps.review.agreement import refuse_blind


def reports_for(user: Any) -> QuerySet[Report]:
    """The signed reports of the cases that the person may view."""
    return Report.objects.filter(case__in=cases_for(user)).select_related("case", "signed_by")


def report_for(user: Any, report_id: uuid.UUID | str) -> Report:
    """The report, if the person may view its case; raises Missing, or Conflict where they read the case blind."""
    report = Report.objects.select_related("case", "signed_by").filter(pk=report_id).first()
    if report is None:
        raise Missing(gettext("There is no such report, or you may not see it."))
    try:
        require(user, report.case, "view")
    except Missing:
        raise Missing(gettext("There is no such report, or you may not see it.")) from None
    refuse_blind(user, report.case_id)  # of an amended case: the version before holds the first reading
    return report


def reports_of(case: Case) -> list[Report]:
    return list(case.reports.select_related("signed_by").order_by("-version"))


def proved_bytes(name: str, sha256: str) -> bytes:
    """The bytes of a report's file; raises Missing where it is gone, Conflict where it is not what was signed."""
    try:
        raw = stores.reports().read(name)
    except OSError as error:
        raise Missing(
            gettext("The file of this report is gone; restore it from a backup."), code="report-gone"
        ) from error
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise Conflict(gettext("The file of this report is not the one that was signed."), code="report-changed")
    return raw


def report_json(report: Report) -> dict[str, Any]:
    base = f"/api/v1/reports/{report.pk}"
    return {
        "id": str(report.pk),
        "version": report.version,
        "state": report.state,
        "signed_by": report.signed_by.display_name,
        "signed_at": report.signed_at.isoformat(),
        "meaning": report.meaning,
        "reason": report.reason,
        "sha256": report.sha256,
        "html_url": f"/reports/{report.pk}/",
        "pdf_url": f"/reports/{report.pk}.pdf" if report.pdf_sha256 else None,
        "counts_csv_url": f"{base}/counts.csv",
        "cells_csv_url": f"{base}/cells.csv",
        "geojson_url": f"{base}/cells.geojson",
        "fhir_url": f"{base}/fhir.json",
    }

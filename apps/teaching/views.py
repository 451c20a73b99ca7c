"""The pages about sites: which there are, what each taught, and which cells to name next."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop, ngettext

from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.analysis import adaptations
from apps.analysis.models import Adaptation
from apps.analysis.selectors import jobs_for
from apps.cases.selectors import case_for, cases_for
from apps.review.state import labels_of, read_by
from apps.slides.models import Site
from apps.slides.sites import create_site, require_sites, set_site, sites
from apps.teaching.curve import curve_svg
from apps.teaching.labels import label_counts
from apps.teaching.services import base_classes, order
from apps.teaching.tasks import ring
from hemaview.assays import Assay, assays
from hemaview.cells.labelled import FEWEST

FEW_CLASSES = 3
"""An examination that shares no more classes than these with the net is none that a site can teach."""
LEAST_GAIN = 0.02
"""Less macro F1 than that more is none that a laboratory would see."""
_FIGURES = (
    ("accuracy", gettext_noop("Cells named correctly")),
    ("macro_f1", gettext_noop("Macro F1")),
    ("blast_recall", gettext_noop("Blasts recognised")),
    ("coverage", gettext_noop("Cells given a name")),
    ("silent_error", gettext_noop("Of those, named incorrectly")),
    ("unidentified", gettext_noop("Cells left unidentified")),
)


@login_required
def sites_page(request: HttpRequest) -> HttpResponse:
    """Every site; a post adds one."""
    _admit(request)
    if request.method == "POST":
        try:
            site = create_site(request.user, request.POST.get("name", ""), request.POST.get("description", ""))
            return redirect("site", site_id=site.pk)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect("sites")
    rows = [
        {"site": site, "in_force": [(_words(a.assay)[0], a.number) for a in site.adaptations.all() if a.in_force]}
        for site in sites().prefetch_related("adaptations")
    ]
    return render(request, "teaching/sites.html", {"rows": rows})


@login_required
def site_page(request: HttpRequest, site_id: int) -> HttpResponse:
    """One site: its slides, its named cells, what it taught; posts bring a case's slides in, teach, switch on and off."""
    _admit(request)
    site = sites().filter(pk=site_id).first() if site_id < 2**31 else None
    if site is None:
        raise Http404
    if request.method == "POST":
        try:
            messages.success(request, _act(request, site))
        except Refusal as refusal:
            messages.error(request, refusal.message)
        return redirect("site", site_id=site_id)
    rows = list(adaptations.adaptations().filter(site=site))
    visible = cases_for(request.user)
    context = {
        "site": site,
        "slides": site.slides.filter(case__in=visible).select_related("case").order_by("case__accession", "name"),
        "hidden_slides": site.slides.exclude(case__in=visible).count(),
        "examinations": [
            _examination(site, a) for a in assays().values() if len(base_classes() & set(a.schema.by_key)) > FEW_CLASSES
        ],
        "fewest": FEWEST,
        "rows": [_row(row) for row in rows],
        "busy": any(row.state in Adaptation.ACTIVE for row in rows),
        "next_cells": _next_cells(request.user, rows),
    }
    return render(request, "teaching/site.html", context)


def _act(request: HttpRequest, site: Site) -> str:
    """Do what was posted; the sentence that says so. Raises Refusal."""
    act = request.POST.get("act", "")
    if act == "slides":
        case = case_for(request.user, request.POST.get("accession", "").strip(), "view")
        slides = list(case.slides.all())
        for slide in slides:
            set_site(request.user, slide, site)
        return ngettext(
            "{n} slide of {accession} now belongs to this site.",
            "{n} slides of {accession} now belong to this site.",
            len(slides),
        ).format(n=len(slides), accession=case.accession)
    if act == "remove":
        gone = site.slides.filter(pk=_uuid(request.POST.get("slide", ""))).select_related("case").first()
        if gone is None:
            raise Refusal(gettext("This slide does not belong to this site."), code="no-slide")
        set_site(request.user, gone, None)
        return gettext("{name} no longer belongs to a site.").format(name=gone.name)
    if act == "teach":
        row = order(request.user, site, request.POST.get("assay", ""))
        transaction.on_commit(lambda: ring(str(row.pk)))
        return gettext("Teaching runs in the background for a minute or two; this page shows the progress.")
    if act in ("on", "off"):
        row = adaptations.adaptation_for(request.user, _uuid(request.POST.get("adaptation", "")))
        adaptations.switch(request.user, row, act == "on")
        return (
            gettext("New analyses of this site's slides use it.")
            if act == "on"
            else gettext("New analyses use the shipped net again.")
        )
    raise Refusal(gettext("There is nothing to do."), code="invalid")


def _admit(request: HttpRequest) -> None:
    try:
        require_sites(request.user)
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Missing(gettext("There is nothing with this id.")) from None


def _teachable() -> list[Assay]:
    """The examinations whose classes the net can name."""
    classes = base_classes()
    return [a for a in assays().values() if len(classes & set(a.schema.by_key)) > FEW_CLASSES]


def _examination(site: Site, examination: Assay) -> dict[str, Any]:
    """What could be taught for an examination: its named cells by class, in people's words."""
    counts = label_counts(site, examination.key)
    names = {c.key: c.name for c in examination.schema.classes}
    return {
        "key": examination.key,
        "title": examination.title,
        "n": sum(counts.values()),
        "classes": [(names.get(key, key), n) for key, n in counts.items()],
        "enough": sum(counts.values()) >= FEWEST and len(counts) > 1,
    }


def _row(row: Adaptation) -> dict[str, Any]:
    """A teaching with its figures, before and after, as people read them."""
    report = row.report
    examination, names = _words(row.assay)
    figures = [
        (gettext(title), _percent(report["before"].get(name)), _percent(report["after"].get(name)))
        for name, title in _FIGURES
        if report
    ]
    return {
        "row": row,
        "examination": examination,
        "labels": len(row.cells),
        "figures": [f for f in figures if f[1:] != ("–", "–")],
        "curve": curve_svg(report["curve"]) if report else "",
        "without_labels": [names.get(key, key).lower() for key in report.get("without_labels", [])],
        "doubts": _doubts(report) if report else [],
    }


def _words(assay_key: str) -> tuple[str, dict[str, str]]:
    """Title of an examination, and the name of each of its classes by key; the key itself where its package is gone."""
    assay = assays().get(assay_key)
    if assay is None:
        return assay_key, {}
    return assay.title, {c.key: c.name for c in assay.schema.classes}


def _doubts(report: dict[str, Any]) -> list[str]:
    """What speaks against using a taught net, a sentence each."""
    before, after = report["before"], report["after"]
    doubts = []
    if after["macro_f1"] < before["macro_f1"] + LEAST_GAIN:
        doubts.append(
            gettext(
                "It names held-out cells hardly better than the shipped net: first name more cells, from more slides."
            )
        )
    if after["unidentified"] > before["unidentified"]:
        doubts.append(gettext("It leaves more cells unidentified than the shipped net does: first name more cells."))
    if before["blast_recall"] is not None and after["blast_recall"] < before["blast_recall"]:
        doubts.append(
            gettext("It recognises fewer of the held-out blasts than the shipped net does: first name more blasts.")
        )
    return doubts


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _next_cells(user: Any, rows: list[Adaptation]) -> list[dict[str, Any]]:
    """The cells that the newest teaching asks to have named, of cases that the person may see, and that nobody named since."""
    newest = next((row for row in rows if row.report), None)
    if newest is None:
        return []
    suggestions = newest.report.get("next", [])
    jobs = {str(job.pk): job for job in jobs_for(user).filter(pk__in={cell["job"] for cell in suggestions})}
    labels = {pk: labels_of(read_by(user, job)).rows for pk, job in jobs.items()}
    return [cell for cell in suggestions if cell["job"] in jobs and cell["row"] not in labels[cell["job"]]]

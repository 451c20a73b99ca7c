"""The pages that join every room: worklist, new case, case, reading room."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import ensure_csrf_cookie

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.accounts.roles import RIGHT_MEANING, RIGHTS
from apps.analysis.cellfiles import schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import jobs_for, reported_jobs
from apps.cases.filters import ORDERINGS, CaseFilter, ordered, urgent_first
from apps.cases.models import Case
from apps.cases.selectors import case_for, cases_for, overview, with_rights
from apps.cases.services import create_case, may_create
from apps.desk.democases import shown_first
from apps.desk.forms import CaseForm
from apps.desk.nextsteps import foreseen, waiting_for
from apps.desk.selectors import room_json, worklist_rows
from apps.desk.templatetags.moments import moment
from apps.review.compare import compare
from apps.review.counts import row_names
from apps.review.state import read_by
from apps.slides.tileaccess import set_tile_cookie, tile_access

log = logging.getLogger(__name__)

_COLUMNS = (
    ("accession", gettext_noop("Accession")),
    ("pseudonym", gettext_noop("Pseudonym")),
    ("specimen", gettext_noop("Specimen")),
    ("", gettext_noop("Slides")),
    ("state", gettext_noop("State")),
    ("", gettext_noop("Next step")),
    ("reader", gettext_noop("Reader")),
    ("since", gettext_noop("Since")),
)


@login_required
@ensure_csrf_cookie
def worklist(request: HttpRequest) -> HttpResponse:
    """Cases the person may see: searched, filtered, sorted, paged; counts per state and what waits for them."""
    every = cases_for(request.user).select_related("reader")
    state = request.GET.get("state", "")
    visible = every.filter(archived_at__isnull=state != "archived")
    search = request.GET.get("search", "").strip()
    waiting, steps = waiting_for(request.user, every)
    data = request.GET.copy()
    if state in ("waiting", "archived"):
        data["state"] = ""
    filtered = CaseFilter(data, queryset=visible.filter(pk__in=waiting) if state == "waiting" else visible)
    overview_rows = overview(every, filtered.qs, search)
    if overview_rows.exact and "state" not in request.GET:
        return redirect("case-page", accession=overview_rows.exact)
    ordering = request.GET.get("ordering", "")
    in_order = ordered(filtered.qs, ordering) if ordering else urgent_first(filtered.qs)
    pages = Paginator(with_rights(request.user, foreseen(in_order)), 25)
    pages.count = overview_rows.n_rows
    page = pages.get_page(request.GET.get("page"))
    counts = overview_rows.states
    tabs = [{"key": "", "label": gettext("All"), "n": sum(counts.values()), "active": state == ""}]
    tabs.append({"key": "waiting", "label": gettext("Waiting for me"), "n": len(waiting), "active": state == "waiting"})
    tabs += [{"key": k, "label": label, "n": counts[k], "active": state == k} for k, label in Case.State.choices]
    tabs.append(
        {"key": "archived", "label": gettext("Archive"), "n": overview_rows.n_archived, "active": state == "archived"}
    )
    context = {
        "page_obj": page,
        "rows": worklist_rows(request.user, list(page.object_list), steps),
        "filter": filtered,
        "tabs": tabs,
        "state": state,
        "columns": [_column(request, key, gettext(label), ordering) for key, label in _COLUMNS],
        "can_create": may_create(request.user),
        "query": _query(request, page=None),
        "filter_query": _query(request, page=None, after=None),
        "after": request.GET.get("after", ""),
        "demo_cases": shown_first() if getattr(settings, "DEMO", False) else [],
        "filtered": any(request.GET.get(k) for k in ("search", "state", "specimen", "stain", "reader")),
    }
    return render(request, "cases/worklist.html", context)


@login_required
def next_case(request: HttpRequest) -> HttpResponse:
    """To the reading room of the next case that waits for the person, in the worklist's order, after that named `after` and round
    again; to the worklist where no other waits."""
    waiting, _ = waiting_for(request.user, cases_for(request.user))
    accessions = list(urgent_first(Case.objects.filter(pk__in=waiting)).values_list("accession", flat=True))
    after = request.GET.get("after", "")
    others = [accession for accession in accessions if accession != after]
    if not others:
        return redirect(f"{reverse('worklist')}?{urlencode({'state': 'waiting', 'after': after})}")
    at = accessions.index(after) if after in accessions else 0
    return redirect("room", accession=others[at % len(others)])


@login_required
def new_case(request: HttpRequest) -> HttpResponse:
    if not may_create(request.user):
        raise PermissionDenied(gettext("Your role does not allow you to open cases."))
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = form.facts()
        try:
            case = create_case(request.user, facts.pop("accession"), **facts)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("case-page", accession=case.accession)
    return render(request, "cases/case_form.html", {"form": form})


@login_required
@ensure_csrf_cookie
def case_page(request: HttpRequest, accession: str) -> HttpResponse:
    case = _case(request, accession)
    room = room_json(request.user, case)
    reports = [{**report, "at": parse_datetime(report["signed_at"])} for report in room["reports"]]
    rights = [gettext(RIGHT_MEANING[right]) for right in RIGHTS if right in room["me"]["rights"]]
    return render(request, "cases/case.html", {"case": case, "rights": rights, "reports": reports, "data": room})


@login_required
@ensure_csrf_cookie
def room(request: HttpRequest, accession: str) -> HttpResponse:
    case = _case(request, accession)
    data: dict[str, Any] = {"accession": case.accession, "room": room_json(request.user, case), "tiles": None}
    first = case.slides.filter(pk=data["room"]["opens_with"]).first()
    preload = ""
    if first is not None:
        try:
            data["tiles"] = tile_access(request.user, first)
        except Refusal as refusal:
            log.warning("slide %s has no tiles: %s", first.pk, refusal.message)
        else:
            # The overview is on its way before any script runs.
            preload = data["tiles"]["base"] + f"{data['tiles']['levels'][0]['number']}/0_0.jpg"
    response = render(request, "cases/room.html", {"case": case, "data": data, "preload": preload})
    if data["tiles"]:
        set_tile_cookie(response, data["tiles"])
    return response


@login_required
def administration(request: HttpRequest) -> HttpResponse:
    """What there is to administer, each with a sentence."""
    user: Any = request.user
    if not user.is_staff:
        raise PermissionDenied(gettext("Only administrators can use this page."))
    return render(request, "desk/administration.html")


@login_required
def compare_page(request: HttpRequest, accession: str, a: uuid.UUID, b: uuid.UUID) -> HttpResponse:
    """Two analyses of one slide beside each other, with pictures of what differs."""
    case = _case(request, accession)
    both = jobs_for(request.user).filter(slide__case=case, pk__in=[a, b])
    jobs = {job.pk: read_by(request.user, job) for job in both}
    if len(jobs) != 2 or not all(job.reviewable for job in jobs.values()):
        raise Http404(gettext("This address does not name two finished analyses of this case."))
    try:
        comparison = compare(jobs[a], jobs[b])
    except Conflict as refusal:
        return render(request, "cases/compare.html", {"case": case, "refusal": refusal.message})
    names = {c.key: c.name for job in jobs.values() for c in schema_of(job).classes} | {"rejected": gettext("Rejected")}
    names |= row_names(jobs[a])
    a_name, b_name = analysis_names(jobs[a], jobs[b], {job.pk for job in reported_jobs(case)})
    context = {
        "case": case,
        "a": jobs[a],
        "b": jobs[b],
        "a_name": a_name,
        "b_name": b_name,
        "comparison": comparison,
        "lists": _lists(comparison, (jobs[a], a_name), (jobs[b], b_name), names),
    }
    return render(
        request,
        "cases/compare.html",
        {**context, "names": names, "sections": _with_names(comparison["sections"], names)},
    )


def analysis_names(a: Job, b: Job, reported: Collection[uuid.UUID]) -> tuple[SafeString, SafeString]:
    """The two analyses by protocol and moment of the order, with which is reported; where that does not tell them apart, by the
    beginning of their identifiers, too."""

    def marks(job: Job) -> tuple[Any, ...]:
        return str(job.protocol), job.requested_at.replace(second=0, microsecond=0), job.pk in reported

    def name(job: Job) -> SafeString:
        form = gettext("{protocol}, {when} (reported)") if job.pk in reported else gettext("{protocol}, {when}")
        text = format_html(form, protocol=job.protocol, when=moment(job.requested_at))
        return format_html("{} [{}]", text, job.pk.hex[:8]) if marks(a) == marks(b) else text

    return name(a), name(b)


def _with_names(sections: list[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {**section, "rows": [{**row, "name": names.get(row["key"], row["key"])} for row in section["rows"]]}
        for section in sections
    ]


def _lists(
    comparison: dict[str, Any], a_named: tuple[Job, SafeString], b_named: tuple[Job, SafeString], names: dict[str, str]
) -> list[dict[str, Any]]:
    """The cells that differ, each with its picture, the machine's class and the person's where there is one."""
    (a, a_name), (b, b_name) = a_named, b_named

    def picture(job: Job, row: int, *labels: dict[str, str]) -> dict[str, Any]:
        source = f"/api/v1/jobs/{job.pk}/cells/{row}/crop.jpg?size=96"
        return {"src": source, "text": " → ".join(_cell_words(names, **each) for each in labels)}

    def of_one(job: Job, cell: dict[str, Any]) -> dict[str, Any]:
        return picture(job, cell["row"], {name: cell[name] for name in ("key", "machine", "by")})

    renamed, sides = comparison["renamed"], ("a", "b")
    by_people = renamed["n"] - renamed["by_machine"]
    return [
        {
            "title": gettext("Reclassified"),
            "n": renamed["n"],
            "from_to": True,
            "note": gettext("By the machine: {machine}; by people only: {people}.").format(
                machine=f"{renamed['by_machine']:,}", people=f"{by_people:,}"
            ),
            "cells": [
                picture(b, c["row_b"], *({n: c[f"{n}_{side}"] for n in ("key", "machine", "by")} for side in sides))
                for c in renamed["shown"]
            ],
        },
        {
            "title": format_html(gettext("Detected only by {analysis}"), analysis=b_name),
            "n": comparison["gained"]["n"],
            "cells": [of_one(b, c) for c in comparison["gained"]["shown"]],
        },
        {
            "title": format_html(gettext("Detected only by {analysis}"), analysis=a_name),
            "n": comparison["lost"]["n"],
            "cells": [of_one(a, c) for c in comparison["lost"]["shown"]],
        },
    ]


def _cell_words(names: dict[str, str], key: str, machine: str, by: str) -> str:
    """What a cell is called, and by whom."""
    if not by:
        return gettext("{name} (machine)").format(name=names[machine])
    if key == machine:
        return gettext("{name} (machine and {who})").format(name=names[key], who=by)
    return gettext("{name} ({who}; machine: {machine})").format(name=names[key], who=by, machine=names[machine])


def _case(request: HttpRequest, accession: str) -> Case:
    try:
        return case_for(request.user, accession)
    except Missing as refusal:
        raise Http404(refusal.message) from refusal
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal


def _query(request: HttpRequest, **changes: Any) -> str:
    query = request.GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value:
            query[key] = value
    return query.urlencode()


def _column(request: HttpRequest, key: str, label: str, ordering: str) -> dict[str, Any]:
    if key not in ORDERINGS:
        return {"label": label, "query": "", "direction": ""}
    direction = "ascending" if ordering == key else "descending" if ordering == f"-{key}" else ""
    following = f"-{key}" if direction == "ascending" else key
    return {"label": label, "query": _query(request, ordering=following, page=None), "direction": direction}

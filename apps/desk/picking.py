"""The page of candidates for picking: nucleated red cells of one analysis, confirmed or excluded one by one, and their HbF."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods

from apps.accounts.api.inputs import whole_number
from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis.models import Job
from apps.analysis.selectors import reviewable_job_for
from apps.cases.selectors import rights_of
from apps.review.hbf import mark_hbf
from apps.review.models import HbfMark, LabelEvent
from apps.review.picking import CONFIRMED, KEY, candidates, has_candidates, picking_json
from apps.review.services import label_cells
from apps.review.state import read_by
from apps.slides.models import Slide

ON_A_PAGE = 50
_ACTS = {"confirm": LabelEvent.Action.CONFIRM, "exclude": LabelEvent.Action.REJECT, "clear": LabelEvent.Action.CLEAR}


@login_required
@ensure_csrf_cookie
@require_http_methods(["GET", "POST"])
def picking_page(request: HttpRequest, accession: str, job_id: uuid.UUID) -> HttpResponse:
    """The candidates by rank; POST says something of one of them (`act`, `row` or `added`, `hbf`, `revision`)."""
    try:
        job = read_by(request.user, reviewable_job_for(request.user, job_id))
    except (Missing, Conflict) as refusal:
        raise Http404(refusal.message) from refusal
    if job.slide.case.accession != accession or not has_candidates(job):
        raise Http404(gettext("There is no analysis of this case here that looks for nucleated red cells."))
    if request.method == "POST":
        try:
            where = _notice(request, job)
        except Forbidden as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Refusal as refusal:
            return _page(request, job, refusal.message, refusal.http_status)
        page = whole_number(request.GET.get("page", ""))
        return redirect(f"{request.path}{'' if page is None else f'?page={page}'}#{where}")
    return _page(request, job, "", 200)


def _notice(request: HttpRequest, job: Job) -> str:
    """Write what was said of a candidate; the anchor of its line."""
    act, added, row = (
        request.POST.get("act", ""),
        request.POST.get("added", ""),
        whole_number(request.POST.get("row", "")),
    )
    if act == "hbf":
        mark_hbf(request.user, job, request.POST.get("hbf", ""), row, added)
        return f"cell-{added or row}"
    if act not in _ACTS:
        raise Refusal(gettext("There is no action {act} for a candidate.").format(act=act), code="invalid")
    rows, cells = ([] if row is None else [row]), ([added] if added else [])
    listed = next((c for c in candidates(job) if (c.row, c.added) == (row, added or None)), None)
    if listed is None:
        raise Missing(gettext("This cell is not a candidate of the analysis."))
    base = whole_number(request.POST.get("revision", "")) or 0
    # What somebody named otherwise is called so again; a bare confirmation would confirm the other name.
    relabel = act == "confirm" and listed.state not in ("pending", CONFIRMED)
    label_cells(
        request.user, job, LabelEvent.Action.RELABEL if relabel else _ACTS[act], rows, cells, KEY if relabel else None, base
    )  # fmt: skip
    return f"cell-{added or row}"


def _page(request: HttpRequest, job: Job, refusal: str, status: int) -> HttpResponse:
    case = job.slide.case
    pages = Paginator(candidates(job), ON_A_PAGE)
    context: dict[str, Any] = {
        "case": case,
        "job": job,
        "page_obj": pages.get_page(request.GET.get("page")),
        "query": "",
        "sums": picking_json(job),
        "hbf_states": HbfMark.State.choices,
        "confirmed": CONFIRMED,
        "may": "review" in rights_of(request.user, case) and not case.locked,
        "mpp_source": Slide.MppSource.words(job.mpp_source),
        "locked": case.locked,
        "refusal": refusal,
    }
    return render(request, "cases/picking.html", context, status=status)

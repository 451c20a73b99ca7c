"""The page of the queue."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.analysis.line import queue_for
from apps.analysis.selectors import job_for, workers_alive
from apps.analysis.services import cancel, retry
from apps.analysis.tasks import ring
from apps.cases.selectors import case_for
from apps.cases.services import set_urgent


@login_required
def queue_page(request: HttpRequest) -> HttpResponse:
    """What runs, waits and ended, and who works; a post makes a case urgent or no longer, cancels a job or runs it again."""
    try:
        if request.method == "POST":
            messages.success(request, _queued(request))
            return redirect("queue")
        context = {**queue_for(request.user), "workers": workers_alive()}
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except Missing as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("queue")
    return render(request, "analysis/queue.html", context)


def _queued(request: HttpRequest) -> str:
    """Do what was posted with a case or a job; the sentence that says so. Raises Refusal."""
    act = request.POST.get("act", "urgent")
    if act == "urgent":
        case = case_for(request.user, request.POST.get("accession", ""))
        urgent = request.POST.get("urgent") == "1"
        set_urgent(request.user, case, urgent)
        return (
            gettext("{accession} is urgent: its analyses go first.").format(accession=case.accession)
            if urgent
            else gettext("{accession} is no longer urgent.").format(accession=case.accession)
        )
    job = job_for(request.user, _id(request.POST.get("job", "")))
    if act == "cancel":
        cancel(request.user, job)
        return gettext("The analysis ends after the current field; what has been counted is kept.")
    if act == "retry":
        again = retry(request.user, job)
        transaction.on_commit(lambda: ring([str(again.pk)]))
        return gettext("The analysis is queued again; finished fields are kept.")
    raise Refusal(gettext("There is nothing to do."), code="invalid")


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Missing(gettext("There is no such job, or you may not see it.")) from None

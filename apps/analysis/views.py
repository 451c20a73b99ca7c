"""The pages about models, and the queue."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.accounts.errors import Forbidden, Missing
from apps.analysis.api.views import model_json
from apps.analysis.cardpage import card_html
from apps.analysis.line import queue_for
from apps.analysis.selectors import model_versions, workers_alive
from apps.cases.selectors import case_for
from apps.cases.services import set_urgent


@login_required
def queue_page(request: HttpRequest) -> HttpResponse:
    """What runs and what waits, in order, and who works; a post makes a case urgent, or no longer."""
    try:
        if request.method == "POST":
            case = case_for(request.user, request.POST.get("accession", ""))
            set_urgent(request.user, case, request.POST.get("urgent") == "1")
            return redirect("queue")
        context = {**queue_for(request.user), "workers": workers_alive()}
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except Missing as refusal:
        raise Http404(refusal.message) from refusal
    return render(request, "analysis/queue.html", context)


@login_required
def models_page(request: HttpRequest) -> HttpResponse:
    return render(request, "analysis/models.html", {"models": [model_json(m) for m in model_versions()]})


@login_required
def model_page(request: HttpRequest, name: str) -> HttpResponse:
    versions = [m for m in model_versions() if m.algorithm.name == name]
    if not versions:
        raise Http404
    return render(
        request,
        "analysis/model.html",
        {
            "model": model_json(versions[0]),
            "versions": [model_json(m) for m in versions],
            "card": card_html(versions[0].card_text),
        },
    )

"""The pages about models."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.analysis.api.views import model_json
from apps.analysis.cardpage import card_html
from apps.analysis.selectors import model_versions


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

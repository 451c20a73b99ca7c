"""The pages of models: which there are, the card of one, and, for administrators, one of their own handed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden, Refusal
from apps.analysis import ownmodels, ownuploads
from apps.analysis.api.ownmodels import handed_in
from apps.analysis.api.views import model_json
from apps.analysis.cardpage import card_html
from apps.analysis.models import ModelUpload, ModelVersion
from apps.analysis.scorewords import card_in_words, role_words, score_words
from apps.analysis.selectors import model_versions
from hemaview.assays import assays
from hemaview.methods.own.cardfile import NEEDED, NEEDED_FOR, ROLES
from hemaview.words import one_of

EXAMPLE = """name = "ward-three-white-cells"
version = "1"
title = "White cells of ward 3"
roles = ["nucleated-cell"]
assay = "blood_film"
# as the net gives them, in order
classes = ["NEUT", "LY", "monocyte"]
# µm/px of the pictures it learned from
mpp = 0.125
input_px = 112
# or "probabilities"
output = "logits"
licence_note = "CC BY 4.0"
source = "Our laboratory, 2026"
metrics = []

# (RGB 0-255 / scale - mean) / std
[normalisation]
scale = 255
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]

# those that are no class of the examination
[class_map]
NEUT = "segmented_neutrophil"
LY = "lymphocyte"
"""
"""A card that nothing is wrong with, as the page shows it."""
_CARDS, _WEIGHTS = (".toml", ".json"), (".onnx", ".safetensors")


@login_required
def models_page(request: HttpRequest) -> HttpResponse:
    context = {
        "models": [
            {**_in_words(m), "gone": ownmodels.what_is_gone(m)}
            for m in sorted(model_versions(), key=lambda m: not m.own)
        ],
        "may_upload": ownmodels.may_change_models(request.user),
    }
    return render(request, "analysis/models.html", context)


@login_required
def model_page(request: HttpRequest, name: str) -> HttpResponse:
    """The card of a model's newest version, or of the one that is asked for; a post switches a version on, or retires it."""
    versions = [m for m in model_versions() if m.algorithm.name == name]
    if not versions:
        raise Http404
    version = request.POST.get("version") or request.GET.get("version")
    model = next((m for m in versions if m.version == version), versions[0])
    if request.method == "POST":
        try:
            messages.success(request, _switched(request, model))
        except Forbidden as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Refusal as refusal:
            messages.error(request, refusal.message)
        return redirect(f"{request.path}?version={model.version}")
    context = {
        "model": _in_words(model),
        "row": model,
        "versions": [_in_words(m) for m in versions],
        "card": card_html(card_in_words(model.card_text)),
        "gone": ownmodels.what_is_gone(model),
        "may_switch": ownmodels.may_change_models(request.user),
    }
    return render(request, "analysis/model.html", context)


def _in_words(model: ModelVersion) -> dict[str, Any]:
    """What the API says of a model, with words for people in place of keys."""
    return {
        **model_json(model),
        "metrics": [score_words(score) for score in model.card.get("metrics", [])],
        "default_for": [
            gettext("{protocol} as {role}").format(protocol=d.protocol, role=role_words(d.role))
            for d in model.default_in.all()
        ],
    }


def _switched(request: HttpRequest, model: ModelVersion) -> str:
    """Do what was posted; the sentence that says so. Raises Refusal."""
    act = request.POST.get("act", "")
    if act not in ("on", "off"):
        raise Refusal(gettext("There is nothing to do."), code="invalid")
    ownmodels.switch(request.user, model, act == "on")
    if act == "on":
        return gettext("{model} can be chosen in protocols.").format(model=model)
    return gettext("{model} is retired: protocols that use it cannot be ordered until another is chosen.").format(
        model=model
    )


@login_required
def upload_page(request: HttpRequest) -> HttpResponse:
    """Weights and card to hand in, and how those before are getting on."""
    try:
        rows = ownuploads.recent_uploads(request.user)
        refused = ""
        if request.method == "POST":
            weights, card = _two_files(request)
            row = handed_in(request.user, weights, card)
            put_back = row.state == ModelUpload.State.DONE
            outcome = gettext("has been uploaded and is being checked; this page shows the progress")
            messages.success(request, f"{row} {'has its files back' if put_back else outcome}.")
            return redirect("model-upload")
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except Refusal as refusal:
        refused = refusal.message
    context = {
        "rows": _with_switches(rows),
        "example": EXAMPLE,
        "refused": refused,
        "busy": any(row.state in ModelUpload.ACTIVE for row in rows),
        "roles": one_of(role_words(role) for role in ROLES),
        "needed": NEEDED,
        "needed_for": NEEDED_FOR,
        "assays": list(assays()),
        "most_mb": settings.MODEL_MAX_BYTES // 1024**2,
    }
    return render(request, "analysis/model_upload.html", context, status=400 if refused else 200)


def _with_switches(rows: list[ModelUpload]) -> list[ModelUpload]:
    """The rows, each with whether the model that was made of it is switched on."""
    on = set(ModelVersion.objects.filter(enabled=True).values_list("algorithm__name", "version"))
    for row in rows:
        row.on = (row.name, row.version) in on  # type: ignore[attr-defined]
    return rows


def _two_files(request: HttpRequest) -> tuple[Any, Any]:
    """The weights and the card among the files of the form, in whichever order they came; raises Refusal."""
    files = request.FILES.getlist("files")
    cards = [f for f in files if str(f.name).lower().endswith(_CARDS)]
    weights = [f for f in files if f not in cards]
    if len(cards) != 1 or len(weights) != 1:
        raise Refusal(
            gettext("Choose two files together: the weights ({weights}) and their card ({cards}).").format(
                weights=one_of(_WEIGHTS), cards=one_of(_CARDS)
            ),
            code="two-files",
        )
    return weights[0], cards[0]

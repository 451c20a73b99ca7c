"""The page of the laboratory's settings, for administrators; and the logo, for everybody."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.laboratory import services
from apps.laboratory.forms import LaboratoryForm, LogoForm, PhraseForm
from apps.laboratory.models import Phrase
from apps.laboratory.selectors import laboratory, logo_bytes, logo_is_gone, phrase_coded, phrases
from hemaview.assays import assays


@login_required
def laboratory_page(request: HttpRequest) -> HttpResponse:
    """Head, logo and phrases; each post changes one of them."""
    _admit(request)
    forms: dict[str, Any] = {}
    if request.method == "POST":
        act = request.POST.get("act", "")
        form = _form(act, request)
        try:
            if form is None or form.is_valid():
                messages.success(request, _act(request, act, form))
                return redirect("laboratory")
        except Refusal as refusal:
            if form is None:
                messages.error(request, refusal.message)
                return redirect("laboratory")
            form.add_error(None, refusal.message)
        forms = {act: form}
    context = {
        "head": forms.get("head") or LaboratoryForm(instance=laboratory()),
        "logo": forms.get("logo") or LogoForm(),
        "has_logo": bool(laboratory().logo),
        "logo_gone": logo_is_gone(),
        "phrase": forms.get("phrase") or PhraseForm(),
        "rows": _rows(phrases()),
    }
    return render(request, "laboratory/laboratory.html", context, status=400 if forms else 200)


@login_required
def phrase_page(request: HttpRequest, code: str) -> HttpResponse:
    """One phrase to change or remove."""
    _admit(request)
    try:
        row = phrase_coded(code)
    except Missing as refusal:
        raise Http404(refusal.message) from refusal
    form = PhraseForm(request.POST or None, instance=row)
    if request.method == "POST":
        try:
            if request.POST.get("act") == "remove":
                services.remove_phrase(request.user, phrase_coded(code))
                messages.success(request, gettext("The phrase {code} is removed.").format(code=code))
                return redirect("laboratory")
            if form.is_valid():
                services.change_phrase(request.user, row, **form.cleaned_data)
                messages.success(request, gettext("The phrase {code} is saved.").format(code=form.cleaned_data["code"]))
                return redirect("laboratory")
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    return render(request, "laboratory/phrase.html", {"form": form, "code": code}, status=400 if form.errors else 200)


@login_required
@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    try:
        response = HttpResponse(logo_bytes(), content_type="image/png")
    except Missing as refusal:
        raise Http404(refusal.message) from refusal
    response["Cache-Control"] = "private, no-cache"
    return response


def _form(act: str, request: HttpRequest) -> Any:
    if act == "head":
        return LaboratoryForm(request.POST)
    if act == "logo":
        return LogoForm(request.POST, request.FILES)
    return PhraseForm(request.POST) if act == "phrase" else None


def _act(request: HttpRequest, act: str, form: Any) -> str:
    """Do what was posted; the sentence that says so. Raises Refusal."""
    if act == "head":
        services.change_laboratory(request.user, **form.cleaned_data)
        return gettext("The letterhead is saved; reports signed from now on will have it.")
    if act == "logo":
        services.set_logo(request.user, form.cleaned_data["logo"].read())
        return gettext("The logo is saved; reports signed from now on will have it.")
    if act == "logo-remove":
        services.set_logo(request.user, None)
        return gettext("The logo is removed.")
    if act == "phrase":
        phrase = services.create_phrase(request.user, **form.cleaned_data)
        return gettext("The phrase {code} is added.").format(code=phrase.code)
    raise Refusal(gettext("There is nothing to do."), code="invalid")


def _rows(phrases: Any) -> list[dict[str, Any]]:
    titles = {a.key: a.title for a in assays().values()}
    return [
        {"phrase": row, "assay": titles.get(row.assay, row.assay), "template": _is_template(row)} for row in phrases
    ]


def _is_template(row: Phrase) -> bool:
    return row.kind == Phrase.Kind.TEMPLATE


def _admit(request: HttpRequest) -> None:
    try:
        services.require_laboratory(request.user)
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal

"""The pages of protocols, for administrators: which there are, one as a form, a new one from it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from apps.accounts.api.inputs import whole_number
from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.analysis import protocolservices as services
from apps.analysis.models import Job, Protocol
from apps.analysis.protocolforms import CopyForm, RevisionForm
from apps.cases.models import Case
from hemaview.assays import AssayError, assays


@login_required
def protocols_page(request: HttpRequest) -> HttpResponse:
    _admit(request)
    jobs = dict(Job.objects.order_by().values_list("protocol__name").annotate(n=Count("pk")))
    rows = [
        {
            "protocol": protocol,
            "examination": assays()[protocol.assay].title if protocol.assay in assays() else protocol.assay,
            "specimen": dict(Case.Specimen.choices).get(protocol.specimen, protocol.specimen),
            "jobs": jobs.get(protocol.name, 0),
            "warnings": services.warnings_of(protocol),
        }
        for protocol in services.newest_protocols()
    ]
    return render(request, "analysis/protocols.html", {"rows": rows})


@login_required
def protocol_page(request: HttpRequest, name: str) -> HttpResponse:
    """One protocol to change, retire or bring back; a change makes its next version."""
    _admit(request)
    protocol = _newest(name)
    act = request.POST.get("act", "save") if request.method == "POST" else ""
    form = _form(RevisionForm, protocol, request.POST if act == "save" else None)
    try:
        if act in ("retire", "restore"):
            services.set_retired(request.user, name, act == "retire")
            messages.success(
                request,
                gettext("It can no longer be ordered.") if act == "retire" else gettext("It can be ordered again."),
            )
            return redirect("protocol", name=name)
        if act and form and form.is_valid():
            revised = services.revise(request.user, _unchanged(request, protocol), form.draft())
            same = revised.pk == protocol.pk
            messages.success(
                request,
                gettext("Nothing was changed.")
                if same
                else gettext("Version {version} is saved; new analyses use it.").format(version=revised.version),
            )
            return redirect("protocol", name=name)
    except Refusal as refusal:
        if form is None or not form.is_bound:
            messages.error(request, refusal.message)
            return redirect("protocol", name=name)
        form.refuse(refusal)
    context = {
        "protocol": protocol,
        "form": form,
        "versions": _versions(name),
        "verb": gettext("Save as a new version"),
        "warnings": services.warnings_of(protocol),
    }
    return render(request, "analysis/protocol.html", context, status=400 if form and form.errors else 200)


@login_required
def copy_page(request: HttpRequest, name: str) -> HttpResponse:
    """A new protocol that begins as an existing one."""
    _admit(request)
    source = _newest(name)
    form = _form(CopyForm, source, request.POST or None)
    if form is None:
        raise Http404(gettext("The examination of this protocol is not installed."))
    if request.method == "POST" and form.is_valid():
        try:
            copied = services.copy(request.user, source, form.cleaned_data["name"], form.draft())
            messages.success(
                request, gettext("The protocol {title} has been created and can be ordered.").format(title=copied.title)
            )
            return redirect("protocol", name=copied.name)
        except Refusal as refusal:
            form.refuse(refusal)
    context = {"protocol": source, "form": form, "copy": True, "verb": gettext("Create protocol")}
    return render(request, "analysis/protocol.html", context, status=400 if form.errors else 200)


def _form(kind: type[RevisionForm], protocol: Protocol, data: Any) -> RevisionForm | None:
    """None where the package that brought the protocol's examination is gone."""
    try:
        return kind(protocol, data)
    except AssayError:
        return None


def _unchanged(request: HttpRequest, protocol: Protocol) -> Protocol:
    """The version that the person saw when they began to change it."""
    shown_version = whole_number(request.POST.get("seen", ""))
    shown = None if shown_version is None else services.versions(protocol.name).filter(version=shown_version).first()
    return shown or protocol


def _versions(name: str) -> list[Protocol]:
    return list(services.versions(name).annotate(jobs_n=Count("jobs")))


def _newest(name: str) -> Protocol:
    try:
        return services.newest(name)
    except Missing as refusal:
        raise Http404(refusal.message) from refusal


def _admit(request: HttpRequest) -> None:
    try:
        services.require_protocols(request.user)
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal

"""The audit record as a page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.errors import Forbidden
from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.services import verify


@login_required
def audit_page(request: HttpRequest) -> HttpResponse:
    try:
        lines = records_for(request.user)
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal
    search, action = request.GET.get("search", "").strip(), request.GET.get("action", "")
    if search:
        lines = lines.filter(
            Q(actor__icontains=search) | Q(accession__icontains=search) | Q(object_id__icontains=search)
        )
    if action:
        lines = lines.filter(action=action)
    context = {
        "page_obj": Paginator(lines, 50).get_page(request.GET.get("page")),
        "verdict": verify(),
        "actions": Record.objects.order_by("action").values_list("action", flat=True).distinct(),
        "search": search,
        "action": action,
    }
    return render(request, "audit/list.html", context)

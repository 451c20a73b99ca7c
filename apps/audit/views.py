"""The audit record as a page of sentences, and as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.errors import Forbidden
from apps.audit.filters import RecordForm, filtered
from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.sentences import deed, facts, sentence
from apps.audit.services import record, verify
from apps.audit.words import kind

COLUMNS = ("entry", "time_utc", "who", "action", "accession", "sentence", "object", "detail", "sha256")
_PIECE = 65_536
BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets read the file as UTF-8 by it."""


@login_required
def audit_page(request: HttpRequest) -> HttpResponse:
    lines = _lines(request)
    form = RecordForm(request.GET)
    if form.is_valid():
        lines = filtered(lines, form.cleaned_data)
    query = request.GET.copy()
    query.pop("page", None)
    page = Paginator(lines, 50).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [
            {
                "line": line,
                "sentence": sentence(line),
                "kind": kind(line.action),
                "facts": facts(line),
            }
            for line in page.object_list
        ],
        "verdict": verify(),
        "actions": _actions(),
        "people": Record.objects.order_by("actor").values_list("actor", flat=True).distinct(),
        "form": form,
        "filters": form.cleaned_data if form.is_valid() else {},
        "query": query.urlencode(),
    }
    return render(request, "audit/list.html", context)


@login_required
@require_safe
def audit_file(request: HttpRequest) -> HttpResponseBase:
    """The same lines as comma-separated values; that it was taken is a line of its own."""
    lines = _lines(request)
    form = RecordForm(request.GET)
    if not form.is_valid():
        return HttpResponse(next(iter(form.errors.values()))[0], status=400, content_type="text/plain; charset=utf-8")
    conditions = {name: str(value) for name, value in form.cleaned_data.items() if value}
    records = filtered(lines, form.cleaned_data)
    newest = records.first()
    records = records.filter(pk__lte=newest.pk) if newest else records
    record(request.user, "audit.exported", "audit", "", lines=records.count(), asked=conditions)
    answer = StreamingHttpResponse(written(records), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def written(lines: Any) -> Iterator[bytes]:
    """Lines as pieces of a file, newest first."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in lines.iterator(chunk_size=2000):
        detail = json.dumps(line.detail, ensure_ascii=False, sort_keys=True)
        row = (
            line.pk, line.at.strftime("%Y-%m-%d %H:%M:%S.%f"), line.actor, line.action, line.accession, sentence(line),
            f"{line.object_type} {line.object_id}".strip(), detail, line.sha256,
        )  # fmt: skip
        writer.writerow([_plain(value) for value in row])
        if out.tell() > _PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _actions() -> list[tuple[str, list[tuple[str, str]]]]:
    """What the record holds, to choose from: kind by kind, each action's code with its words."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for action in Record.objects.order_by("action").values_list("action", flat=True).distinct():
        kinds.setdefault(kind(action), []).append((action, deed(action)))
    return sorted((name, sorted(actions, key=lambda a: a[1])) for name, actions in kinds.items())


def _plain(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is made text."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "@", "-", "\t", "\r") else value


def _lines(request: HttpRequest) -> Any:
    try:
        return records_for(request.user)
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal

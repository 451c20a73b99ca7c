"""A signed report is held against everything that it froze: twenty kinds of tampering are found, by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from apps.accounts import stores
from apps.analysis.models import Job
from apps.audit.models import Record
from apps.audit.services import verify as verify_audit
from apps.cases.models import Case
from apps.reports import services
from apps.reports.manifest import verify
from apps.reports.models import Report
from apps.review.models import AddedCell, LabelEvent, Reading
from apps.review.services import add_cell, label_cells
from apps.review.state import label_revision
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD


@pytest.fixture
def report(job: Any, paul: Any, settings: Any, tmp_path: Any) -> Report:
    """A signed report of a case with labels of several kinds."""
    settings.REPORTS_DIR = tmp_path / "reports"
    settings.ANCHORS_DIR = tmp_path / "anchors"
    label_cells(paul, job, "relabel", [5], [], "target", 0)
    add_cell(paul, job, 100.0, 100.0, 30.0, 30.0, "lymphocyte")
    see_all(paul, job)
    assert label_revision(job) == 3
    services.sign(paul, job.slide.case, PASSWORD, "Reviewed and approved", "Fine film")
    return Report.objects.select_related("case", "signed_by").get()


def row(model: Any, **values: Any) -> None:
    """Written past every service, as who reaches the database would."""
    model._base_manager.all().update(**values)


def flip(path: Any) -> None:
    raw = bytearray(path.read_bytes())
    for i in range(min(200, len(raw) // 3)):
        raw[len(raw) // 2 + i] ^= 0x55
    path.write_bytes(bytes(raw))


def altered_document(report: Report, **case: str) -> dict[str, Any]:
    return {**report.document, "case": {**report.document["case"], **case}}


def other_frozen(job: Job, **changes: Any) -> None:
    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, **changes})


TAMPERINGS: dict[str, tuple[Callable[[Report, Job], Any], str]] = {
    "cells": (lambda r, j: flip(j.cells_file), "the cell file is not the one"),
    "cells gone": (lambda r, j: j.cells_file.unlink(), "the cell file is gone"),
    "outlines": (lambda r, j: flip(j.contours_file), "the file of outlines is not the one"),
    "html": (lambda r, j: flip(stores.reports().local_path(r.html_name)), "The HTML file of the report is not the one"),
    "html gone": (
        lambda r, j: stores.reports().local_path(r.html_name).unlink(),
        "The HTML file of the report is gone",
    ),
    "document": (lambda r, j: row(Report, document=altered_document(r, comment="All well")), "content of the report"),
    "document and its hash": (
        lambda r, j: row(Report, document=altered_document(r, comment="All well"), sha256="0" * 64),
        "not those that the audit record tells",
    ),
    "html and its hash": (lambda r, j: row(Report, html_sha256="0" * 64), "not those that the audit record tells"),
    "meaning": (lambda r, j: row(Report, meaning="Seen"), "the meaning of the signature"),
    "version": (lambda r, j: row(Report, version=7), "The version"),
    "pseudonym": (lambda r, j: row(Case, pseudonym="P-2"), "The pseudonym of the case"),
    "comment": (lambda r, j: row(Case, comment=""), "The comment of the case"),
    "a label's class": (lambda r, j: row(LabelEvent, label_key="schistocyte"), "the labels are not those"),
    "a label's rows": (lambda r, j: row(LabelEvent, rows=[1]), "the labels are not those"),
    "a label gone": (
        lambda r, j: LabelEvent._base_manager.filter(revision=1)._raw_delete("default"),
        "the labels are not those",
    ),
    "an added cell": (lambda r, j: row(AddedCell, x=5.0), "the labels are not those"),
    "rules": (lambda r, j: other_frozen(j, rules={**j.frozen["rules"], "version": 9}), "the counting rules"),
    "classes": (
        lambda r, j: other_frozen(j, classes={**j.frozen["classes"], "classes_sha256": "0" * 64}),
        "the classes are not those",
    ),
    "models": (lambda r, j: other_frozen(j, models=[{"role": "kind"}]), "the models are not those"),
    "slide": (lambda r, j: type(j.slide)._base_manager.update(sha256="0" * 64), "the slide is another one"),
    "reading": (
        lambda r, j: Reading._base_manager.update(id="00000000-0000-0000-0000-000000000001"),
        "the labels are not those",
    ),
    "signature's line": (
        lambda r, j: Record._base_manager.filter(action="report.signed")._raw_delete("default"),
        "no line about this signature",
    ),
}


def test_a_report_as_it_was_signed_holds(report: Report) -> None:
    verdict = verify(report)
    assert verdict.ok and not verdict.differs
    assert verify_audit().ok


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_what_was_altered_is_named(kind: str, report: Report, job: Any) -> None:
    tamper, sentence = TAMPERINGS[kind]
    job.refresh_from_db()
    with connection.constraint_checks_disabled():
        tamper(report, job)
        verdict = verify(Report.objects.select_related("case", "signed_by").get(pk=report.pk))
        if kind == "reading":
            row(Reading, id=report.document["evidence"][0]["reading"])
    assert any(sentence in line for line in verdict.differs), verdict


def test_the_command_names_what_differs_and_says_so_by_its_exit_status(
    report: Report, job: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_report", report.case.accession)
    assert "1 report holds." in capsys.readouterr().out
    flip(job.cells_file)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_report", all=True, json=True)
    output = capsys.readouterr()
    assert ended.value.code == 1 and not json.loads(output.out)["ok"] and "not as signed" in output.err


def test_altered_cells_are_refused_by_name_wherever_they_would_be_read(job: Any, paul: Any, api: Any) -> None:
    client = api(paul)
    urls = [f"/api/v1/jobs/{job.pk}/{what}" for what in ("counts/", "gallery/", "cells/0/", "results/")]
    assert all(client.get(url).status_code == 200 for url in urls)
    flip(job.cells_file)
    for url in urls:
        answer = client.get(url)
        assert (answer.status_code, answer.json()["code"]) == (409, "evidence-altered"), url
    assert client.get(f"/api/v1/cases/{job.slide.case.accession}/room/").status_code == 200
    assert client.get("/").status_code == 200  # the worklist says that the cells cannot be read
    (hold,) = client.get(f"/api/v1/cases/{job.slide.case.accession}/holds/").json()
    assert (hold["code"], hold["lifted_by"]) == ("evidence-altered", "")
    body = {"password": PASSWORD, "meaning": "Reviewed", "reason": "I sign all the same"}
    refused = client.post(f"/api/v1/cases/{job.slide.case.accession}/sign/", body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "held")

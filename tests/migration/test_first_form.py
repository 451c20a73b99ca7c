"""A house as the first form left it (`make_first_form.py`) opens after the migrations as it was.

The migrations run in a process of their own, on the archive's own database, as a laboratory's upgrade would, and on PostgreSQL
that holds the same rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hemaview.counting.grades import NO_GRADE
from tests.conftest import needs
from tests.integration.stack import postgres, postgres_tools

ARCHIVE = Path(__file__).with_name("first-form.tar.xz")
ROOT = Path(__file__).parents[2]

LOOK = """
import json, sys
from apps.analysis.models import Job, Protocol, ReportedAnalysis
from apps.analysis.selectors import reported_jobs
from apps.audit.services import verify
from apps.cases.models import Case
from apps.cases.selectors import with_rights
from apps.desk.nextsteps import foreseen
from apps.desk.selectors import room_json, worklist_rows
from apps.accounts.models import User
from apps.reports import document, render
from apps.reports.models import Report
from apps.reports.selectors import proved_bytes
from apps.reports.exports import exporters, source
from apps.review.analyses import choose
from apps.review.countsjson import counts_json
from apps.review.selectors import cell_card, gallery
from apps.review.state import labels_of

paul = User.objects.get(username="paul")
answer = {"cases": {}, "reports": {}, "audit": verify().ok}
worklist_rows(paul, list(with_rights(paul, foreseen(Case.objects.all()))))
for case in Case.objects.all():
    room_json(paul, case)
    (job,) = reported_jobs(case)
    labels = labels_of(job)
    gallery(job, None, "unsure", 0, 50)
    if job.cells:
        cell_card(job, 0)
    answer["cases"][case.accession] = {
        "state": case.state, "counts": counts_json(job), "assay": job.assay, "protocol": job.protocol.name,
        "labels": {row: [label.key, label.state] for row, label in labels.rows.items()},
        "added": [label.key for label in labels.added.values()], "draft": len(render.html(document.build(case), None)),
    }
for report in Report.objects.all():
    page = proved_bytes(report.html_name, report.html_sha256)
    for exporter in exporters().values():
        assert b"".join(exporter.pieces(source.of_report(report))), exporter.key
    answer["reports"][str(report.pk)] = {"html": len(page), "pdf": len(proved_bytes(report.pdf_name, report.pdf_sha256))}
for protocol in Protocol.objects.all():
    assert not protocol.what_is_wrong(), (protocol, protocol.what_is_wrong())
print(json.dumps(answer, default=str))
"""


@dataclass(frozen=True)
class House:
    """A folder of the first form and where its rows are."""

    var: Path
    database: str = ""
    """The DATABASE_URL; "": the folder's own SQLite file."""


def manage(house: House, *words: str, text: str | None = None) -> str:
    return run(house, "manage.py", *words, text=text)


def run(house: House, *words: str, text: str | None = None) -> str:
    environment = {
        **os.environ,
        "HEMAVIEW_VAR": str(house.var),
        "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.test",
    }
    environment.pop("DATABASE_URL", None)
    if house.database:
        environment["DATABASE_URL"] = house.database
    process = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, input=text, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var = tmp_path_factory.mktemp("first-form")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(var, filter="data")
    if request.param == "sqlite":
        yield House(var)
        return
    needs(postgres_tools() is not None, "PostgreSQL is not installed")
    with postgres(tmp_path_factory.mktemp("postgresql")) as url:
        there = House(var, url)
        run(there, "-m", "tests.migration.carry_over", str(var / "hemaview.sqlite3"))
        yield there


def files_of(var: Path, *folders: str) -> dict[str, str]:
    """sha256 of every file of evidence."""
    return {
        str(path.relative_to(var)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted((var / folder).rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def after(house: House) -> dict[str, Any]:
    before = files_of(house.var, "results", "reports", "slides")
    manage(house, "migrate", "--verbosity", "0")
    answer: dict[str, Any] = json.loads(manage(house, "shell", "-v", "0", text=LOOK).splitlines()[-1])
    assert files_of(house.var, "results", "reports", "slides") == before
    return answer


def test_every_case_opens_in_the_state_it_was_in(after: dict[str, Any]) -> None:
    assert {k: (v["state"], v["assay"]) for k, v in after["cases"].items()} == {
        "FF-REVIEW": ("in-review", "blood_film"),
        "FF-SIGNED": ("signed", "blood_film"),
        "FF-AMENDED": ("amended", "blood_film"),
        "FF-SICKLE": ("in-review", "sickle"),
        "FF-NRBC": ("in-review", "fetal_nrbc"),
        "FF-MARROW": ("in-review", "marrow"),
    }
    assert after["audit"] and all(case["draft"] > 5000 for case in after["cases"].values())


def test_labels_stand(after: dict[str, Any]) -> None:
    case = after["cases"]["FF-REVIEW"]
    assert case["labels"]["2"] == case["labels"]["3"] == ["target", "relabelled"]
    assert case["labels"]["5"] == ["schistocyte", "relabelled"]
    assert case["labels"]["7"] == ["", "rejected"] and "8" not in case["labels"]  # its rejection was undone
    assert case["added"] == ["lymphocyte"]


def test_counts_and_grades_are_the_same_by_the_rules_of_that_time(house: House, after: dict[str, Any]) -> None:
    expected = json.loads((house.var / "expected.json").read_text())
    section_of = {"wbc": "differential", "rbc": "red_cells"}
    for accession in ("FF-REVIEW", "FF-SIGNED", "FF-AMENDED"):
        old, new = expected[accession], after["cases"][accession]["counts"]
        assert new["revision"] == old["revision"] and new["rules"]["name"] == "blood-film"
        assert new["rules"]["version"] == "1" and new["must_see"] == old["must_see"]
        sections = {s["key"]: s for s in new["sections"]}
        for section in old["sections"]:
            there = sections[section_of[section["key"]]]
            assert there["n"] == section["n"]
            rows = {r["key"]: r for r in there["rows"]}
            for row in section["rows"]:
                if row["grade"] and row["grade"]["text"] == "-":
                    row["grade"]["text"] = NO_GRADE  # it was a hyphen then; what it means is the same
                for part in ("machine", "reviewed", "grade"):
                    assert rows[row["key"]][part] == row[part], (accession, row["key"])
    marrow = after["cases"]["FF-MARROW"]["counts"]
    old_n = sum(s["n"]["reviewed"] for s in expected["FF-MARROW"]["sections"])
    assert [(s["key"], s["n"]["reviewed"]) for s in marrow["sections"]] == [("marrow", old_n)]


def test_signed_reports_are_unchanged_byte_for_byte(after: dict[str, Any]) -> None:
    assert len(after["reports"]) == 2 and all(r["html"] and r["pdf"] for r in after["reports"].values())

"""What a signature binds, by hash, and whether it is still there as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.accounts import stores
from apps.analysis.models import Job
from apps.analysis.ownblobs import faults_of_frozen
from apps.audit.models import Record
from apps.cases.models import Case
from apps.reports.models import Report
from apps.review.models import Reading
from apps.review.state import events_of
from hemaview.assays import Rules
from hemaview.blobs import Blobs


@dataclass(frozen=True)
class Verdict:
    """What `verify` found of one report."""

    report: str
    """Accession and version."""
    differs: tuple[str, ...]
    """What is not as it was signed, each in a sentence; empty where everything holds."""
    notes: tuple[str, ...]
    """What could not be looked at, and why."""

    @property
    def ok(self) -> bool:
        return not self.differs


def labels_sha256(reading: Reading, revision: int) -> str:
    """Hash of a reading's events up to a revision and of the cells that they added, in canonical JSON."""
    events = [
        [
            e.revision, e.action, e.rows, e.added, e.label_key, e.undoes.revision if e.undoes else None, e.by.username,
            e.at.isoformat(), e.carried,
        ]
        for e in events_of(reading.pk, revision)
    ]  # fmt: skip
    ids = {key for e in events for key in e[3]}
    cells = [[str(c.pk), c.x, c.y, c.w, c.h] for c in reading.added_cells.order_by("pk") if str(c.pk) in ids]
    return _sha256([events, cells])


def verify(report: Report, model_files: bool = True) -> Verdict:
    """Hold a signed report against everything that it froze; no cache is asked. Without `model_files` those of models of one's
    own are not looked at."""
    evidence = report.document.get("evidence", [])
    differs = [
        *_document(report),
        *_files(report),
        *_record(report),
        *_case(report),
        *(line for piece in evidence for line in _analysis(report, piece)),
        *(_model_files(evidence) if model_files else ()),
    ]
    notes = []
    if not report.document.get("examinations"):
        notes.append("It was signed before labels, rules and classes were hashed: only what it froze then is compared.")
    if not report.pdf_sha256:
        notes.append("It was signed without a PDF.")
    return Verdict(str(report), tuple(differs), tuple(notes))


def _document(report: Report) -> Iterator[str]:
    canonical = json.dumps(report.document, sort_keys=True, separators=(",", ":"), default=str).encode()
    if hashlib.sha256(canonical).hexdigest() != report.sha256:
        yield "The content of the report in the database is not what was signed."
    signature = report.document.get("signature", {})
    if signature.get("meaning") != report.meaning or signature.get("version") != report.version:
        yield "The version or the meaning of the signature in the database is not what was signed."
    if signature.get("username") != report.signed_by.get_username():
        yield "The person in the database is not the one who signed."


def _files(report: Report) -> Iterator[str]:
    pairs = [("HTML", report.html_name, report.html_sha256)]
    if report.pdf_sha256:
        pairs.append(("PDF", report.pdf_name, report.pdf_sha256))
    for kind, name, sha256 in pairs:
        yield from _same(stores.reports(), name, sha256, f"The {kind} file of the report")


def _same(store: Blobs, name: str, sha256: str, what: str) -> Iterator[str]:
    try:
        with store.open(name) as stream:
            now = hashlib.file_digest(stream, "sha256").hexdigest()
        if now != sha256:
            yield f"{what} is not the one that was signed."
    except OSError:
        yield f"{what} is gone."


def _record(report: Report) -> Iterator[str]:
    """The audit record tells the same hashes: who changes row and files alike must change its chain, too."""
    line = Record.objects.filter(action="report.signed", object_id=str(report.pk)).first()
    if line is None:
        yield "The audit record has no line about this signature."
    elif [line.detail.get(k) for k in ("sha256", "html_sha256", "pdf_sha256")] != [
        report.sha256, report.html_sha256, report.pdf_sha256
    ]:  # fmt: skip
        yield "The hashes of the report are not those that the audit record tells."


def _case(report: Report) -> Iterator[str]:
    """While this version stands, the case is what it says."""
    case = report.case
    if case.state != Case.State.SIGNED or report.state != Report.State.SIGNED:
        return
    signed = report.document["case"]
    for name in ("accession", "pseudonym", "stain", "question", "conclusion", "comment"):
        if signed.get(name, "") != getattr(case, name):
            yield f"The {name} of the case is not what was signed."
    for name, blank in (("sex", ""), ("age_days", None)):
        if signed.get(name, blank) != getattr(case, name):
            yield f"The {name.replace('_', ' ')} of the case is not what was signed."
    if "analyser" in signed and signed["analyser"] != case.analyser:
        yield "The analyser's values of the case are not what was signed."


def _analysis(report: Report, piece: dict[str, Any]) -> Iterator[str]:
    job = Job.objects.select_related("slide").filter(pk=piece["job"]).first()
    if job is None:
        yield f"The analysis {piece['job']} is gone."
        return
    name = f"The analysis of {job.slide.name}"
    yield from _same(stores.results(), job.cells_name, piece["cells_sha256"], f"{name}: the cell file")
    if contours := piece.get("contours_sha256"):
        yield from _same(stores.results(), job.contours_name, contours, f"{name}: the file of outlines")
    if job.slide.sha256 != piece["slide_sha256"]:
        yield f"{name}: the slide is another one."
    if "rules_sha256" in piece and Rules(job.frozen["rules"]).sha256 != piece["rules_sha256"]:
        yield f"{name}: the counting rules are not those that were signed."
    if "classes_sha256" in piece and job.frozen["classes"]["classes_sha256"] != piece["classes_sha256"]:
        yield f"{name}: the classes are not those that were signed."
    if "models" in piece and job.frozen["models"] != piece["models"]:
        yield f"{name}: the models are not those that were signed."
    if piece.get("reading"):
        reading = Reading.objects.filter(pk=piece["reading"]).first()
        if reading is None or labels_sha256(reading, int(piece["label_revision"])) != piece["labels_sha256"]:
            yield f"{name}: the labels are not those that were signed."
    for row in piece.get("readings", ()):
        reading = Reading.objects.filter(pk=row["reading"]).first()
        if row["reading"] != piece["reading"] and (
            reading is None or labels_sha256(reading, int(row["label_revision"])) != row["labels_sha256"]
        ):
            yield f"{name}: the labels of the {row['role']} reading are not those that were signed."


def _model_files(evidence: list[dict[str, Any]]) -> Iterator[str]:
    """Weights that came with HemaView are held by the names and hashes that the job froze; those of one's own are files that
    the laboratory keeps, so they must be there as well."""
    frozen = Job.objects.filter(pk__in=[piece["job"] for piece in evidence]).values_list("frozen", flat=True)
    yield from dict.fromkeys(line for job in frozen for line in faults_of_frozen(job.get("models", [])))


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()

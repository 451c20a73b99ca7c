"""What must hold after two writes met, whichever of them came first."""

from __future__ import annotations

from typing import Any

from guardian.shortcuts import get_user_perms

from apps.accounts import stores
from apps.analysis.models import Job, ReportedAnalysis
from apps.analysis.selectors import reported_jobs
from apps.audit.models import Record
from apps.cases.models import Case
from apps.reports.models import Report
from apps.review.models import CellNote, HbfMark, LabelEvent, Reading
from apps.review.state import label_revision
from apps.slides.models import Slide, Upload
from tests.races.arena import ERYTHROBLAST, Arena
from tests.races.houseinvariants import house_broken
from tests.races.write import Write

_CONTENT = {
    "case.comment", "case.conclusion", "case.reader",
    "label.relabel", "label.reject", "label.add", "label.undo", "label.settled", "candidate.hbf", "cell.teach",
    "cell.note-removed", "cell.note-restored", "job.done", "job.requested", "job.retry", "job.failed", "job.cancel",
    "slide.received", "slide.mpp", "slide.colour", "slide.deleted",
    "slide.removed", "case.deleted",
    "slide.specimen", "slide.renamed", "job.chosen", "annotation.added", "cell.commented",
    "reading.ordered",
}  # fmt: skip


def broken(
    arena: Arena, pair: tuple[Write, Write], outcomes: list[str | None], before: Case, lines: list[Record]
) -> list[str]:
    """Each invariant that does not hold, in words."""
    faults = [
        *(f"{w.name} ended in a fault: {o[1:]}" for w, o in zip(pair, outcomes, strict=True) if o and o[0] == "!"),
        *_lines(pair, outcomes, lines),
        *_gone(arena, lines),
    ]
    case = Case.objects.select_related("reader").filter(pk=arena.case_pk).first()
    if case is None:
        return [*faults, *house_broken(arena, lines)]
    return [
        *faults,
        *_values(before, case, lines),
        *_signature(arena, case, lines),
        *_labels(arena),
        *_cells(arena, lines),
        *_rest(arena, case, lines),
        *house_broken(arena, lines),
    ]


def _lines(pair: tuple[Write, Write], outcomes: list[str | None], lines: list[Record]) -> list[str]:
    """What was done has one line each, and what was refused none."""
    n_of_action: dict[str, int] = {}
    for write, outcome in zip(pair, outcomes, strict=True):
        n_of_action[write.line] = n_of_action.get(write.line, 0) + (write.lines if outcome is None else 0)
    n_of_action.pop("", None)
    # Two who restrict a case, or choose the same analysis, at once: the second changes nothing and leaves no line. The same
    # where one switches a net on, and another one off that is off by then.
    same = all(w.idempotent for w in pair) or {w.name for w in pair} == {"net on", "net off"}
    broken = []
    for action, n in n_of_action.items():
        # Labels that a choice of another analysis carried over have lines of their own.
        # Who keeps a case to named people, and is none of them, is named first, by a line of their own rights.
        there = sum(
            line.action == action
            and line.detail.get("carried") is not True
            and not (action == "case.rights" and line.detail.get("person") == line.actor)
            for line in lines
        )
        idle = sum(w.line == action and w.idle and o is None for w, o in zip(pair, outcomes, strict=True))
        if not n - idle <= there <= n and not (same and n == 2 and there == 1):
            broken.append(f"{n} × {action} was done, {there} lines tell of it")
    return broken


def _gone(arena: Arena, lines: list[Record]) -> list[str]:
    """What was removed is gone whole, with its files, and nothing was written about it afterwards."""
    removed = [line for line in lines if line.action == "slide.removed"]
    deleted = [line for line in lines if line.action == "case.deleted"]
    broken = []
    if Case.objects.filter(pk=arena.case_pk).exists() != (not deleted):
        broken.append(f"{len(deleted)} lines tell of the end of the case")
    for ends, left in ((removed, Slide.objects.filter(pk=arena.film_slide.pk)), (deleted, Slide.objects.all())):
        if ends and left.exists():
            broken.append(f"slides are left after {ends[0].action}")
        if ends and (
            late := [line.action for line in lines if line.pk > ends[-1].pk and _about(line, ends[-1], arena)]
        ):
            broken.append(f"{late} after {ends[0].action}")
    if removed or deleted:
        left_files = [f for f in (arena.film_slide.folder, arena.job.folder, arena.rival.folder) if f.exists()]
        broken += [f"{files} is left of what was removed" for files in left_files]
    elif not (arena.film_slide.folder.exists() and arena.job.cells_file.exists()):
        broken.append("files are gone of what stands")
    return broken


def _about(line: Record, end: Record, arena: Arena) -> bool:
    """Whether a line tells of something that `end` took away."""
    if end.action == "case.deleted":
        return line.accession == end.accession
    return line.object_id in {end.object_id, *end.detail["jobs"]}


def _values(before: Case, case: Case, lines: list[Record]) -> list[str]:
    """Each line's old value is the line's before it, and the last new one is what stands: nothing was lost."""
    now: dict[str, Any] = {
        n: getattr(before, n) for n in ("pseudonym", "stain", "question", "restricted", "comment", "conclusion")
    }
    now |= {"state": before.state, "reader": before.reader.username if before.reader else ""}
    broken = []
    for line in lines:
        if line.action == "case.changed":
            old, new = line.detail["before"], line.detail["after"]
        elif line.action in ("case.comment", "case.conclusion", "case.state", "case.reader"):
            name = line.action.removeprefix("case.")
            old = {name: line.detail["before"]}
            new = {name: line.detail["reader" if name == "reader" else "after"]}
        else:
            continue
        broken += [f"{line.action}: {k} was {now[k]!r}, the line says {v!r}" for k, v in old.items() if now[k] != v]
        now |= new
    there = {n: getattr(case, n) for n in now if n != "reader"}
    there["reader"] = case.reader.username if case.reader else ""
    return broken + [f"{k} is {there[k]!r}, the lines end at {v!r}" for k, v in now.items() if there[k] != v]


def _signature(arena: Arena, case: Case, lines: list[Record]) -> list[str]:
    broken = []
    if case.signing_key:
        broken.append("the case is still marked as being signed")
    signed = list(Report.objects.filter(case=case, state=Report.State.SIGNED))
    if len(signed) > 1:
        broken.append(f"{len(signed)} signed versions at a time")
    under = bool(case.reports.exists()) and not any(line.action == "report.signed" for line in lines)
    for line in lines:
        if line.action == "report.signed":
            under = True
        elif line.action == "report.amended":
            under = False
        facts = line.action == "case.changed" and set(line.detail["after"]) != {"restricted"}
        if under and (line.action in _CONTENT or facts):
            broken.append(f"{line.action} under a signature")
    if case.state != Case.State.SIGNED:
        return broken
    if not signed:
        return [*broken, "the case is signed without a signed report"]
    content = signed[0].document
    facts = {n: getattr(case, n) for n in ("accession", "pseudonym", "stain", "question", "comment")}
    broken += [
        f"{k} was signed as {content['case'][k]!r} and is {v!r}" for k, v in facts.items() if content["case"][k] != v
    ]
    there = {str(j.pk): (label_revision(j), j.cells_sha256) for j in reported_jobs(case)}
    frozen = {e["job"]: (e["label_revision"], e["cells_sha256"]) for e in content["evidence"]}
    if there != frozen:
        broken.append(f"signed on {frozen}, there are {there}")
    if Job.objects.filter(slide__case=case, state__in=Job.ACTIVE).exists():
        broken.append("an analysis runs under a signature")
    if Slide.objects.filter(case=case, status=Slide.Status.IMPORTING).exists():
        broken.append("a slide comes in under a signature")
    if not stores.reports().exists(signed[0].html_name):
        broken.append("the report's file is not there")
    return broken


def _labels(arena: Arena) -> list[str]:
    broken = []
    for reading in Reading.objects.all():
        there = list(LabelEvent.objects.filter(reading=reading).order_by("revision").values_list("revision", flat=True))
        if there != list(range(1, reading.revision + 1)):
            broken.append(f"label events {there} at revision {reading.revision}")
    return broken


def _cells(arena: Arena, lines: list[Record]) -> list[str]:
    """HbF is said of confirmed candidates, each line names the one before; a cell is marked once to teach with."""
    broken = []
    hbf: dict[tuple[str, str], str] = {}
    excluded: set[str] = set()
    for line in lines:
        if line.action == "label.reject" and ERYTHROBLAST in line.detail["first_rows"]:
            excluded.add(line.object_id)
        elif line.action == "candidate.hbf":
            key = (line.object_id, line.detail["reading"])
            if line.detail["before"] != hbf.get(key, ""):
                broken.append(f"HbF was {hbf.get(key, '')!r}, the line says {line.detail['before']!r}")
            if line.object_id in excluded:
                broken.append("HbF was said of a cell that was excluded")
            hbf[key] = line.detail["state"]
    there = [m.state for m in HbfMark.objects.order_by("at", "pk")]
    said = [line.detail["state"] for line in lines if line.action == "candidate.hbf"]
    if there != ([] if any(line.action == "slide.removed" for line in lines) else said):
        broken.append(f"HbF marks {there}, the lines say otherwise")
    marks = CellNote.objects.filter(kind=CellNote.Kind.TEACH, removed_at__isnull=True).count()
    if marks > 1:
        broken.append(f"{marks} marks to teach with on one cell")
    reported_id = str(arena.job.pk)
    for line in lines:
        if line.action == "job.chosen":
            if line.detail["before"] != reported_id:
                broken.append(f"{reported_id} was reported, the line says {line.detail['before']}")
            reported_id = line.object_id
    row = ReportedAnalysis.objects.filter(slide=arena.film_slide.pk).first()
    reported = str(row.job_id) if row else ""
    if reported != reported_id and not any(line.action == "slide.removed" for line in lines):
        broken.append(f"{reported} is reported, the lines end at {reported_id}")
    return broken


def _rest(arena: Arena, case: Case, lines: list[Record]) -> list[str]:
    broken = []
    details = [line.detail for line in lines if line.action == "case.rights" and "person" in line.detail]
    last = {detail["person"]: set(detail["rights"]) for detail in details}
    for person in arena.people.values():
        rights = {name.removesuffix("_case") for name in get_user_perms(person, case)}
        if person.username in last and rights != last[person.username]:
            broken.append(f"{person} is named for {sorted(rights)}, the lines end at {sorted(last[person.username])}")
    active = Job.objects.filter(slide__case=case, state__in=Job.ACTIVE).exists()
    if active != (case.state == Case.State.ANALYSING) and case.state != Case.State.AMENDED:
        broken.append(f"the case is {case.state}, an analysis {'runs' if active else 'does not run'}")
    broken += [f"upload {u.name} has no file" for u in Upload.objects.all() if not u.file.exists()]
    return broken

"""A second reading of a case: ordered, closed, brought together with the first in a consensus, and what it leaves to decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.accounts.models import User
from apps.analysis.cellfiles import schema_of
from apps.analysis.locks import hold_job
from apps.analysis.models import Job
from apps.analysis.selectors import reported_jobs
from apps.audit.services import record
from apps.cases.locks import hold_open
from apps.cases.models import Case
from apps.cases.selectors import require, rights_of
from apps.cases.services import touch
from apps.review.differences import REJECTED_KEY, Pair, first_readers, may_not_decide, pair_of
from apps.review.events import append, locked_reading
from apps.review.models import AddedCell, HbfMark, LabelEvent, Reading
from apps.review.state import CONFIRMED, REJECTED, Label, blind_readings, is_second_of


def read_blind_by(user: Any) -> list[int]:
    """Keys of the cases that this person reads second, blind, at the moment."""
    return list(blind_readings(user).values_list("job__slide__case_id", flat=True).distinct())


def order_second_reading(user: Any, case: Case, reader: User, blind: bool) -> None:
    """Ask a person to read the reported analyses of a case once more, from the machine's cells on.

    Blind: until the reading is closed they see nothing of the first, nor anybody anything of theirs. Raises Refusal where they
    may not review the case or have read it already, Conflict where it is read twice already.
    """
    require(user, case, "review")
    with transaction.atomic():
        case, jobs = _locked_case(case)
        if Reading.objects.filter(job__in=jobs, role=Reading.Role.SECOND).exists():
            raise Conflict(gettext("This case already has a second reading."), code="second-reading")
        if "review" not in rights_of(reader, case):
            raise Refusal(
                gettext("{display_name} may not review this case.").format(display_name=reader.display_name),
                code="not-a-reader",
            )
        if any(reader.pk in readers for readers in first_readers(jobs).values()):
            raise Refusal(
                gettext(
                    "{display_name} has already read cells of this case; choose somebody else as second reader."
                ).format(display_name=reader.display_name),
                code="first-reader",
            )
        for job in jobs:
            Reading.objects.get_or_create(job=job, role=Reading.Role.FIRST)
            Reading.objects.create(job=job, role=Reading.Role.SECOND, reader=reader, blind=blind)
        touch(case)
        record(
            user, "reading.ordered", "case", case.pk, accession=case.accession, reader=reader.username, blind=blind,
            jobs=[str(j.pk) for j in jobs],
        )  # fmt: skip


def withdraw_second_reading(user: Any, case: Case) -> None:
    """Take back a second reading on which nobody has worked yet."""
    require(user, case, "review")
    with transaction.atomic():
        case, jobs = _locked_case(case)
        readings = _second_of(jobs)
        if any(r.revision for r in readings):
            raise Conflict(
                gettext("The second reading has begun and can no longer be withdrawn; its reader must close it."),
                code="second-reading-begun",
            )
        touch(case)
        record(
            user, "reading.withdrawn", "case", case.pk, accession=case.accession,
            reader=readings[0].reader.username if readings[0].reader else "",
        )  # fmt: skip
        Reading.objects.filter(pk__in=[r.pk for r in readings]).delete()


def close_second_reading(user: Any, case: Case) -> int:
    """End both readings and open the consensus: on what they agree stands, the rest waits; how many cells that is.

    Its reader closes it, or somebody who signs.
    """
    require(user, case, "review")
    with transaction.atomic():
        case, jobs = _locked_case(case)
        readings = _second_of(jobs)
        if not all(is_second_of(user, r) for r in readings) and "sign" not in rights_of(user, case):
            raise Forbidden(gettext("Only its reader, or somebody who may sign, can close a second reading."))
        if not any(r.revision for r in readings):
            raise Conflict(
                gettext("Its reader has not read a cell yet; withdraw the second reading if it is not wanted."),
                code="second-reading-empty",
            )
        waiting = 0
        for reading in readings:
            job = next(j for j in jobs if j.pk == reading.job_id)
            pair = pair_of(job)
            assert pair is not None
            Reading.objects.filter(job=job).update(state=Reading.State.CLOSED)
            consensus = Reading.objects.create(job=job, role=Reading.Role.CONSENSUS)
            _agree(consensus, pair)
            _carry_hbf(consensus)
            waiting += len(pair.differences)
        touch(case)
        record(
            user, "reading.closed", "case", case.pk, accession=case.accession,
            reader=readings[0].reader.username if readings[0].reader else "", differences=waiting,
        )  # fmt: skip
    return waiting


def decide(user: Any, job: Job, row: int | None, added: str, label_key: str) -> LabelEvent:
    """Say what a cell is on which two readers differ: a class by its key, or `rejected`. The event tells who decided.

    Raises Forbidden where the person read the cells first (`may_not_decide`).
    """
    require(user, job.slide.case, "review")
    with transaction.atomic():
        job.slide.case = hold_job(job).slide.case
        reading = locked_reading(user, job)
        if reading.role != Reading.Role.CONSENSUS:
            raise Conflict(
                gettext("The second reading is not closed; there is nothing to decide yet."), code="no-consensus"
            )
        if label_key != REJECTED_KEY and label_key not in schema_of(job).by_key:
            raise Refusal(
                gettext("There is no class {label_key} in this analysis.").format(label_key=label_key),
                code="unknown-class",
            )
        if why := may_not_decide(user, job):
            raise Forbidden(why, code="own-reading")
        pair = pair_of(job)
        difference = pair and next((d for d in pair.differences if d.row == row and d.added == (added or "")), None)
        if not difference:
            raise Missing(gettext("The two readers do not differ on this cell."))
        if difference.row is not None:
            rejected = label_key == REJECTED_KEY
            action = LabelEvent.Action.REJECT if rejected else LabelEvent.Action.RELABEL
            return append(user, reading, job, action, [difference.row], [], "" if rejected else label_key)
        cell = _added_at(reading, difference.x, difference.y)
        if cell is None:
            cell = AddedCell.objects.create(
                reading=reading,
                x=difference.x,
                y=difference.y,
                w=difference.w,
                h=difference.h,
                by=user,
                at=timezone.now(),
            )
            first_key = label_key if label_key != REJECTED_KEY else difference.key
            event = append(user, reading, job, LabelEvent.Action.ADD, [], [str(cell.pk)], first_key)
            if label_key != REJECTED_KEY:
                return event
        action = LabelEvent.Action.REJECT if label_key == REJECTED_KEY else LabelEvent.Action.RELABEL
        key = "" if label_key == REJECTED_KEY else label_key
        return append(user, reading, job, action, [], [str(cell.pk)], key)


def _locked_case(case: Case) -> tuple[Case, list[Job]]:
    """The case as it is now, locked and open, and its reported analyses; raises Conflict where there are none."""
    case = hold_open(case)
    jobs = reported_jobs(case)
    if not jobs:
        raise Conflict(
            gettext("No slide of this case has been analysed; there is nothing to read."), code="nothing-counted"
        )
    return case, jobs


def _second_of(jobs: Sequence[Job]) -> list[Reading]:
    """The open second readings of the jobs, locked; raises Conflict where there is none."""
    readings = list(
        Reading.objects.select_for_update(no_key=True)
        .filter(job__in=jobs, role=Reading.Role.SECOND, state=Reading.State.OPEN)
        .order_by("pk")
    )
    if not readings:
        raise Conflict(gettext("This case has no open second reading."), code="no-second-reading")
    return readings


def _added_at(reading: Reading, x: float, y: float) -> AddedCell | None:
    return reading.added_cells.filter(x=x, y=y).first()


def _agree(consensus: Reading, pair: Pair) -> None:
    """Write into the consensus on what both readers, or the only one who looked and the machine, agree."""
    people = {user.pk: user for user in User.objects.filter(pk__in={label.by_id for _, label in pair.agreed_rows})}
    people |= {user.pk: user for user in User.objects.filter(pk__in={label.by_id for _, label in pair.agreed_added})}
    acts: dict[tuple[LabelEvent.Action, str, int], list[int]] = {}
    for row, label in pair.agreed_rows:
        acts.setdefault((*_act(label), label.by_id), []).append(row)
    for (action, key, by), rows in acts.items():
        append(people[by], consensus, pair.job, action, sorted(rows), [], key, carried=True)
    for cell, label in pair.agreed_added:
        added_cell = AddedCell.objects.create(
            reading=consensus, x=cell.x, y=cell.y, w=cell.w, h=cell.h, by=cell.by, at=timezone.now()
        )
        append(
            people[label.by_id],
            consensus,
            pair.job,
            LabelEvent.Action.ADD,
            [],
            [str(added_cell.pk)],
            label.key,
            carried=True,
        )


def _act(label: Label) -> tuple[LabelEvent.Action, str]:
    if label.state == REJECTED:
        return LabelEvent.Action.REJECT, ""
    if label.state == CONFIRMED and not label.key:
        return LabelEvent.Action.CONFIRM, ""
    return LabelEvent.Action.RELABEL, label.key


def _carry_hbf(consensus: Reading) -> None:
    """Take along what both readers, or the one who said anything, say of a cell's HbF; where they differ it is open again."""
    by_cell: dict[tuple[int | None, Any], dict[str, HbfMark]] = {}
    marks = (
        HbfMark.objects.filter(reading__job=consensus.job_id).exclude(reading=consensus).select_related("by", "added")
    )
    for mark in marks.order_by("at", "id"):
        place = (mark.added.x, mark.added.y) if mark.added else None
        by_cell.setdefault((mark.row, place), {})[str(mark.reading_id)] = mark
    for (row, place), by_reading in by_cell.items():
        newest = list(by_reading.values())
        if len({mark.state for mark in newest}) != 1:
            continue
        added = _added_at(consensus, *place) if place else None
        if row is None and added is None:
            continue
        HbfMark.objects.create(
            reading=consensus, row=row, added=added, state=newest[0].state, by=newest[0].by, at=timezone.now()
        )

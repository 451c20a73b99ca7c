"""Which of several analyses of a slide is reported, and what becomes of people's labels when that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from apps.accounts.errors import Conflict, Missing, Refusal
from apps.accounts.models import User
from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.locks import hold_job
from apps.analysis.models import Job, ReportedAnalysis
from apps.audit.services import record
from apps.cases.selectors import require
from apps.review.differences import open_differences
from apps.review.events import append, locked_reading
from apps.review.matching import boxes_of, partners
from apps.review.models import AddedCell, CarriedLabel, LabelEvent, Reading
from apps.review.state import REJECTED, Label, Labels, added_cells, is_second_of, labels_of, read_by, reads_blind
from hemaview.cells.schema import Schema


@dataclass(frozen=True)
class Carried:
    """What became of the labels of an earlier analysis."""

    labels: int
    """Labels that the earlier analysis had."""
    carried: int
    """Those that stand on the new cells."""
    to_look_at: int
    """Those that a person must decide on."""

    @property
    def own(self) -> int:
        """Those whose cells people have labelled in the new analysis itself, or decided on already."""
        return self.labels - self.carried - self.to_look_at


def labels_at_stake(job: Job, user: Any = None) -> int:
    """How many labels the reported analysis of this job's slide and assay has, as this person reads it; 0 where this job is the
    reported one."""
    reported = ReportedAnalysis.objects.filter(slide_id=job.slide_id, assay=job.assay).select_related("job").first()
    if reported is None or reported.job_id == job.pk:
        return 0
    labels = labels_of(read_by(user, reported.job) if user else reported.job)
    return len(labels.rows) + len(labels.added)


def choose(user: Any, job: Job) -> Carried:
    """Make this job the reported one of its slide and assay; labels of the one before are carried over by place.

    Where people have labelled a cell of this job themselves, their label stands; the job before keeps its own labels.
    """
    require(user, job.slide.case, "review")
    with transaction.atomic():
        job = hold_job(job)
        case = job.slide.case
        if not job.reviewable:
            raise Conflict(
                gettext("This analysis has no finished cells that could be reported."), code="job-unfinished"
            )
        now = timezone.now()
        row, is_new = ReportedAnalysis.objects.select_for_update().get_or_create(
            slide_id=job.slide_id, assay=job.assay, defaults={"job": job, "chosen_by": user, "chosen_at": now}
        )
        before = None if is_new else row.job
        if before is not None and before.pk == job.pk:
            return Carried(0, 0, 0)
        carried = Carried(0, 0, 0)
        if before is not None and before.readings.filter(role=Reading.Role.SECOND, state=Reading.State.OPEN).exists():
            raise Conflict(
                gettext(
                    "A second reading of the reported analysis is open; close or withdraw it before another one is reported."
                ),
                code="second-reading-open",
            )
        if before is not None and (n := open_differences(before)):
            raise Conflict(
                ngettext(
                    "{n} cell of the reported analysis waits for a decision between its two readers; decide before another "
                    "analysis is reported.",
                    "{n} cells of the reported analysis wait for a decision between its two readers; decide before another "
                    "analysis is reported.",
                    n,
                ).format(n=n),
                code="differences-open",
            )
        if before is not None:
            before.slide = job.slide
            carried = _carry(user, before, job)
            row.job, row.chosen_by, row.chosen_at = job, user, now
            row.save(update_fields=["job", "chosen_by", "chosen_at"])
        record(
            user, "job.chosen", "job", job.pk, accession=case.accession, assay=job.assay,
            before=str(before.pk) if before else "", labels=carried.labels, carried=carried.carried,
            to_look_at=carried.to_look_at, labelled_already=carried.own,
        )  # fmt: skip
    return carried


def settle(user: Any, job: Job, label_id: Any, keep: bool) -> None:
    """Decide on a label that could not simply be carried over: keep it, on its cell or as an added one, or drop it.

    Raises Conflict where the person reads the case second (the label is the first reading's, and would go into theirs), and where
    it would be kept over what people have said of its cell or place in this analysis meanwhile.
    """
    require(user, job.slide.case, "review")
    with transaction.atomic():
        job.slide.case = case = hold_job(job).slide.case
        if any(is_second_of(user, reading) for reading in Reading.objects.filter(job=job)):
            raise Conflict(
                gettext(
                    "You are reading this case second: labels of an earlier analysis are decided on by its first reader."
                ),
                code="second-reading",
            )
        waiting = CarriedLabel.objects.select_for_update().filter(pk=label_id, reading__job=job).first()
        if waiting is None:
            raise Missing(gettext("There is no such label of an earlier analysis."))
        if waiting.settled_at is not None:
            raise Conflict(gettext("Somebody has already decided on this label."), code="settled")
        if keep:
            _keep(user, locked_reading(user, job), job, waiting)
        waiting.settled_by, waiting.settled_at = user, timezone.now()
        waiting.save(update_fields=["settled_by", "settled_at"])
        record(
            user, "label.settled", "job", job.pk, accession=case.accession, keep=keep, why=waiting.why,
            label=waiting.label_key or waiting.state, x=round(waiting.x), y=round(waiting.y),
        )  # fmt: skip


def waiting_labels(job: Job) -> Sequence[CarriedLabel]:
    """The labels of an earlier analysis on which nobody has decided."""
    return list(CarriedLabel.objects.filter(reading__job=job, settled_at__isnull=True).select_related("by"))


def waiting_labels_for(user: Any, job: Job) -> Sequence[CarriedLabel]:
    """The same; none for who reads the job second, blind, before that is closed."""
    return [] if reads_blind(user, job.slide.case_id) else waiting_labels(job)


def _keep(user: Any, reading: Reading, job: Job, waiting: CarriedLabel) -> None:
    schema = schema_of(job)
    if waiting.row is not None:
        rejected = waiting.state == REJECTED
        action = LabelEvent.Action.REJECT if rejected else LabelEvent.Action.RELABEL
        key = "" if rejected else waiting.label_key or waiting.machine_before
        if key and key not in schema.by_key:
            raise Refusal(
                gettext("The classes of this analysis have no {key}; drop the label.").format(key=key),
                code="unknown-class",
            )
        if not _is_said(labels_of(job, reading).rows.get(waiting.row), key, waiting.machine_now, schema):
            append(user, reading, job, action, [waiting.row], [], key, carried=True)
        return
    if waiting.state == REJECTED:
        return  # there is nothing to reject any more
    key = waiting.label_key or waiting.machine_before
    if key not in schema.by_key:
        raise Refusal(
            gettext("The classes of this analysis have no {key}; drop the label.").format(key=key), code="unknown-class"
        )
    if _is_added(reading, job, waiting, key):
        return
    cell = AddedCell.objects.create(
        reading=reading, x=waiting.x, y=waiting.y, w=waiting.w, h=waiting.h, by=user, at=timezone.now()
    )
    append(user, reading, job, LabelEvent.Action.ADD, [], [str(cell.pk)], key, carried=True)


def _is_said(now: Label | None, key: str, machine_now: str, schema: Schema) -> bool:
    """Whether what people say of the label's cell in this analysis (`now`) is what the label says; Conflict where they have said
    something else. `key`: the label's class, "" where it rejects the cell."""
    if now is None or now.carried:
        return False
    key_now = "" if now.state == REJECTED else now.key or machine_now
    if key_now == key:
        return True
    raise Conflict(
        gettext("{by} has rejected this cell in this analysis meanwhile; that stands, so drop the label.").format(
            by=now.by
        )
        if not key_now
        else gettext(
            "{by} has called this cell {name} in this analysis meanwhile; that stands, so drop the label, or rename the cell."
        ).format(by=now.by, name=schema.by_key[key_now].name.lower()),
        code="labelled-here",
    )


def _is_added(reading: Reading, job: Job, waiting: CarriedLabel, key: str) -> bool:
    """Whether a cell of the class has been added at the label's place in this analysis; Conflict where one of another class
    has."""
    there = [(c, label) for c, label in added_cells(job, labels_of(job, reading)) if label.state != REJECTED]
    mate = int(partners(np.array([(waiting.x, waiting.y, waiting.w, waiting.h)], np.float64), _boxes(there))[0])
    if mate < 0:
        return False
    now = there[mate][1]
    if now.key == key:
        return True
    raise Conflict(
        gettext(
            "{by} has added a cell here as {name} meanwhile; it stands, so drop the label, or rename the cell."
        ).format(by=now.by, name=schema_of(job).by_key[now.key].name.lower()),
        code="labelled-here",
    )


@dataclass
class _Over:
    """Labels on their way from the cells of one analysis to those of another."""

    before: Job
    """The analysis that they come from."""
    job: Job
    """The analysis that they go to."""
    reading: Reading
    """Of the new analysis, locked."""
    labels: Labels
    """Of the analysis before."""
    people: dict[int, User]
    """Who gave them, by key."""
    new_labels: Labels
    """What the new analysis has already."""
    added_there: list[tuple[AddedCell, Label]]
    """The cells that people added to it."""
    already_listed: set[tuple[str, str, float, float]]
    """Labels that wait or waited for a decision there, by class, state and place."""
    waiting: list[CarriedLabel] = field(default_factory=list)
    """Those that a person must decide on, not written yet."""
    own: int = 0
    """Those whose cells are labelled there, or decided on."""

    def is_own(self, label: Label | None) -> bool:
        """Whether people said it in the new analysis; what two readers agree on stands as carried in their consensus."""
        return label is not None and (not label.carried or self.reading.role != Reading.Role.FIRST)

    def ask(self, waiting: CarriedLabel) -> None:
        """Have a person decide on a label, once."""
        if (waiting.label_key, waiting.state, waiting.x, waiting.y) in self.already_listed:
            self.own += 1
        else:
            self.waiting.append(waiting)

    def append(self, by: int, action: LabelEvent.Action, rows: list[int], added: list[str], key: str) -> None:
        append(self.people[by], self.reading, self.job, action, rows, added, key, carried=True)


def _carry(user: Any, before: Job, job: Job) -> Carried:
    """Carry the labels of one analysis over to the cells of another, inside the caller's transaction."""
    labels = labels_of(before)
    total = len(labels.rows) + len(labels.added)
    if not total:
        return Carried(0, 0, 0)
    reading = locked_reading(user, job)
    reading.carried_from = before
    reading.save(update_fields=["carried_from"])
    people = {user.pk: user for user in User.objects.filter(pk__in={label.by_id for label in _every(labels)})}
    new_labels = labels_of(job, reading)
    already_listed = set(reading.carried_labels.values_list("label_key", "state", "x", "y"))
    over = _Over(before, job, reading, labels, people, new_labels, list(added_cells(job, new_labels)), already_listed)
    _carry_rows(over)
    _carry_added(over)
    CarriedLabel.objects.bulk_create(over.waiting)
    return Carried(total, total - len(over.waiting) - over.own, len(over.waiting))


def _every(labels: Labels) -> list[Label]:
    return [*labels.rows.values(), *labels.added.values()]


def _boxes(cells: Sequence[tuple[AddedCell, Label]]) -> Any:
    return np.array([(c.x, c.y, c.w, c.h) for c, _ in cells], np.float64).reshape(-1, 4)


def _carry_rows(over: _Over) -> None:
    """Carry what was said of the machine's cells; what finds no partner, or whose machine class changed, waits."""
    old, new = cells_of(over.before), cells_of(over.job)
    known_old, known_new = schema_of(over.before), schema_of(over.job)
    rows = np.array(sorted(over.labels.rows), np.int64)
    boxes = boxes_of(old)[rows]
    partner, added_partner = partners(boxes, boxes_of(new)), partners(boxes, _boxes(over.added_there))
    acts: dict[tuple[LabelEvent.Action, str, int], list[int]] = {}
    cleared: dict[int, list[int]] = {}
    for row, mate, added_mate in zip(rows.tolist(), partner.tolist(), added_partner.tolist(), strict=True):
        label, now = over.labels.rows[row], over.new_labels.rows.get(mate)
        if over.is_own(now) or (mate < 0 and added_mate >= 0):
            over.own += 1
            continue
        if now is not None and (now.key, now.state, now.by_id) == (label.key, label.state, label.by_id):
            continue  # it was carried over before
        machine_before = known_old.classes[int(old.cls[row])].key
        machine_now = known_new.classes[int(new.cls[mate])].key if mate >= 0 else ""
        unknown = bool(label.key) and label.key not in known_new.by_key
        if mate < 0 or machine_now != machine_before or unknown:
            over.ask(
                CarriedLabel(
                    reading=over.reading,
                    why=CarriedLabel.Why.NO_PARTNER if mate < 0 else CarriedLabel.Why.RENAMED,
                    row=mate if mate >= 0 else None,
                    x=float(old.x[row]), y=float(old.y[row]), w=float(old.w[row]), h=float(old.h[row]),
                    label_key=label.key, state=label.state, machine_before=machine_before, machine_now=machine_now,
                    by=over.people[label.by_id],
                )
            )  # fmt: skip
            continue
        action = (
            LabelEvent.Action.REJECT
            if label.state == REJECTED
            else LabelEvent.Action.RELABEL
            if label.key
            else LabelEvent.Action.CONFIRM
        )
        if now is not None and now.key and action == LabelEvent.Action.CONFIRM:
            cleared.setdefault(label.by_id, []).append(mate)  # else it would confirm what was carried over before
        acts.setdefault((action, label.key, label.by_id), []).append(mate)
    for by, mates in cleared.items():
        over.append(by, LabelEvent.Action.CLEAR, sorted(mates), [], "")
    for (act, key, by), mates in acts.items():
        over.append(by, act, sorted(mates), [], key)


def _carry_added(over: _Over) -> None:
    """Carry the cells that people added: one that the machine finds now, of the same class, is theirs; one
    that it calls otherwise waits; any other is added again."""
    every = added_cells(over.before, over.labels)
    standing = [(cell, label) for cell, label in every if label.state != REJECTED]
    if not standing:
        return
    schema, new = schema_of(over.job), cells_of(over.job)
    rows_with_label = set(labels_of(over.job, over.reading).rows)
    partner = partners(_boxes(standing), boxes_of(new))
    added_partner = partners(_boxes(standing), _boxes(over.added_there))
    for (cell, label), mate, added_mate in zip(standing, partner.tolist(), added_partner.tolist(), strict=True):
        now = over.new_labels.rows.get(mate)
        again = over.added_there[added_mate] if added_mate >= 0 else None
        if over.is_own(now) or (again and over.is_own(again[1])):
            over.own += 1
            continue
        # What the machine calls otherwise than the person who added it did is for a person to decide.
        machine_now = schema.classes[int(new.cls[mate])].key if mate >= 0 else ""
        renamed = mate >= 0 and machine_now != label.key
        if again:
            if (again[1].key, again[1].state) != (label.key, label.state) and label.key in schema.by_key:
                over.append(label.by_id, LabelEvent.Action.RELABEL, [], [str(again[0].pk)], label.key)
        elif now is not None and (now.key, now.by_id) == (label.key, label.by_id):
            continue  # it was carried over before
        elif label.key not in schema.by_key or mate in rows_with_label or renamed:
            over.ask(
                CarriedLabel(
                    reading=over.reading, why=CarriedLabel.Why.RENAMED if mate >= 0 else CarriedLabel.Why.NO_PARTNER,
                    row=mate if mate >= 0 else None, x=cell.x, y=cell.y, w=cell.w, h=cell.h, label_key=label.key,
                    state=label.state, machine_now=machine_now, by=over.people[label.by_id],
                )
            )  # fmt: skip
        elif mate >= 0:
            over.append(label.by_id, LabelEvent.Action.RELABEL, [mate], [], label.key)
        else:
            fresh = AddedCell.objects.create(
                reading=over.reading, x=cell.x, y=cell.y, w=cell.w, h=cell.h, by=cell.by, at=timezone.now()
            )
            over.append(label.by_id, LabelEvent.Action.ADD, [], [str(fresh.pk)], label.key)

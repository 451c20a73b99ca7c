"""Writes of the review: append-only events, with conflicts shown instead of lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis.cellfiles import cells_of, regions, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import assay_title
from apps.cases.selectors import require
from apps.review.differences import may_not_decide, pair_of
from apps.review.events import append, locked_job
from apps.review.models import AddedCell, LabelEvent, Reading
from apps.review.selectors import index_of, last_event_of, last_undone_of, row_json
from apps.review.state import Label, Labels, labels_of
from hemaview.cells.schema import Schema
from hemaview.counting.words import number_of
from hemaview.pipeline.sharedplaces import counts_at
from hemaview.words import all_of

MOST_CELLS = 20_000
ACTIONS = (
    LabelEvent.Action.RELABEL,
    LabelEvent.Action.CONFIRM,
    LabelEvent.Action.REJECT,
    LabelEvent.Action.CLEAR,
)


def label_cells(
    user: Any,
    job: Job,
    action: str,
    rows: list[int],
    added: list[str],
    label: int | str | None,
    base_revision: int,
    force: bool = False,
    shown_class: int | str | None = None,
) -> LabelEvent:
    """Append one event on the given cells; `label` is a class of the job by its index or its key.

    `shown_class` is the class, by index or key, under which several cells that are confirmed were on screen together. Raises
    Conflict with the other person's labels where somebody else touched one of these cells after `base_revision` (nothing
    is written), unless `force` says that this person has seen them; and where one of them is not what they were shown as.
    """
    require(user, job.slide.case, "review")
    if action not in ACTIONS:
        raise Refusal(
            gettext("{action} is not an action; there are: {actions}.").format(action=action, actions=all_of(ACTIONS)),
            code="invalid",
        )
    if not rows and not added:
        raise Refusal(gettext("Name at least one cell."), code="invalid")
    if len(rows) + len(added) > MOST_CELLS:
        raise Refusal(
            gettext("At most {most_cells:,} cells can be changed at once.").format(most_cells=MOST_CELLS),
            code="too-many",
        )
    with transaction.atomic():
        job, reading = locked_job(user, job)
        key = _key_of(job, label) if action == LabelEvent.Action.RELABEL else ""
        if any(not 0 <= row < job.cells for row in rows):
            raise Missing(
                gettext("This job has {cells}; one of the rows is not among them.").format(
                    cells=number_of(job.cells, "cell")
                )
            )
        labels = labels_of(job, reading)
        unknown = [key for key in added if key not in labels.added]
        if unknown:
            raise Missing(gettext("One of the added cells no longer exists."))
        if base_revision > labels.revision:
            raise Refusal(
                gettext("This reading is at revision {revision}; there is no revision {base_revision:.6g} yet.").format(
                    revision=labels.revision, base_revision=base_revision
                ),
                code="invalid",
            )
        if not force:
            _refuse_conflicts(schema_of(job), labels, base_revision, user, [*rows, *added])
        _refuse_own_decision(user, job, reading, rows, added)
        if action == LabelEvent.Action.CONFIRM and shown_class is not None:
            _refuse_others(job, labels, rows, added, shown_class)
        return append(user, reading, job, action, sorted(set(rows)), sorted(set(added)), key)


def _refuse_others(job: Job, labels: Labels, rows: list[int], added: list[str], shown_class: int | str) -> None:
    """Raise Conflict where some of the cells that are confirmed together are not called `shown_class`, as they were shown."""
    schema, key = schema_of(job), _key_of(job, shown_class)
    machine = cells_of(job).cls
    others: list[int | str] = [
        row for row in set(rows) if _class_key(labels.rows.get(row), schema.classes[machine[row]].key) != key
    ]
    others += [one for one in set(added) if labels.added[one].key != key]
    if others:
        raise Conflict(
            ngettext(
                "{n} of these cells is not called {name}; look at them again and confirm those that are.",
                "{n} of these cells are not called {name}; look at them again and confirm those that are.",
                len(others),
            ).format(n=len(others), name=schema.by_key[key].name.lower()),
            code="not-as-shown",
        )


def _class_key(label: Label | None, by_machine: str) -> str:
    return label.key if label and label.key else by_machine


def _refuse_own_decision(user: Any, job: Job, reading: Reading, rows: list[int], added: list[str]) -> None:
    """Raise Forbidden where the first reader would decide between the two readings by a label of the consensus."""
    if reading.role != Reading.Role.CONSENSUS or not (why := may_not_decide(user, job)):
        return
    pair = pair_of(job)
    differences = pair.differences if pair else []
    places = {(d.x, d.y) for d in differences if d.row is None}
    mine = {(c.x, c.y) for c in AddedCell.objects.filter(pk__in=added)}
    if {d.row for d in differences} & set(rows) or places & mine:
        raise Forbidden(why, code="own-reading")


def add_cell(user: Any, job: Job, x: float, y: float, w: float, h: float, label: int | str) -> LabelEvent:
    """Add a cell that the machine missed (centre and box in level-0 px); Refusal where cells of its class do not count."""
    require(user, job.slide.case, "annotate")
    require(user, job.slide.case, "review")
    slide = job.slide
    if not (0 <= x < slide.width and 0 <= y < slide.height and 2 <= w <= 4000 and 2 <= h <= 4000):
        raise Refusal(
            gettext("This cell lies outside the slide, or its box is too small or too large."), code="invalid"
        )
    with transaction.atomic():
        job, reading = locked_job(user, job)
        key = _key_of(job, label)
        _refuse_uncounted_place(job, key, x, y)
        cell = AddedCell.objects.create(reading=reading, x=x, y=y, w=w, h=h, by=user, at=timezone.now())
        return append(user, reading, job, LabelEvent.Action.ADD, [], [str(cell.pk)], key)


def _refuse_uncounted_place(job: Job, key: str, x: float, y: float) -> None:
    """Raise Refusal where a cell of the class at a place (level-0 px) would distort the counts: outside what was counted."""

    def holds(field: dict[str, Any]) -> bool:
        return bool(field["x"] <= x < field["x"] + field["w"] and field["y"] <= y < field["y"] + field["h"])

    photographs = job.slide.photo_fields
    if photographs and not any(map(holds, photographs)):
        raise Refusal(
            gettext("This place lies between the photographs, where there is nothing to count."),
            code="place-not-counted",
        )
    fields, at = regions(job)["fields"], (np.array([x]), np.array([y]))
    if any(f["used"] and holds(f) and not counts_at(f["elsewhere"], at[0], at[1])[0] for f in fields):
        raise Refusal(
            gettext("Another photograph shows this place, too, and it is counted there: add the cell there."),
            code="place-not-counted",
        )
    whole = [f for f in fields if f["used"] and f["done"]]
    if not whole or any(map(holds, whole)):
        return
    if not any(f["searched"] == "film" and holds(f) for f in fields):
        raise Refusal(
            gettext("This place lies outside the counted fields; a cell added here would distort the counts."),
            code="place-not-counted",
        )
    if key not in {c.key for c in schema_of(job).of_kind("nucleated")}:
        raise Refusal(
            gettext("Only nucleated cells are counted here; choose one of their classes."), code="place-not-counted"
        )


def undo(user: Any, job: Job) -> LabelEvent:
    """Undo this person's newest event that stands, unless somebody else has touched its cells since."""
    require(user, job.slide.case, "review")
    with transaction.atomic():
        job, reading = locked_job(user, job)
        event = last_event_of(reading, user)
        if event is None:
            raise Conflict(gettext("You have no change to undo here."), code="nothing-to-undo")
        _refuse_conflicts(schema_of(job), labels_of(job, reading), event.revision, user, [*event.rows, *event.added])
        return append(user, reading, job, LabelEvent.Action.UNDO, [], [], "", undoes=event)


def redo(user: Any, job: Job) -> LabelEvent:
    """Do again what this person undid last, however long ago, unless they have done something else since, or somebody else has
    touched its cells."""
    require(user, job.slide.case, "review")
    with transaction.atomic():
        job, reading = locked_job(user, job)
        event = last_undone_of(reading, user)
        if event is None:
            raise Conflict(gettext("You have no undone change to redo here."), code="nothing-to-redo")
        since = event.undone_by.revision
        _refuse_conflicts(schema_of(job), labels_of(job, reading), since, user, [*event.rows, *event.added])
        return append(user, reading, job, event.action, event.rows, event.added, event.label_key, redoes=event)


def _refuse_conflicts(schema: Schema, labels: Labels, base_revision: int, user: Any, keys: list[int | str]) -> None:
    clashing = labels.changed_since(base_revision, user.pk, keys)
    if not clashing:
        return
    conflicts = []
    for key in clashing[:200]:
        if isinstance(key, int):
            conflicts.append(row_json(schema, labels, key))
        else:
            label = labels.added.get(key)
            conflicts.append(
                {
                    "added": key,
                    "label": index_of(schema, label) if label else None,
                    "state": label.state if label else "",
                    "by": label.by if label else "",
                    "at": label.at if label else None,
                }
            )
    who = next((c["by"] for c in conflicts if c["by"]), gettext("Another person"))
    raise Conflict(
        ngettext(
            "{who} has changed this cell since you last saw it. Your change has not been saved.",
            "{who} has changed {n} of these cells since you last saw them. Your change has not been saved.",
            len(clashing),
        ).format(who=who, n=len(clashing)),
        code="conflict",
        conflicts=conflicts,
        revision=labels.revision,
    )


def _key_of(job: Job, label: int | str | None) -> str:
    """The key of a class that a cell of the job may be given; raises Refusal."""
    schema = schema_of(job)
    if isinstance(label, str) and label in schema.by_key:
        return label
    if isinstance(label, int) and 0 <= label < len(schema):
        return schema.classes[label].key
    if label is None:
        raise Refusal(gettext("Name the class: label=…, its key or index."), code="unknown-class")
    raise Refusal(
        gettext("There is no class {label} in {name}.").format(label=label, name=assay_title(job)), code="unknown-class"
    )

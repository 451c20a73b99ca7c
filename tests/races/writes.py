"""Every write about a case that people or workers make, as something that can be fired, and the pairs of all writes."""

from __future__ import annotations

from apps.accounts import services as people
from apps.analysis import runservices
from apps.analysis import services as analysis
from apps.cases import services as cases
from apps.reports import removals
from apps.reports import services as reports
from apps.review import analyses, annotations, cellnotes, secondreading
from apps.review import services as review
from apps.review.hbf import mark_hbf
from apps.review.state import label_revision
from apps.slides import imports, tileservices, uploads
from apps.slides import services as slides
from apps.slides.models import Slide
from tests.factories import PASSWORD
from tests.races.arena import ERYTHROBLAST, REASON, RUNNING, SIGNED, STATES, WAITING, Arena
from tests.races.housewrites import HOUSE_WRITES
from tests.races.write import Shot, Write, who


def _facts(a: Arena, side: int) -> Shot:
    user, case, value = who(a, side, "tess", "tom"), a.case(), f"stain {next(a.numbers)}"
    return lambda: cases.update_case(user, case, stain=value)


def _comment(a: Arena, side: int) -> Shot:
    user, case, value = who(a, side, "tess", "tom"), a.case(), f"comment {next(a.numbers)}"
    return lambda: cases.set_comment(user, case, value)


def _conclusion(a: Arena, side: int) -> Shot:
    user, case, value = who(a, side, "tess", "tom"), a.case(), f"conclusion {next(a.numbers)}"
    return lambda: cases.set_conclusion(user, case, value)


def _administered(a: Arena, side: int) -> Shot:
    user, case, value = who(a, side, "ada", "agnes"), a.case(), f"question {next(a.numbers)}"
    return lambda: cases.administer_case(user, case, question=value)


def _reader(a: Arena, side: int) -> Shot:
    user, case, reader = a.people["ada"], a.case(), who(a, side, "paul", "petra")
    return lambda: cases.set_reader(user, case, reader)


def _rights(a: Arena, side: int) -> Shot:
    case, rights = a.case(), {"view", _who_right(side)}
    return lambda: cases.set_rights(a.people["ada"], case, a.people["rosa"], rights)


def _who_right(side: int) -> str:
    return ("annotate", "review")[side]


def _account(a: Arena, side: int) -> Shot:
    """Of one who may be writing about the case at the same moment."""
    by, person, name = who(a, side, "ada", "agnes"), a.people["tom"], f"Tom {next(a.numbers)}"
    return lambda: people.change_person(by, person, first_name=name)


def _restriction(a: Arena, side: int) -> Shot:
    user, case = who(a, side, "ada", "agnes"), a.case()
    return lambda: cases.update_case(user, case, restricted=True)


def _label(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_job()
    return lambda: review.label_cells(user, job, "relabel", [5], [], 3 + side, label_revision(job), force=True)


def _added(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_job()
    return lambda: review.add_cell(user, job, 50, 50, 20, 20, 14)


def _undo(a: Arena, side: int) -> Shot:
    user, job = a.people["tom"], a.fresh_job()
    return lambda: review.undo(user, job)


def _note(a: Arena, side: int) -> Shot:
    user, slide, text = who(a, side, "tess", "tom"), a.fresh_job().slide, f"note {next(a.numbers)}"
    return lambda: annotations.annotate(user, slide, "point", [[5, 5 + side]], text)


def _cell_note(a: Arena, side: int) -> Shot:
    user, job, text = who(a, side, "tess", "tom"), a.fresh_job(), f"comment {next(a.numbers)}"
    return lambda: cellnotes.note_cell(user, job, "comment", 5, "", text)


def _teach_mark(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_job()
    return lambda: cellnotes.note_cell(user, job, "teach", 5, "", "")


def _cell_note_removed(a: Arena, side: int) -> Shot:
    user, note = who(a, side, "tess", "paul"), a.fresh_note()
    return lambda: cellnotes.remove(user, note)


def _hbf(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_job()
    return lambda: mark_hbf(user, job, ("positive", "negative")[side], ERYTHROBLAST)


def _exclusion(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_job()
    return lambda: review.label_cells(user, job, "reject", [ERYTHROBLAST], [], None, label_revision(job), force=True)


def _second_reading(a: Arena, side: int) -> Shot:
    user, case, reader = who(a, side, "tess", "tom"), a.case(), who(a, side, "paul", "petra")
    return lambda: secondreading.order_second_reading(user, case, reader, True)


def _order(a: Arena, side: int) -> Shot:
    user, protocol, slide = who(a, side, "tess", "tom"), a.job.protocol, a.fresh_job().slide
    return lambda: analysis.request_job(user, slide, protocol)


def _order_here(a: Arena, side: int) -> Shot:
    user, protocol, slide = who(a, side, "tess", "tom"), a.job.protocol, a.fresh_job().slide
    return lambda: analysis.request_job(user, slide, protocol, (0, 0, 512, 512))


def _retry(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_second()
    return lambda: analysis.retry(user, job)


def _cancel(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_second()
    return lambda: analysis.cancel(user, job)


def _rerun_in_queue(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "ada", "agnes"), a.fresh_second()
    return lambda: analysis.retry(user, job)


def _cancel_in_queue(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "ada", "agnes"), a.fresh_second()
    return lambda: analysis.cancel(user, job)


def _claim(a: Arena, side: int) -> Shot:
    job = a.fresh_second()
    return lambda: runservices.claim(job.pk, f"worker {side}") or _refused()


def _urgent(a: Arena, side: int) -> Shot:
    user, case = who(a, side, "tess", "ada"), a.case()
    return lambda: cases.set_urgent(user, case, True)


def _archive(a: Arena, side: int) -> Shot:
    user, case = who(a, side, "paul", "ada"), a.case()
    return lambda: cases.set_archived(user, case, True, "for the race")


def _finish(a: Arena, side: int) -> Shot:
    job, results = a.fresh_second(), a.results_of_second()
    return lambda: runservices.finish(job, partial=False, **results) or _refused()


def _end_of_job(a: Arena, side: int) -> Shot:
    job = a.fresh_second()
    return lambda: runservices.fail(job, "It ended.", "Retry.", "fault") or _refused()


def _refused() -> None:
    from apps.accounts.errors import Conflict

    raise Conflict("Not held.")


def _upload(a: Arena, side: int) -> Shot:
    user, case = who(a, side, "tess", "tom"), a.case()
    return lambda: uploads.create_upload(user, case, "film.tif", 1000)


def _import(a: Arena, side: int) -> Shot:
    user, case = a.people["tess"], a.case()
    upload = next((u for u in case.uploads.filter(name="late.tif")), None) or a.complete_upload(user)
    return lambda: imports.begin_import_of_uploads(user, case, [upload.pk])


def _each_series(a: Arena, side: int) -> Shot:
    user, case = a.people["tess"], a.case()
    upload = next((u for u in case.uploads.filter(name="two.tif")), None) or a.upload_of_two(user)
    return lambda: imports.begin_import_of_each_series(user, case, [upload.pk])


def _scale(a: Arena, side: int) -> Shot:
    user, slide, mpp = who(a, side, "tess", "tom"), a.fresh_job().slide, 0.1 + next(a.numbers) * 1e-6
    return lambda: slides.set_mpp(user, slide, mpp)


def _specimen(a: Arena, side: int) -> Shot:
    user, slide = who(a, side, "tess", "tom"), a.fresh_job().slide
    return lambda: slides.set_specimen(user, slide, ("marrow-aspirate", "cell-block")[side])


def _rename(a: Arena, side: int) -> Shot:
    user, slide, name = who(a, side, "tess", "tom"), a.fresh_job().slide, f"Film {next(a.numbers)}"
    return lambda: slides.rename_slide(user, slide, name)


def _choice(a: Arena, side: int) -> Shot:
    user, job = who(a, side, "tess", "tom"), a.fresh_rival()
    return lambda: analyses.choose(user, job)


def _colour(a: Arena, side: int) -> Shot:
    user, slide = who(a, side, "tess", "tom"), a.fresh_job().slide
    return lambda: tileservices.set_colour(user, slide, "stored")


def _conversion(a: Arena, side: int) -> Shot:
    user, slide = who(a, side, "tess", "tom"), a.fresh_job().slide
    return lambda: tileservices.request_conversion(user, slide)


def _removal(a: Arena, side: int) -> Shot:
    user = who(a, side, "tess", "tom")
    slide = a.case().slides.exclude(pk__in=[a.film_slide.pk, a.waiting.pk]).first() or a.spare_slide()
    slide = Slide.objects.select_related("case").get(pk=slide.pk)
    return lambda: slides.delete_slide(user, slide)


def _removal_with_results(a: Arena, side: int) -> Shot:
    user, slide = who(a, side, "tess", "tom"), a.fresh_job().slide
    return lambda: removals.remove_slide(user, slide, "for the race")


def _deletion(a: Arena, side: int) -> Shot:
    user, case = who(a, side, "ada", "agnes"), a.case()
    return lambda: removals.delete_case(user, case, case.accession, "for the race")


def _signature(a: Arena, side: int) -> Shot:
    user, case = who(a, side, "paul", "petra"), a.case()
    return lambda: reports.sign(user, case, PASSWORD, "Reviewed", reason=REASON)


def _amendment(a: Arena, side: int) -> Shot:
    user, case = who(a, side, "paul", "petra"), a.case()
    return lambda: reports.amend(user, case, f"Reason {next(a.numbers)}")


EVERYTHING = frozenset({"case", "site", "laboratory", "phrase", "protocol"})
ORDERED = frozenset({"case", "site", "protocol"})
WRITES: tuple[Write, ...] = (
    Write("facts", "case.changed", _facts),
    Write("administration", "case.changed", _administered),
    Write("comment", "case.comment", _comment),
    Write("conclusion", "case.conclusion", _conclusion),
    Write("reader", "case.reader", _reader),
    Write("rights", "case.rights", _rights, content=False),
    Write("restriction", "case.changed", _restriction, content=False, idempotent=True),
    Write("account", "account.changed", _account, content=False),
    Write("label", "label.relabel", _label),
    Write("added cell", "label.add", _added),
    Write("undo", "label.undo", _undo),
    Write("note", "annotation.added", _note),
    Write("cell note", "cell.commented", _cell_note),
    Write("teach mark", "cell.teach", _teach_mark, idempotent=True),
    Write("removal of a cell note", "cell.note-removed", _cell_note_removed, idempotent=True),
    Write("HbF mark", "candidate.hbf", _hbf),
    Write("exclusion", "label.reject", _exclusion),
    Write("second reading", "reading.ordered", _second_reading),
    Write("order", "job.requested", _order, about=ORDERED),
    Write("order here", "job.requested", _order_here, about=ORDERED),
    Write("retry", "job.retry", _retry),
    Write("rerun in the queue", "job.retry", _rerun_in_queue),
    Write("cancel in the queue", "job.cancel", _cancel_in_queue, WAITING),
    Write("claim", "", _claim, WAITING),
    Write("urgency", "case.urgent", _urgent, content=False, idempotent=True),
    Write("archiving", "case.archived", _archive, content=False, idempotent=True),
    Write("cancel", "job.cancel", _cancel, RUNNING),
    Write("finish", "job.done", _finish, RUNNING),
    Write("end of a job", "job.failed", _end_of_job, RUNNING),
    Write("upload", "", _upload),
    Write("import", "slide.received", _import, slow=True),
    Write("each series", "slide.received", _each_series, slow=True, lines=2),
    Write("scale", "slide.mpp", _scale),
    Write("specimen", "slide.specimen", _specimen),
    Write("renaming", "slide.renamed", _rename),
    Write("choice", "job.chosen", _choice, idempotent=True),
    Write("colour", "slide.colour", _colour, slow=True),
    Write("conversion", "slide.conversion-asked", _conversion, content=False),
    Write("removal", "slide.deleted", _removal),
    Write("removal with results", "slide.removed", _removal_with_results),
    Write("deletion of a case", "case.deleted", _deletion),
    Write("signature", "report.signed", _signature, slow=True, about=EVERYTHING),
    Write("amendment", "report.amended", _amendment, SIGNED),
    *HOUSE_WRITES,
)


def pairs(strangers: bool = False) -> list[tuple[Write, Write]]:
    """Every pair of writes about the same things, each with itself too, but those that no state allows both of: a signed
    case has no running job. `strangers`: those about different things as well."""
    return [
        (a, b)
        for i, a in enumerate(WRITES)
        for b in WRITES[i:]
        if (strangers or a.about & b.about) and len({a.state, b.state} & STATES) < 2
    ]

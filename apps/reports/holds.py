"""What stands before a signature: one list a case, each with a code, a sentence, and what lifts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext, ngettext

from apps.accounts.errors import Refusal
from apps.analysis.cellfiles import prove_file, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import analyses_of, assay_title
from apps.cases.models import Case
from apps.laboratory.selectors import head, logo_is_gone
from apps.reports.fonts import unprintable, with_code_points
from apps.review import mustsee
from apps.review.differences import pair_of
from apps.review.models import CarriedLabel, Reading
from apps.review.nameless import MOST_PERCENT, too_nameless
from apps.review.state import labels_of
from apps.slides.models import Slide
from hemaview.assays.consistency import contradictions

MOST_NAMED = 200
SAME_SCALE = 0.01
"""Two values of µm/px that differ by no more than this share of the slide's own are the same."""


@dataclass(frozen=True)
class Hold:
    """One thing that stands before a signature."""

    code: str
    """What programs call it."""
    sentence: str
    """What people read."""
    lifted_by: str
    """`review`: somebody looks at the cells; `reason`: whoever signs says why it may stand; "": nothing."""
    detail: dict[str, Any] = field(default_factory=dict)
    """What a program may want of it, such as the rows that are open."""

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "sentence": self.sentence, "lifted_by": self.lifted_by, **self.detail}


def holds_of(case: Case, jobs: Sequence[Job]) -> list[Hold]:
    """What stands before signing the case with these analyses, what nobody can lift first."""
    if altered := _altered(jobs):
        return altered  # nothing else can be said of cells that are not those which were recorded
    holds = [
        *_unprintable(case, jobs),
        *_must_see(jobs),
        *_carried(jobs),
        *_readers(jobs),
        *_guards(jobs),
        *_analyser(case),
        *_unidentified(jobs),
        *_partial(jobs),
        *_regions(jobs),
        *_scales(jobs),
        *_logo(),
        *_missing(case, jobs),
    ]
    return sorted(holds, key=lambda h: ("", "review", "reason").index(h.lifted_by))


def unlifted(holds: Sequence[Hold], reason: str) -> list[Hold]:
    """Those that still stand when `reason` is given."""
    return [h for h in holds if h.lifted_by != "reason" or not reason.strip()]


def missing_slides(case: Case, jobs: Sequence[Job]) -> list[dict[str, str]]:
    """The slides of the case of which nothing is reported, each by name with the reason."""
    reported = {job.slide_id for job in jobs}
    slides = list(case.slides.order_by("created_at"))
    analyses = analyses_of(slides)
    missing = []
    for slide in slides:
        if slide.pk in reported:
            continue
        newest = next(iter(analyses[slide.pk]), None)
        if slide.status == Slide.Status.REFUSED:
            why = gettext("could not be imported: {message}").format(message=slide.message)
        elif slide.status == Slide.Status.IMPORTING:
            why = gettext("is still being imported")
        elif newest is None:
            why = gettext("was not analysed")
        elif newest.state == Job.State.FAILED:
            why = gettext("could not be analysed: {reason}").format(reason=newest.reason)
        else:
            why = gettext("has no finished analysis")
        missing.append({"slide": slide.name, "id": str(slide.pk), "why": why})
    return missing


def _altered(jobs: Sequence[Job]) -> list[Hold]:
    """Analyses whose files are not the ones that were recorded, or are gone."""
    holds = []
    for job in jobs:
        try:
            prove_file(job.cells_file, job.cells_sha256)
            if job.contours_sha256:
                prove_file(job.contours_file, job.contours_sha256)
        except Refusal as refusal:
            sentence = f"{job.slide.name}: {refusal.message}"
            holds.append(Hold("evidence-altered", sentence, "", {"job": str(job.pk)}))
    return holds


def _unprintable(case: Case, jobs: Sequence[Job]) -> Iterator[Hold]:
    """Text of which no font at hand has every character. What people can write anew must be; of names the report prints
    code points, if a reason is given."""
    facts = {
        gettext("pseudonym"): case.pseudonym,
        gettext("stain"): case.stain,
        gettext("question"): case.question,
        gettext("conclusion"): case.conclusion,
        gettext("comment"): case.comment,
    }
    of_laboratory = head()
    names = {
        gettext("name of the laboratory"): of_laboratory["name"],
        gettext("address of the laboratory"): of_laboratory["address"],
        gettext("phone of the laboratory"): of_laboratory["phone"],
        gettext("name of the reader"): case.reader.display_name if case.reader else "",
    }
    for slide in case.slides.order_by("created_at"):
        names[gettext("name of the slide {slide}").format(slide=slide.name)] = slide.name
    for job in jobs:
        title = gettext("title of the analysis {protocol}").format(protocol=job.protocol)
        names[title] = f"{job.protocol} {assay_title(job)}"
        classes = gettext("classes of {examination}").format(examination=assay_title(job))
        names[classes] = " ".join(c.name for c in schema_of(job).classes)
    for texts, lifted_by, way in (
        (facts, "", gettext("Write it without them, or ask the administrator to install a font that has them.")),
        (names, "reason", gettext("The PDF shows their code points, unless a font for them is installed.")),
    ):
        for where, text in texts.items():
            if missing := unprintable(text):
                detail = {"where": where, "characters": missing}
                sentence = gettext(
                    "The {where} has characters that no installed font can print: {missing}. {way}"
                ).format(where=where, missing=with_code_points(missing), way=way)
                yield Hold("unprintable-characters", sentence, lifted_by, detail)


def _must_see(jobs: Sequence[Job]) -> list[Hold]:
    open_cells: list[dict[str, Any]] = []
    by: dict[str, int] = {}
    total = 0
    for job in jobs:
        why = mustsee.reasons(job)
        rows = mustsee.open_rows(job, labels_of(job))
        total += len(rows)
        for row in rows.tolist():
            by[why[row]] = by.get(why[row], 0) + 1
        open_cells += [
            {"job": str(job.pk), "row": int(r), "reason": why[r]} for r in rows[: MOST_NAMED - len(open_cells)]
        ]
    if not total:
        return []
    words = ", ".join(f"{n} × {reason}" for reason, n in sorted(by.items()))
    sentence = ngettext(
        "{n} cell must be seen before signing: {words}.", "{n} cells must be seen before signing: {words}.", total
    ).format(n=total, words=words)
    return [Hold("must-see-open", sentence, "review", {"open": open_cells, "n": total})]


def _carried(jobs: Sequence[Job]) -> list[Hold]:
    open_labels = CarriedLabel.objects.filter(reading__job__in=jobs, settled_at__isnull=True)
    jobs_waiting = list(open_labels.values_list("reading__job_id", flat=True))
    if not (n := len(jobs_waiting)):
        return []
    return [
        Hold(
            "carried-labels",
            ngettext(
                "{n} label of an earlier analysis waits for a decision: keep or drop.",
                "{n} labels of an earlier analysis wait for a decision: keep or drop.",
                n,
            ).format(n=n),
            "review",
            {"n": n, "job": str(jobs_waiting[0])},
        )
    ]


def _readers(jobs: Sequence[Job]) -> Iterator[Hold]:
    """Second readings that are demanded and not there, open ones, and differences on which nobody has decided."""
    for job in jobs:
        roles = {r.role: r for r in job.readings.select_related("reader")}
        second = roles.get(Reading.Role.SECOND)
        detail = {"job": str(job.pk)}
        if second is None and job.frozen.get("second_reader"):
            sentence = gettext(
                "{name}: the protocol {title} asks for a second reader; nobody has been asked yet."
            ).format(name=job.slide.name, title=job.protocol.title)
            yield Hold("second-reader", sentence, "review", detail)
        elif second is not None and second.state == Reading.State.OPEN:
            sentence = gettext("{name}: the second reading by {reader} is not closed.").format(
                name=job.slide.name, reader=second.reader
            )
            yield Hold("second-reading-open", sentence, "review", detail)
        elif second is not None and (pair := pair_of(job)) and (n := pair.open):
            sentence = ngettext(
                "{name}: {n} cell waits for a decision between the two readers.",
                "{name}: {n} cells wait for a decision between the two readers.",
                n,
            ).format(name=job.slide.name, n=n)
            yield Hold("differences-open", sentence, "review", {**detail, "n": n})


def _guards(jobs: Sequence[Job]) -> list[Hold]:
    return [
        Hold(guard["code"], f"{job.slide.name}: {guard['sentence']}", "reason", {"job": str(job.pk)})
        for job in jobs
        for guard in job.guards
    ]


def _analyser(case: Case) -> list[Hold]:
    """Values of the analyser that cannot all be true of one blood."""
    return [
        Hold(
            "analyser-contradiction",
            gettext("The analyser's values contradict each other. {sentence}").format(sentence=sentence),
            "reason",
        )
        for sentence in contradictions(case.analyser)
    ]


def _unidentified(jobs: Sequence[Job]) -> list[Hold]:
    """Examinations of which too many cells have no name."""
    return [
        Hold(
            "unidentified-cells",
            ngettext(
                "{title}: {unidentified} of {every} nucleated cells ({share:.0f} %) is unidentified; name it, because "
                "no more than {most_unidentified_percent:g} % may be unidentified.",
                "{title}: {unidentified} of {every} nucleated cells ({share:.0f} %) are unidentified; name "
                "them until no more than {most_unidentified_percent:g} % are.",
                one.n,
            ).format(
                title=one.title,
                unidentified=one.n,
                every=one.every,
                share=one.percent,
                most_unidentified_percent=MOST_PERCENT,
            ),
            "review",
            {"n": one.n},
        )
        for one in too_nameless(jobs)
    ]


def _partial(jobs: Sequence[Job]) -> list[Hold]:
    return [
        Hold(
            "partial-analysis",
            gettext("{name}: {job} was cancelled before it was finished, so its counts are partial.").format(
                name=job.slide.name, job=assay_title(job)
            ),
            "reason",
            {"job": str(job.pk)},
        )
        for job in jobs
        if job.partial
    ]


def _regions(jobs: Sequence[Job]) -> list[Hold]:
    """Analyses of a drawn region alone, which somebody chose as what is reported of the slide."""
    return [
        Hold(
            "region-alone",
            gettext("{name}: the reported counts of {job} come only from a region that a person drew.").format(
                name=job.slide.name, job=assay_title(job)
            ),
            "reason",
            {"job": str(job.pk)},
        )
        for job in jobs
        if job.region
    ]


def _scales(jobs: Sequence[Job]) -> list[Hold]:
    """Analyses that measured with another scale than the one that their slide has now."""
    return [
        Hold(
            "scale-changed",
            gettext(
                "{name}: {job} measured its cells with {before:.4g} µm/px, but the slide now has {now:.4g}; analyse it again."
            ).format(name=job.slide.name, job=assay_title(job), before=job.mpp, now=job.slide.mpp),
            "reason",
            {"job": str(job.pk)},
        )
        for job in jobs
        if job.mpp and job.slide.mpp and abs(job.mpp - job.slide.mpp) > SAME_SCALE * job.slide.mpp
    ]


def _logo() -> list[Hold]:
    sentence = gettext(
        "The file of the laboratory's logo is missing: the report is printed without the logo until it is added again."
    )
    return [Hold("logo-gone", sentence, "reason")] if logo_is_gone() else []


def _missing(case: Case, jobs: Sequence[Job]) -> list[Hold]:
    return [
        Hold(
            "slide-not-reported",
            gettext("The slide {slide} {why}.").format(slide=m["slide"], why=m["why"].rstrip(".")),
            "reason",
            {"slide": m["id"]},
        )
        for m in missing_slides(case, jobs)
    ]

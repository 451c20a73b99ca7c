"""Writes about jobs by people: request, cancel, retry; each one transaction. What workers write is in `runservices`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Conflict, Refusal
from apps.analysis.adaptations import taught_for, taught_models
from apps.analysis.locks import hold_job
from apps.analysis.models import Adaptation, Job, ModelVersion, Protocol
from apps.analysis.ownmodels import frozen_own, what_is_gone
from apps.analysis.runservices import NOTHING_SAID, settle_case
from apps.analysis.scorewords import role_words
from apps.audit.services import record
from apps.cases.models import Case
from apps.cases.selectors import require, require_any
from apps.cases.services import set_state
from apps.slides.models import Slide
from apps.slides.services import hold_slide
from hemaview.cells.store import described
from hemaview.pipeline.plan import MOST_REGION_MM2
from hemaview.wsi.colour import policy


def freeze(protocol: Protocol, taught: Adaptation | None = None) -> dict[str, Any]:
    """Everything that a protocol means as it is now: finder, settings, models (with what the slide's site taught), thresholds,
    classes and counting rules."""
    if wrong := protocol.what_is_wrong():  # written before it was checked, or past the administration
        raise Refusal(
            gettext("The administrator must correct {protocol}. {values}").format(
                protocol=protocol, values=next(iter(wrong.values()))
            ),
            code="wrong-settings",
            http_status=409,
        )
    rows = protocol.models.select_related("model__algorithm").order_by("role")
    off = [m for m in rows if not m.model.enabled]
    if off:
        raise Refusal(
            gettext("{model} is switched off; ask the administrator to choose another model for {role}.").format(
                model=off[0].model, role=role_words(off[0].role)
            ),
            code="model-off",
            http_status=409,
        )
    if gone := next((sentence for m in rows if (sentence := what_is_gone(m.model))), ""):
        raise Refusal(gone, code="model-gone", http_status=409)
    blood = protocol.settings.get("calibrated_on")
    if blood and not any(blood in m.model.calibrations for m in rows):
        raise Refusal(
            gettext(
                "The administrator must correct the settings of {protocol}: none of its models is calibrated for blood like "
                "that of {blood} (calibrated_on)."
            ).format(protocol=protocol, blood=blood),
            code="wrong-settings",
            http_status=409,
        )
    schema, rules = protocol.examination.schema, protocol.counting_rules
    models = [
        {
            "role": m.role,
            "name": m.model.algorithm.name,
            "version": m.model.version,
            "sha256": m.model.sha256,
            **frozen_own(m.model),
        }
        for m in rows
    ]
    return {
        "assay": protocol.assay,
        "finder": protocol.finder_key,
        "settings": protocol.settings,
        "models": taught_models(models, taught),
        "thresholds": {m.role: m.threshold for m in rows if m.threshold is not None},
        "classes": described(schema),
        "rules": dict(rules.data),
        "rules_sha256": rules.sha256,
        **({"second_reader": True} if protocol.second_reader else {}),
    }


LEAST_REGION_PX = 64


def request_job(user: Any, slide: Slide, protocol: Protocol, region: tuple[int, int, int, int] | None = None) -> Job:
    """Order a protocol for a slide: a row first; the caller rings the bell once it is committed. Several protocols may wait at
    once, also of one examination, of which the first that ends is reported until a person chooses another.

    `region` (x, y, w, h), level-0 px: that rectangle alone. Such an analysis is reported only where a person chooses it.
    """
    require(user, slide.case, "annotate")
    try:
        with transaction.atomic():
            slide = hold_slide(slide)
            if slide.status != Slide.Status.READY:
                raise Conflict(gettext("This slide is not ready yet."), code="not-ready")
            if protocol.specimen != slide.specimen:
                raise Conflict(
                    gettext("{title} is not meant for this specimen: {lower}.").format(
                        title=protocol.title, lower=slide.get_specimen_display().lower()
                    ),
                    code="wrong-specimen",
                )
            if region:
                _check_region(slide, region)
            protocol = _hold_protocol(protocol)
            _hold_models(protocol)
            frozen = freeze(protocol, taught_for(slide, protocol.assay))
            job = Job.objects.create(
                slide=slide,
                protocol=protocol,
                assay=protocol.assay,
                frozen={**frozen, "region": list(region)} if region else frozen,
                requested_by=user,
                software_version=settings.VERSION,
                colour_policy=policy(slide.colour),
            )
            record(
                user, "job.requested", "job", job.pk, accession=slide.case.accession, protocol=str(protocol),
                **({"region": list(region)} if region else {}),
            )  # fmt: skip
            if slide.case.state in (Case.State.RECEIVED, Case.State.IN_REVIEW):
                set_state("system", slide.case, Case.State.ANALYSING)
    except IntegrityError:
        raise _active(protocol) from None
    return job


def _active(protocol: Protocol) -> Conflict:
    return Conflict(
        gettext(
            "This slide is already being analysed with {title}; wait until that analysis has ended, or cancel it."
        ).format(title=protocol.title),
        code="job-active",
    )


def _hold_protocol(protocol: Protocol) -> Protocol:
    """The protocol as it is now, locked until the transaction ends; raises Conflict where it was retired meanwhile."""
    protocol = Protocol.objects.select_for_update(no_key=True).get(pk=protocol.pk)
    if not protocol.enabled:
        raise Conflict(
            gettext("{title} has been retired; order another protocol.").format(title=protocol.title),
            code="protocol-retired",
        )
    return protocol


def _hold_models(protocol: Protocol) -> None:
    """Lock the protocol's models until the transaction ends: none of them is retired between the look at it and the order."""
    models = ModelVersion.objects.select_for_update(no_key=True, of=("self",))
    list(models.filter(default_in__protocol=protocol).order_by("pk"))


def _check_region(slide: Slide, region: tuple[int, int, int, int]) -> None:
    """Raise Refusal where a rectangle is not one of the slide that can be analysed at once."""
    x, y, w, h = region
    if x < 0 or y < 0 or x + w > slide.width or y + h > slide.height:
        raise Refusal(gettext("The region extends beyond the slide; draw it inside the slide."), code="outside")
    if min(w, h) < LEAST_REGION_PX:
        raise Refusal(
            gettext("The region is too small; draw one of at least {least_region_px} px.").format(
                least_region_px=LEAST_REGION_PX
            ),
            code="too-small",
        )
    if slide.mpp and w * h * (slide.mpp / 1000) ** 2 > MOST_REGION_MM2:
        raise Refusal(
            gettext(
                "The region is larger than {most_region_mm2:g} mm²; draw a smaller one, or analyse the whole slide."
            ).format(most_region_mm2=MOST_REGION_MM2),
            code="too-large",
        )


def cancel(user: Any, job: Job) -> Job:
    """Ask a running job to stop after its field; one that waits ends at once. By who orders analyses, or administers."""
    require_any(user, job.slide.case, "annotate", "administer")
    with transaction.atomic():
        hold_job(job)
        waiting = Job.objects.filter(pk=job.pk, state__in=[Job.State.REQUESTED, Job.State.QUEUED]).update(
            state=Job.State.CANCELLED, partial=True, finished_at=timezone.now(), revision=F("revision") + 1
        )
        changed = waiting or Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            cancel_requested=True, revision=F("revision") + 1
        )
        if not changed:
            raise Conflict(gettext("This analysis has already ended."), code="job-ended")
        record(user, "job.cancel", "job", job.pk, accession=job.slide.case.accession)
        if waiting:
            settle_case(job)
        job.refresh_from_db()
    return job


def retry(user: Any, job: Job) -> Job:
    """Put a failed job, or one cancelled before its end, back into the queue; finished fields are kept."""
    require_any(user, job.slide.case, "annotate", "administer")
    try:
        with transaction.atomic():
            case = hold_job(job).slide.case
            job.refresh_from_db()
            if job.readings.filter(revision__gt=0).exists():
                raise Conflict(
                    gettext("Cells of this analysis have been labelled; order a new analysis instead."),
                    code="job-labelled",
                )
            if str(job.pk) in signed_jobs(case):
                raise Conflict(
                    gettext("A signed report holds the cells of this analysis; order a new analysis instead."),
                    code="job-signed",
                )
            again = Job.objects.filter(pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED]).update(
                state=Job.State.REQUESTED,
                cancel_requested=False,
                partial=False,
                stalled=0,
                code="",
                reason="",
                advice="",
                lease=None,
                cells_sha256="",
                contours_sha256="",
                started_at=None,
                finished_at=None,
                duration_s=None,
                revision=F("revision") + 1,
                **NOTHING_SAID,
            )
            if not again:
                raise Conflict(gettext("Only a failed or cancelled analysis can be retried."), code="job-not-ended")
            record(user, "job.retry", "job", job.pk, accession=job.slide.case.accession)
            if case.state in (Case.State.RECEIVED, Case.State.IN_REVIEW):
                set_state("system", case, Case.State.ANALYSING)
            job.refresh_from_db()
    except IntegrityError:
        raise _active(job.protocol) from None
    return job


def signed_jobs(case: Case) -> set[str]:
    """Ids of the analyses whose files a version of the case's report, superseded ones too, binds by hash."""
    documents = case.reports.values_list("document", flat=True)
    return {piece["job"] for document in documents for piece in document.get("evidence", ())}

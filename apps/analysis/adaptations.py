"""What sites have taught: the rows, who works on them, and which one new analyses use."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing
from apps.analysis.leasedrows import MOST_ATTEMPTS, LeasedRows
from apps.analysis.models import Adaptation, Job, ModelVersion
from apps.audit.services import record
from apps.slides.models import Site, Slide
from apps.slides.sites import hold_site, require_sites

LEASE_S = 90.0


def adaptations() -> QuerySet[Adaptation]:
    return Adaptation.objects.select_related("site", "base__algorithm", "requested_by")


TEACHINGS = LeasedRows(adaptations, LEASE_S)
"""Workers take them, one at a time."""


def adaptation_for(user: Any, adaptation_id: uuid.UUID | str) -> Adaptation:
    """The adaptation, for who manages sites; raises Forbidden, Missing."""
    require_sites(user)
    row = adaptations().filter(pk=adaptation_id).first()
    if row is None:
        raise Missing(gettext("There is no such teaching."), code="no-adaptation")
    return row


def taught_for(slide: Slide, assay: str) -> Adaptation | None:
    """What new analyses of the slide use of what its site taught."""
    if slide.site_id is None:
        return None
    return adaptations().filter(site=slide.site_id, assay=assay, in_force=True).first()


def taught_models(models: list[dict[str, Any]], adaptation: Adaptation | None) -> list[dict[str, Any]]:
    """A job's frozen models, with `taught` on the one that the site taught."""
    if adaptation is None:
        return models
    taught = {
        "site": adaptation.site.name,
        "number": adaptation.number,
        "id": str(adaptation.pk),
        "sha256": adaptation.sha256,
    }
    base = (adaptation.base.algorithm.name, adaptation.base.version)
    return [{**m, "taught": taught} if (m["name"], m["version"]) == base else m for m in models]


def taught_file(job: Job) -> tuple[Path, str] | None:
    """(file, sha256) of what the job's site taught, as it was ordered; None where nothing. Raises Missing where it is gone."""
    taught = next((m["taught"] for m in job.frozen["models"] if "taught" in m), None)
    if taught is None:
        return None
    try:
        path = stores.adaptations().local_path(f"{taught['id']}/taught.safetensors")
    except FileNotFoundError as error:
        raise Missing(
            gettext(
                "This site's net is missing from the disk; tell the administrator, who may restore it from a backup."
            ),
            code="taught-gone",
        ) from error
    assert path is not None
    return path, str(taught["sha256"])


def create(user: Any, site: Site, assay: str, base: ModelVersion) -> Adaptation:
    """A row that a worker will take; raises Forbidden, Conflict."""
    require_sites(user)
    try:
        with transaction.atomic():
            hold_site(site)
            last = Adaptation.objects.filter(site=site, assay=assay).aggregate(last=Max("number"))["last"] or 0
            row = Adaptation.objects.create(site=site, assay=assay, number=last + 1, base=base, requested_by=user)
            record(user, "site.teach", "adaptation", row.pk, site=site.name, assay=assay, number=row.number)
    except IntegrityError:
        raise Conflict(
            gettext("This site is already being taught; wait until that has ended."), code="teaching"
        ) from None
    return row


def claim(adaptation_id: uuid.UUID | str, owner: str) -> Adaptation | None:
    """Take it; None where it is taken or has ended, or where its worker ended too often."""
    row = TEACHINGS.claim(adaptation_id, owner)
    if row is not None and row.attempt > MOST_ATTEMPTS:
        fail(
            row,
            f"The worker ended {MOST_ATTEMPTS} times while it learned. Look at its log and its memory; then teach again.",
        )
        return None
    return row


def finish(row: Adaptation, *, cells: list[dict[str, str]], report: dict[str, Any], file: bytes) -> bool:
    """It has learned: keep its file, unless another worker has it now."""
    ended, sha256 = _ended(row), hashlib.sha256(file).hexdigest()
    with transaction.atomic():
        n_rows = TEACHINGS.attempt(row).update(
            state=Adaptation.State.DONE, phase="", percent=100, cells=cells, report=report, sha256=sha256, **ended
        )
        if n_rows:
            stores.adaptations().put(row.blob, file)  # while the row is held: what it says is what lies there
            record("worker", "site.taught", "adaptation", row.pk, site=row.site.name, labels=len(cells), sha256=sha256)
    return bool(n_rows)


def fail(row: Adaptation, reason: str) -> bool:
    """It has not learned, and why."""
    with transaction.atomic():
        failed = TEACHINGS.attempt(row).update(state=Adaptation.State.FAILED, phase="", reason=reason, **_ended(row))
        if failed:
            record("worker", "site.teach-failed", "adaptation", row.pk, site=row.site.name, reason=reason)
    return bool(failed)


@transaction.atomic
def switch(user: Any, row: Adaptation, on: bool) -> Adaptation:
    """Let new analyses of the site's slides use it, in place of the one before, or the shipped net again.

    Analyses that were made or ordered, and signed reports, stay as they are. Raises Forbidden, Conflict.
    """
    require_sites(user)
    hold_site(row.site)
    row = adaptations().get(pk=row.pk)
    if on and row.state != Adaptation.State.DONE:
        raise Conflict(gettext("This teaching did not succeed, so it cannot be switched on."), code="not-taught")
    if on and row.base.sha256 != _installed(row.base):
        raise Conflict(
            gettext("{title} now has other weights than those that were taught; teach the site again.").format(
                title=row.base.algorithm.title
            ),
            code="other-weights",
        )
    if row.in_force == on:
        return row
    before = Adaptation.objects.filter(site=row.site_id, assay=row.assay, in_force=True).first()
    if on:
        Adaptation.objects.filter(site=row.site_id, assay=row.assay).exclude(pk=row.pk).update(in_force=False)
    Adaptation.objects.filter(pk=row.pk).update(in_force=on)
    record(
        user, "site.switched", "adaptation", row.pk, site=row.site.name, assay=row.assay,
        before=before.number if before else 0, after=row.number if on else 0,
    )  # fmt: skip
    row.in_force = on
    return row


def _installed(base: ModelVersion) -> str:
    """The sha256 of the newest weights of the same method."""
    newest = ModelVersion.objects.filter(algorithm=base.algorithm_id).order_by("-added_at").first()
    return newest.sha256 if newest else ""


def _ended(row: Adaptation) -> dict[str, Any]:
    now = timezone.now()
    return {"finished_at": now, "duration_s": (now - row.requested_at).total_seconds(), "lease": None}

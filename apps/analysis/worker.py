"""One worker's way through one job: claim, run the pipeline, keep the lease, end it."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import close_old_connections, connection
from django.db.models import F
from django.utils.translation import gettext_noop

from apps.analysis import runservices
from apps.analysis.adaptations import taught_file
from apps.analysis.cellfiles import ordered_schema
from apps.analysis.failures import UNEXPECTED, failure_of
from apps.analysis.line import in_line
from apps.analysis.models import Job
from apps.analysis.ownmodels import own_files
from hemaview.pipeline import Cancelled, Superseded
from hemaview.pipeline.plan import Outcome, Plan, RunRequest
from hemaview.pipeline.run import run
from hemaview.wsi.colour import colour_of

logger = logging.getLogger(__name__)

Listener = Callable[[Job], None]


def work(job_id: str, listener: Listener | None = None) -> Job | None:
    """Run the job if it can be claimed; the job afterwards, or None where it was not ours to run."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    job = runservices.claim(job_id, owner)
    if job is None:
        return None
    sink = JobSink(job, listener)
    with Heartbeat(job, sink.lost):
        _run(job, sink)
    return Job.objects.select_related("slide__case", "protocol").filter(pk=job.pk).first()


def work_next() -> Job | None:
    """Run the first job in line that can be claimed; None where nothing waits."""
    return next((job for waiting in in_line() if (job := work(str(waiting.pk)))), None)


def _request(job: Job) -> RunRequest:
    """What the pipeline is to run; raises AssayError where the package that brought the examination is gone, Missing."""
    slide = job.slide
    request = RunRequest(
        slide=slide.file,
        folder=job.folder,
        protocol=job.protocol.name,
        assay=job.examination,
        schema=ordered_schema(job),
        finder=job.frozen["finder"],
        settings=job.frozen["settings"],
        models={m["role"]: (m["name"], m["version"], m["sha256"]) for m in job.frozen["models"]},
        thresholds=job.frozen["thresholds"],
        mpp=slide.mpp,
        photo_fields=slide.photo_fields,
        colour=colour_of(job.colour_policy),
        region=job.region,
        attempt=job.attempt,
    )
    return replace(request, taught=taught_file(job), own=own_files(job.frozen["models"]))


def _run(job: Job, sink: JobSink) -> None:
    try:
        outcome = run(_request(job), sink)
    except Superseded:
        logger.info("job %s: another worker has it now", job.pk)
    except Cancelled:
        runservices.finish(job, partial=True)
    except Exception as error:
        failure = failure_of(error)
        if failure.code == UNEXPECTED:
            logger.exception("job %s failed", job.pk)
        runservices.fail(job, failure.reason, failure.advice, failure.code)
    else:
        _finish(job, outcome)


def _finish(job: Job, outcome: Outcome) -> None:
    runservices.finish(
        job,
        partial=outcome.partial,
        cells=outcome.cells,
        fields_done=outcome.fields_done,
        fields_total=outcome.fields_total,
        percent=100.0 if not outcome.partial else F("percent"),
        cells_sha256=outcome.cells_sha256,
        contours_sha256=outcome.contours_sha256,
        notes=list(outcome.notes),
        guards=list(outcome.guards),
    )


def installed_cards() -> list[dict[str, Any]]:
    """The models whose weights are here, as `modelservices` takes them."""
    from hemaview.methods.card import cards
    from hemaview.methods.registry import METHODS

    by_version = []
    for card in cards().values():
        method = METHODS[card.name]
        by_version.append(
            {
                "name": card.name, "version": card.version, "sha256": card.sha256, "title": method.title,
                "task": method.task, "summary": method.summary, "source": method.source,
                "card": card.raw, "text": card.text,
            }
        )  # fmt: skip
    return by_version


class JobSink:
    """What the pipeline tells while it runs, written to the row."""

    def __init__(self, job: Job, listener: Listener | None = None) -> None:
        self.job = job
        self.listener = listener
        self.lost = threading.Event()

    def stop_asked(self) -> bool:
        if self.lost.is_set():
            raise Superseded("Another worker has taken over this analysis.")
        return runservices.cancel_requested(self.job)

    def phase(self, text: str, share: float = 0.0) -> None:
        """Before fields are counted: looking for tissue and fields (the first 5 percent)."""
        if self.stop_asked() and not self.job.fields_done:
            raise Cancelled("A person has cancelled this analysis.")
        self._note(phase=text, percent=5.0 * min(1.0, share))

    def planned(self, plan: Plan, device: str) -> None:
        if self.job.mpp is not None and self.job.mpp != plan.mpp:  # planned anew: nothing done before is of use
            runservices.begin_anew(self.job)
        self._note(
            phase=gettext_noop("counting"),
            fields_total=plan.fields_to_count,
            device=device,
            mpp=plan.mpp,
            mpp_source=plan.mpp_source if plan.mpp_source == "estimated" else self.job.slide.mpp_source,
            mpp_sd=plan.mpp_sd,
        )

    def field_done(self, done: int, total: int, cells: int) -> None:
        self._note(fields_done=done, fields_total=total, cells=cells, percent=5 + 93.0 * done / max(1, total))

    def _note(self, **changes: Any) -> None:
        if not runservices.note_progress(self.job, **changes):
            raise Superseded("Another worker has taken over this analysis.")
        if self.listener:
            self.job.refresh_from_db()
            self.listener(self.job)


class Heartbeat:
    """Renews the lease from a thread, also while a long native call runs; sets `lost` when it is no longer ours."""

    def __init__(self, job: Job, lost: threading.Event) -> None:
        from django.conf import settings

        self.job, self.lost = job, lost
        self.pause = settings.JOB_LEASE_S / 4
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._ended.wait(self.pause):
                close_old_connections()
                if not runservices.renew(self.job):
                    self.lost.set()
                    return
        except Exception:
            logger.exception("job %s: the heartbeat failed", self.job.pk)
            self.lost.set()
        finally:
            connection.close()


def wait_for(job_id: Any, until: Callable[[Job], bool], pause_s: float = 0.5) -> Job:
    """Re-read the row until it satisfies `until`."""
    while True:
        job = Job.objects.select_related("slide__case", "protocol").get(pk=job_id)
        if until(job):
            return job
        time.sleep(pause_s)

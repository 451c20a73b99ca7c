"""Live news over websockets: a hint; the browser re-reads the truth when it (re)connects.

With Redis a worker's note wakes the sockets; on the embedded default the rows' revisions are polled a few times a
second. What is sent is the same either way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from apps.accounts.secondfactor import lacking
from apps.accounts.sessions import session_lives
from apps.analysis.api.serializers import JobSerializer
from apps.analysis.models import Job, ReportedAnalysis
from apps.cases.api.serializers import CaseSerializer
from apps.cases.models import Case
from apps.cases.selectors import cases_for
from apps.desk.presence import Presence
from apps.review.state import read_by, reading_of
from apps.slides.api.serializers import SlideSerializer
from apps.slides.models import Slide

log = logging.getLogger(__name__)

NO_RIGHT, BROKEN = 4403, 1011


class PollingConsumer(AsyncJsonWebsocketConsumer):
    """Sends what changed since the last look; subclasses say what to look at."""

    _task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.user = self.scope["user"]
        self.language = language_asked_for(self.scope)
        await self.accept()
        if not (await self.signed_in() and await self.allowed()):
            await self.close(code=NO_RIGHT)
            return
        self.marks: dict[str, Any] = {}
        await self.look()  # the state at connection is what the page has just read
        self._task = asyncio.create_task(self._poll())

    async def disconnect(self, code: int) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _poll(self) -> None:
        """Tell news until the socket ends; where that fails the socket is closed, so that the page says that it is not live,
        comes back and reads everything anew."""
        try:
            await self._tell()
        except Exception as error:
            log.exception("a socket of live news is closed: %s", error)
            await self.close(code=BROKEN)

    async def _tell(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(settings.PROGRESS_POLL_S)
            rounds += 1
            if rounds % 20 == 0 and not (await self.signed_in() and await self.allowed()):
                await self.close(code=NO_RIGHT)
                return
            for message in await self.look():
                await self.send_json(message)
            await self.beat()

    async def beat(self) -> None:
        """What else is done every round."""

    @database_sync_to_async
    def signed_in(self) -> bool:
        """Whether the session that opened the socket has not been ended, and the person may go on with it."""
        session = self.scope.get("session")
        return (session is None or session_lives(session.session_key)) and not lacking(self.user)

    async def allowed(self) -> bool:
        raise NotImplementedError

    @database_sync_to_async
    def look(self) -> list[dict[str, Any]]:
        """What changed since the last look, in the reader's language."""
        with translation.override(self.language):
            return plain(self.news())

    def news(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def changed(self, key: str, mark: Any) -> bool:
        """Whether `mark` differs from what was last seen under `key`; remembers it."""
        before = self.marks.get(key)
        self.marks[key] = mark
        return before != mark


class CaseConsumer(Presence, PollingConsumer):
    """Slides, jobs, labels and state of one case, and who else has it open: whoever may view it may know that."""

    case_id: int | None = None

    async def connect(self) -> None:
        await super().connect()
        if self._task:
            await self.join(f"case-{self.case_id}")

    async def disconnect(self, code: int) -> None:
        await self._leave_quietly()
        await super().disconnect(code)

    async def close(self, code: Any = None, reason: Any = None) -> None:
        await self._leave_quietly()  # before the socket ends: nothing can be told to it afterwards
        await super().close(code, reason)

    async def _leave_quietly(self) -> None:
        with contextlib.suppress(Exception):  # where the layer is gone nobody could hear it, and this socket lapses
            await self.leave()

    @database_sync_to_async
    def allowed(self) -> bool:
        accession = self.scope["url_route"]["kwargs"]["accession"]
        case_id = (
            cases_for(self.user).filter(accession=accession).values_list("pk", flat=True).first()
            if self.user.is_authenticated and "\0" not in accession  # for which PostgreSQL refuses to look
            else None
        )
        before, self.case_id = self.case_id, case_id
        return case_id is not None and before in (None, case_id)  # else it was deleted, and its number used again

    def news(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        case = Case.objects.select_related("reader").filter(pk=self.case_id or 0).first()
        if case is None:  # deleted: the next look at who may view it ends the socket
            return [{"type": "gone"}] if self.changed("gone", True) else []
        if self.changed("case", (case.updated_at, case.state)):
            messages.append({"type": "case", "case": CaseSerializer(case, context={"user": self.user}).data})
        for slide in Slide.objects.filter(case=case):
            if self.changed(f"slide {slide.pk}", slide.revision):
                messages.append({"type": "slide", "slide": SlideSerializer(slide).data})
        jobs = Job.objects.filter(slide__case=case).select_related("protocol", "requested_by")
        reported = ReportedAnalysis.objects.filter(slide__case=case).select_related("chosen_by")
        if self.changed("reported", sorted((str(r.job_id), r.chosen_at) for r in reported)):
            chosen = [
                {"job": r.job_id, "by": r.chosen_by.display_name if r.chosen_by else "", "at": r.chosen_at}
                for r in reported
            ]
            messages.append({"type": "reported", "jobs": [str(r.job_id) for r in reported], "chosen": chosen})
        for job in jobs:
            if self.changed(f"job {job.pk}", job.revision):
                messages.append({"type": "job", "job": JobSerializer(job).data})
        every = [reading_of(read_by(self.user, job)) for job in jobs.prefetch_related("readings")]
        for reading in filter(None, every):  # of readings that are not theirs the person is told nothing
            if self.changed(f"labels {reading.pk}", reading.revision):
                messages.append(
                    {
                        "type": "labels",
                        "job": str(reading.job_id),
                        "reading": str(reading.pk),
                        "role": reading.role,
                        "revision": reading.revision,
                        "by": reading.labelled_by,
                    }
                )
        return messages


class WorklistConsumer(PollingConsumer):
    """Running jobs and changed cases of all the cases the person may see."""

    @database_sync_to_async
    def allowed(self) -> bool:
        return bool(self.user.is_authenticated)

    def news(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        visible = cases_for(self.user)
        for job in Job.objects.filter(slide__case__in=visible, state__in=Job.ACTIVE).select_related(
            "protocol", "requested_by", "slide__case"
        ):
            if self.changed(f"job {job.pk}", job.revision):
                accession = job.slide.case.accession
                messages.append({"type": "job", "accession": accession, "job": JobSerializer(job).data})
        for case in visible.select_related("reader").order_by("-updated_at")[:50]:
            if self.changed(f"case {case.pk}", (case.updated_at, case.state)):
                messages.append({"type": "case", "case": CaseSerializer(case, context={"user": self.user}).data})
        return messages


def language_asked_for(scope: Any) -> str:
    """The language in which the page that opened the socket is, chosen as for a page."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    request.COOKIES = scope.get("cookies", {})
    return translation.get_language_from_request(request)


def plain(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """UUIDs and times as text."""
    import json

    from django.core.serializers.json import DjangoJSONEncoder

    result: list[dict[str, Any]] = json.loads(json.dumps(messages, cls=DjangoJSONEncoder))
    return result

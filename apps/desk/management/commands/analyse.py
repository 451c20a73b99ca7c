"""Order an analysis, wait for it, tell what was counted."""

from __future__ import annotations

import json
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Conflict, Missing, Refusal
from apps.accounts.services import acting_user
from apps.analysis.models import Job, Protocol
from apps.analysis.modelservices import sync_models
from apps.analysis.selectors import protocol_named, workers_alive
from apps.analysis.services import request_job
from apps.analysis.tasks import ring
from apps.analysis.worker import installed_cards
from apps.review.analyses import labels_at_stake
from apps.review.countsjson import results_json
from apps.slides.models import Slide
from apps.slides.selectors import slide_for
from hemaview.counting.words import number_of

PATIENCE_S = 30.0


class Command(SentenceCommand):
    help = "Order a protocol for a slide. Example: python manage.py analyse 7f3c… --protocol blood-film --wait --json"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slide", help="the slide's id, or the beginning of it")
        parser.add_argument("--protocol", default="blood-film")
        parser.add_argument("--wait", action="store_true", help="wait for the end; progress on stderr")
        parser.add_argument("--local", action="store_true", help="run it in this process instead of a worker")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--user", default="", help="who orders it (default: the first superuser, or console)")

    def handle(self, **options: Any) -> None:
        user = acting_user(options["user"])
        slide = _slide(user, options["slide"])
        if not Protocol.objects.exists():
            sync_models(installed_cards())  # a database that was migrated but not set up
        protocol = protocol_named(options["protocol"])
        if options["wait"] and not options["local"] and not workers_alive():
            raise Conflict(
                gettext(
                    "No worker is running: start one with `celery -A hemaview.config worker -B`, or add --local to run it here."
                )
            )
        job = request_job(user, slide, protocol)
        if options["local"]:
            job = self._run_here(job)
        else:
            ring([str(job.pk)])
            if options["wait"]:
                job = self._wait(job)
        self._tell(job, options["json"])
        if job.state == Job.State.FAILED:
            raise Refusal(f"{job.reason} {job.advice}")

    def _run_here(self, job: Job) -> Job:
        from apps.analysis.worker import work

        result = work(str(job.pk), self._progress)
        if result is None:
            return self._wait(job)  # a worker was quicker
        return result

    def _wait(self, job: Job) -> Job:
        revision, heard = -1, time.monotonic()
        while True:
            job = Job.objects.select_related("slide__case", "protocol").get(pk=job.pk)
            if job.state not in Job.ACTIVE:
                return job
            if job.revision != revision:
                revision, heard = job.revision, time.monotonic()
                self._progress(job)
            if time.monotonic() - heard > PATIENCE_S and not workers_alive():
                raise Conflict(gettext("The worker has gone; job {job} waits for another one.").format(job=job.pk))
            time.sleep(0.3)

    def _progress(self, job: Job) -> None:
        fields = (
            f", field {job.fields_done} of {job.fields_total}, {number_of(job.cells, 'cell')}"
            if job.fields_total
            else ""
        )
        self.stderr.write(f"{job.state} {job.percent:.0f} %{fields}{' – ' + job.phase if job.phase else ''}")

    def _tell(self, job: Job, as_text: bool) -> None:
        results = [results_json([job], reviewed=False)] if job.reviewable else []
        notes = [*job.notes, *(guard["sentence"] for guard in job.guards)]
        if job.reviewable and (stake := labels_at_stake(job)):
            noun = "label" if stake == 1 else "labels"
            notes.append(
                f"Another analysis of this slide is reported and has {stake} {noun}; they are carried over when this one is "
                "chosen to be reported."
            )
        if as_text:
            answer = {
                "job": str(job.pk),
                "status": job.state,
                "seconds": round(job.duration_s, 2) if job.duration_s is not None else None,
                "fields": job.fields_done,
                "cells": job.cells,
                "models": job.frozen["models"],
                "notes": notes,
                "results": results,
            }
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(
            f"job {job.pk}: {job.state}, {number_of(job.fields_done, 'field')}, {number_of(job.cells, 'cell')}"
        )
        for result in results:
            for line in _lines(result):
                self.stdout.write(line)
        for note in notes:
            self.stdout.write(note)


def _lines(result: dict[str, Any]) -> Iterator[str]:
    """A result as people read it."""
    for section in result["sections"]:
        rows = [row for row in section["rows"] if row["count"]]
        yield f"{section['title']}: n = {section['n']:,} {section['noun']}"
        for row in rows:
            share = "" if row["percent"] is None else f"  {row['percent']:.1f} % ({row['low']:.1f}-{row['high']:.1f})"
            grade = f"  {row['grade']}" if row["grade"] else ""
            yield f"  {row['key']}: {row['count']:,}{share}{grade}"
    for ratio in result["ratios"]:
        if ratio["value"] is not None:
            high = "no upper limit" if ratio["high"] is None else f"{ratio['high']:.2f}"
            yield f"{ratio['name']}: {ratio['value']:.2f} ({ratio['low']:.2f}-{high})"
    for item in (*result["findings"], *result["unsettled"]):
        yield item["text"]
    yield from result["notes"]


def _slide(user: Any, text: str) -> Slide:
    try:
        return slide_for(user, uuid.UUID(text))
    except ValueError:
        pass
    wanted = text.lower().replace("-", "")
    ids = [pk for pk in Slide.objects.values_list("pk", flat=True) if len(wanted) >= 4 and pk.hex.startswith(wanted)]
    if len(ids) != 1:
        raise Missing(
            gettext("There is no slide {text}.").format(text=text)
            if not ids
            else gettext("{ids} slides begin with {text}; write more of the id.").format(ids=len(ids), text=text)
        )
    return slide_for(user, ids[0])

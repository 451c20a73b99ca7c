"""What strangers are told, and what is said while a part of the server is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from kombu.exceptions import OperationalError

from apps.analysis.services import request_job
from apps.analysis.tasks import ring, run_job
from apps.slides.tasks import convert_slide
from apps.slides.tasks import ring as ring_for_slide
from tests import factories
from tests.apps.test_reports import see_all
from tests.integration.stack import free_port

UNREACHABLE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
    }
}


def test_health_says_nothing_of_the_version() -> None:
    answer = Client().get("/health/")
    assert answer.json() == {"status": "ok"} and settings.VERSION not in answer.content.decode()


def test_the_api_is_described_to_people_who_are_signed_in(tess: Any) -> None:
    client = Client()
    assert client.get("/api/v1/openapi/").status_code in (401, 403)
    for page in ("/api/v1/docs/", "/api/v1/redoc/"):
        answer = client.get(page)
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/"), page
    client.force_login(tess)
    assert [client.get(p).status_code for p in ("/api/v1/openapi/", "/api/v1/docs/", "/api/v1/redoc/")] == [200] * 3


@override_settings(CACHES=UNREACHABLE)
def test_not_ready_is_said_while_redis_is_down(db: Any) -> None:
    answer = Client().get("/ready/")
    assert answer.status_code == 503 and answer.json()["cache"].startswith("failed")


@override_settings(CACHES=UNREACHABLE)
def test_signing_while_redis_is_down_ends_in_a_sentence_and_signs_nothing(job: Any, paul: Any, api: Any) -> None:
    see_all(paul, job)
    body = {"password": factories.PASSWORD, "meaning": "Reviewed"}
    with pytest.raises(Exception, match="refused"):
        cache.get("there")
    answer = api(paul).post(f"/api/v1/cases/{job.slide.case.accession}/sign/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (503, "cache-down")
    assert not job.slide.case.reports.exists()


def test_two_who_ask_at_once_do_not_make_the_disk_look_broken(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def taken_away(path: Path, *given: Any, **named: Any) -> int:
        length = write(path, *given, **named)
        if path.name == ".ready":
            path.unlink()  # what the other request does in between
        return length

    monkeypatch.setattr(Path, "write_text", taken_away)
    assert Client().get("/ready/").json()["disk"] == "ok"


def test_an_order_stands_though_the_broker_is_down(slide: Any, tess: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise OperationalError("Connection refused")

    for task in (run_job, convert_slide):
        monkeypatch.setattr(task, "apply_async", down)
    job = request_job(tess, slide, factories.protocol())
    ring([str(job.pk)])
    ring_for_slide(convert_slide, str(slide.pk))
    job.refresh_from_db()
    assert job.state == "requested"

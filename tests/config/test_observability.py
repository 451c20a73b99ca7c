"""Numbers and logs of a running house: for whom the settings name, joined by one id, with nothing of a patient."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog
from django.test import Client

from apps.analysis import services, tasks
from hemaview.config.logs import json_formatter
from hemaview.config.requestid import HEADER
from tests import factories


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """The log so far, as JSON."""
    formatter = json_formatter()
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(formatter.format(record))

    handler, root, request = Keep(), logging.getLogger(), logging.getLogger("hemaview.request")
    root.addHandler(handler)
    level = request.level
    request.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written]
    root.removeHandler(handler)
    request.setLevel(level)


def test_metrics_are_nobodys_unless_the_settings_name_them(db: Any, settings: Any) -> None:
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-token-of-the-house"
    assert Client().get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer a-token-of-the-house"}).status_code == 200
    settings.METRICS_FROM = ["10.1.0.0/16"]
    assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="10.2.2.3").get("/metrics").status_code == 404


def test_metrics_count_what_waits_and_name_no_case(job: Any, tess: Any, slide: Any, settings: Any) -> None:
    settings.METRICS_FROM = ["127.0.0.1"]
    client = Client()
    client.force_login(tess)
    assert client.get("/cases/T-1/").status_code == 200
    services.request_job(tess, factories.slide(factories.case(tess, accession="T-2"), slide.file), factories.protocol())
    text = client.get("/metrics").content.decode()
    for line in (
        'hemaview_jobs{state="done"} 1.0',
        'hemaview_jobs{state="requested"} 1.0',
        "hemaview_jobs_unheld 1.0",
        "hemaview_workers 0.0",
        'hemaview_requests_total{method="GET",route="cases/<str:accession>/",status="200"}',
    ):
        assert line in text, line
    assert not any(word in text for word in ("T-1", "T-2", "P-1", "tess"))


def test_a_request_and_the_worker_that_it_wakes_share_an_id(
    slide: Any, tess: Any, lines: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from apps.analysis import worker

    sent: list[dict[str, Any]] = []
    producer = tasks.run_job.app.amqp
    monkeypatch.setattr(producer, "send_task_message", lambda p, name, message, **how: _publish(message, sent))
    client = Client()
    client.force_login(tess)
    client.get("/worklist-that-is-not-there/")
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        tasks.run_job.delay("x")
    assert sent[0]["request_id"] == "abc"

    contexts: list[Any] = []
    monkeypatch.setattr(worker, "work_next", lambda: contexts.append(structlog.contextvars.get_contextvars()))
    tasks.run_job.apply(("x",), headers={"request_id": "abc"})
    assert contexts == [{"task": "apps.analysis.tasks.run_job", "request_id": "abc"}]
    assert "request_id" not in structlog.contextvars.get_contextvars()


def _publish(message: Any, sent: list[dict[str, Any]]) -> None:
    from celery.signals import before_task_publish

    before_task_publish.send(sender="x", body=message.body, headers=message.headers)
    sent.append(message.headers)


def test_lines_of_the_log_carry_the_id_of_the_answer_and_no_accession(job: Any, tess: Any, lines: Any) -> None:
    client = Client()
    client.force_login(tess)
    good = client.get("/api/v1/cases/T-1/", headers={HEADER: "an id of a stranger"})
    bad = client.get("/api/v1/cases/SECRET-9/")
    own_lines = [line for line in lines() if line.get("request_id") in (good[HEADER], bad[HEADER])]
    assert [line["status"] for line in own_lines if line["event"] == "request"] == [200, 404]
    assert {line["route"] for line in own_lines if line["event"] == "request"} == {"api/v1/cases/<str:accession>/"}
    assert "stranger" not in good[HEADER]
    assert not any(word in json.dumps(own_lines) for word in ("T-1", "SECRET-9", "P-1"))


def test_an_exception_is_told_by_kind_and_place_without_its_words(lines: Any) -> None:
    try:
        raise ValueError("Key (accession)=(SECRET-9) already exists")
    except ValueError:
        logging.getLogger("hemaview").exception("A write failed")
    (line,) = lines()
    assert line["exception"] == "ValueError" and "test_observability.py" in line["frames"][0]
    assert "SECRET-9" not in json.dumps(line)

"""From a file to a signed report over HTTP; workers die on the way.

Each module that imports these tests brings the `stack` they run on: a file of its own, so that both run side by side.
"""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hemaview.assays import assay
from tests.integration.stack import Stack, wait_until


def token(stack: Stack) -> str:
    status, body = stack.ask("POST", "/api/v1/token/", None, {"username": "root", "password": "a-superuser-password-1"})
    assert status == 200, body
    return str(body["token"])


def job_of(stack: Stack, key: str, job: str) -> Any:
    return stack.get(f"/api/v1/jobs/{job}/", key)[1]


def test_1_the_whole_way_with_workers_that_die(stack: Stack, film: Path) -> None:
    key = token(stack)
    assert stack.ask("POST", "/api/v1/cases/", key, {"accession": "W-1", "specimen": "blood-film"})[0] == 201
    worker = stack.worker()

    # A file in chunks, then a slide made ready by the worker.
    raw = film.read_bytes()
    facts = ",".join(
        f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in (("filename", "film.tif"), ("case", "W-1"))
    )
    headers = {"Upload-Length": str(len(raw)), "Upload-Metadata": facts, "Content-Type": "text/plain"}
    assert stack.ask("POST", "/api/v1/uploads/", key, b"", **headers)[0] == 201
    url = "/" + stack.last_headers["location"].split("/", 3)[3]
    for offset in range(0, len(raw), 1 << 20):
        sent = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        assert stack.ask("PATCH", url, key, raw[offset : offset + (1 << 20)], **sent)[0] == 204
    upload = url.rstrip("/").split("/")[-1]
    status, slide = stack.ask("POST", "/api/v1/cases/W-1/slides/", key, {"uploads": [upload], "name": "Synthetic film"})
    assert status == 202, slide
    ready = wait_until(
        lambda: (s := stack.get(f"/api/v1/slides/{slide['id']}/", key)[1])["status"] != "importing" and s, 60, "import"
    )
    assert ready["status"] == "ready", ready
    assert stack.get(f"/slides/{slide['id']}_files/10/0_0.jpg", key)[0] in (200, 403, 404)

    # A job whose worker is killed after its first field is taken over by another one.
    status, job = stack.ask("POST", f"/api/v1/slides/{slide['id']}/jobs/", key, {"protocol": "blood-film"})
    assert status == 201, job
    wait_until(lambda: job_of(stack, key, job["id"])["fields_done"] >= 1, 180, "first field")
    stack.kill(worker)
    killed = job_of(stack, key, job["id"])
    assert killed["state"] == "running" and killed["fields_done"] < killed["fields_total"]
    stack.worker()
    second = stack.worker()
    assert second.poll() is None
    outcome = wait_until(
        lambda: (j := job_of(stack, key, job["id"]))["state"] not in ("requested", "queued", "running") and j,
        300,
        "job",
    )
    assert outcome["state"] == "done" and outcome["attempt" if "attempt" in outcome else "revision"], outcome
    roles = set(assay("blood_film").orders[0].models)
    assert {m["role"] for m in outcome["models"]} == roles and outcome["device"] and outcome["colour_policy"]

    # An undisturbed run of the same slide gives the same bytes.
    results = Path(stack.environment["HEMAVIEW_VAR"]) / "results"
    first = (results / job["id"] / "cells.arrow").read_bytes()
    run = stack.manage("analyse", slide["id"], "--wait", "--json")
    again = json.loads(run.stdout)
    assert again["status"] == "done" and again["cells"] == outcome["cells"]
    assert (results / again["job"] / "cells.arrow").read_bytes() == first
    (result,) = again["results"]
    sections = {section["key"]: section["n"] for section in result["sections"]}
    assert result["assay"] == "blood_film" and sections["red_cells"] > 200 and sections["differential"] > 0
    # The first analysis is reported until a person chooses another.
    status, answer = stack.ask("POST", f"/api/v1/jobs/{again['job']}/choose/", key)
    assert (status, answer["labels"]) == (200, 0)

    # Review, sign, report.
    path = f"/api/v1/jobs/{again['job']}"
    open_cells = stack.get(f"{path}/gallery/?class=all&view=must-see&limit=1000", key)[1]
    signing = {"password": "a-superuser-password-1", "meaning": "Reviewed and approved"}
    if open_cells["rows"]:
        status, refused = stack.ask("POST", "/api/v1/cases/W-1/sign/", key, signing)
        assert (status, refused["code"]) == (409, "must-see-open")
        rows = [r["row"] for r in open_cells["rows"]]
        body = {"action": "confirm", "rows": rows, "base_revision": open_cells["revision"]}
        assert stack.ask("POST", f"{path}/labels/", key, body)[0] == 200
    status, report = stack.ask("POST", "/api/v1/cases/W-1/sign/", key, signing)
    assert status == 201, report
    assert stack.get(report["fhir_url"], key)[1]["resourceType"] == "Bundle"
    out = stack.folder / "report.html"
    written, verified = stack.one_by_one(("report", "W-1", "--out", str(out)), ("verify_audit",))
    assert (written[0], verified[0]) == (0, 0), (written, verified)
    assert report["sha256"] in out.read_text()
    assert "intact" in verified[1]
    assert stack.get("/ready/", None)[1]["workers"] != "0"


_NEXT_DAY = "from apps.cases.models import Case; print(Case.objects.filter(accession='NEXT-DAY').exists())"
_TOKENS = "from apps.accounts.models import ApiToken; print(ApiToken.objects.count())"


def test_2_a_backup_comes_back_into_an_empty_house(stack: Stack, tmp_path: Path) -> None:
    out = tmp_path / "backup.tar.gz"
    key = token(stack)
    # People go on working while it is made.
    with ThreadPoolExecutor(1) as beside:
        making = beside.submit(stack.manage, "backup", str(out))
        opened = 0
        while not making.done():
            opened += 1
            assert stack.ask("POST", "/api/v1/cases/", key, {"accession": f"BESIDE-{opened}"})[0] == 201
        making.result()
    assert opened > 3 and out.stat().st_mode & 0o077 == 0
    assert stack.ask("POST", "/api/v1/cases/", key, {"accession": "NEXT-DAY"})[0] == 201
    next_day = tmp_path / "next-day.tar.gz"
    refused, made = stack.one_by_one(("restore", str(out)), ("backup", str(next_day), "--after", str(out)))
    assert refused[0] == 1 and "not empty" in refused[2]
    assert made[0] == 0, made
    assert next_day.stat().st_size < out.stat().st_size / 4, "files that have not changed are not packed again"
    environment = {**stack.environment, "HEMAVIEW_VAR": str(tmp_path / "third"), "DATABASE_URL": "", "REDIS_URL": ""}
    third = Stack(tmp_path, environment)
    alone = tmp_path / "alone" / next_day.name
    alone.parent.mkdir()
    alone.write_bytes(next_day.read_bytes())
    migrated, refused = third.one_by_one(("migrate", "-v", "0"), ("restore", str(alone)))
    assert migrated[0] == 0, migrated
    assert refused[0] == 1 and "put that beside it" in refused[2]
    assert "chain holds" in third.manage("restore", str(next_day)).stdout
    case, report, verified, tokens = third.one_by_one(
        ("shell", "-v", "0", "-c", _NEXT_DAY),
        ("report", "W-1", "--out", str(tmp_path / "back.html")),
        ("verify_report", "--all"),
        ("shell", "-v", "0", "-c", _TOKENS),
    )
    answers = (case, report, verified, tokens)
    assert [status for status, _, _ in answers] == [0, 0, 0, 0], answers
    assert case[1].split()[-1] == "True"
    assert "Reviewed and approved" in (tmp_path / "back.html").read_text()
    assert "hold" in verified[1]
    assert tokens[1].split()[-1] == "0"


def test_3_commands_refuse_with_one_sentence_and_status_one(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "bad.svs").write_text("no slide")
    refused = (
        ("import_slide", str(tmp_path / "bad.svs"), "--case", "NEW-1", "--create"),
        ("import_slide", str(tmp_path / "missing.svs"), "--case", "W-1"),
        ("analyse", "00000000-0000-0000-0000-000000000000", "--wait"),
        ("report", "NOPE", "--out", str(tmp_path / "x.pdf")),
        ("report", "W-1", "--out", str(tmp_path / "x.docx")),
        ("evaluate", "no-such-net", "--data", str(tmp_path)),
        ("evaluate", "--all", "--data", str(tmp_path)),
        ("train", "no-such-net", "--data", str(tmp_path), "--out", str(tmp_path)),
        ("backup", "/no/such/folder/x.tar.gz"),
        ("restore", str(tmp_path / "bad.svs")),
    )
    # A process of its own for one of them, as people call it; they all pass through the same `main`.
    alone = stack.manage(*refused[0], check=False)
    answers = [(alone.returncode, alone.stderr)]
    answers += [(status, error) for status, _, error in stack.one_by_one(*refused[1:])]
    for arguments, (status, text) in zip(refused, answers, strict=True):
        assert status == 1, arguments
        lines = [line for line in text.strip().splitlines() if not line.endswith("left out")]
        assert len(lines) == 1 and lines[0].endswith("."), (arguments, text)
    assert stack.get("/api/v1/cases/NEW-1/", token(stack))[0] == 404

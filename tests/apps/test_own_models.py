"""Models of one's own: handed in by administrators, tried before anybody may choose them, kept by their hash, retired."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.test.client import encode_multipart
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.html import escape

from apps.accounts import stores, texts
from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.analysis import modeltrial, ownmodels, owntrials, ownuploads
from apps.analysis import protocolservices as protocols
from apps.analysis.modelpages import EXAMPLE
from apps.analysis.models import Algorithm, Job, ModelUpload, ModelVersion, Protocol
from apps.analysis.modelservices import sync_models
from apps.analysis.ownblobs import faults_of_all
from apps.analysis.ownmodels import own_files, switch
from apps.analysis.owntrials import claim
from apps.analysis.ownuploads import receive
from apps.analysis.protocolservices import Chosen, Draft, newest
from apps.analysis.services import request_job
from apps.analysis.tasks import check_model, sweep_models
from apps.analysis.worker import installed_cards, work
from apps.audit.models import Record
from apps.desk.backup import backup, restore
from apps.reports import document, render, services
from apps.reports.manifest import verify
from hemaview.methods.own import texts as cardtexts
from hemaview.methods.own.cardfile import checked_card, read_card
from hemaview.methods.own.weights import ONNX
from tests import factories
from tests import onnxfiles as onnx
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD

NAME, ROLE = "blood-film", "nucleated-cell"
Upload = Callable[..., ModelUpload]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MODELS_DIR = tmp_path / "models"


@pytest.fixture
def ada(db: Any) -> Any:
    sync_models(installed_cards())
    return factories.person("administrator", "ada")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Trials take no time and say this; what a real one tries is tested in tests/inference/test_contract.py."""
    said = [{"key": "file", "title": "The file holds a net", "ok": True, "result": "3 operators", "code": ""}]
    monkeypatch.setattr(modeltrial, "try_out", lambda *_, **__: said)
    return said


def handed(user: Any, raw: bytes | None = None, file: str = "net.onnx", **changes: Any) -> ModelUpload:
    weights = onnx.mean_colour(3) if raw is None else raw
    return receive(user, file, len(weights), [weights], "card.json", onnx.card_bytes(**changes))


def checked(user: Any, **changes: Any) -> ModelVersion:
    row = modeltrial.check(handed(user, **changes).pk)
    assert row is not None and row.state == ModelUpload.State.DONE, row and row.reason
    return ModelVersion.objects.get(algorithm__name=row.name, version=row.version)


def chosen_in_protocol(user: Any, model: ModelVersion, threshold: float | None = None) -> Protocol:
    protocol = newest(NAME)
    draft = Draft.of(protocol)
    return protocols.revise(
        user, protocol, Draft(**{**draft.__dict__, "models": {**draft.models, ROLE: Chosen(model, threshold)}})
    )


def test_a_model_is_uploaded_tried_in_a_child_switched_on_chosen_and_frozen_by_its_hash(
    ada: Any, tess: Any, film: Path
) -> None:
    row = handed(ada, limits=["Knows three classes."])
    assert (
        list(stores.models().names("incoming/")) == [row.blob] and not ModelVersion.objects.exclude(weights="").exists()
    )
    check_model(str(row.pk))
    row.refresh_from_db()
    assert row.state == ModelUpload.State.DONE and [c["key"] for c in row.checks][:2] == ["sandbox", "file"]
    model = ModelVersion.objects.get(algorithm__name="mean-colour")
    assert not model.enabled and model.own and model.uploaded_by == ada and model.checks == row.checks
    assert set(stores.models().names()) == {f"{row.sha256}.onnx", f"{model.card_sha256}.json"}, (
        "content addressed, nothing else"
    )
    assert "Knows three classes." in model.card_text and check_model(str(row.pk)) is None, (
        "a late bell finds nothing to do"
    )

    protocol = newest(NAME)
    (role,) = [m for m in protocols.models_of(protocol) if m.role == ROLE]
    assert model not in protocols.choices(role), "not before it is switched on"
    with pytest.raises(Refusal, match="cannot take the role nucleated cell"):
        chosen_in_protocol(ada, model)
    switch(ada, model, True)
    assert model in protocols.choices(role)
    with pytest.raises(Refusal, match="names no nucleated red cells: a threshold would change nothing"):
        chosen_in_protocol(ada, model, 0.4)
    others = [m for m in protocols.models_of(protocol) if m.role != ROLE]
    assert not any(model in protocols.choices(other) for other in others), "for no role but its own"
    made = chosen_in_protocol(ada, model)
    job = request_job(tess, factories.slide(factories.case(tess), film), made)
    (used,) = [m for m in job.frozen["models"] if m["role"] == ROLE]
    assert used["sha256"] == row.sha256 and used["own"]["card_sha256"] == model.card_sha256
    (files,) = own_files(job.frozen["models"]).values()
    assert files.weights.read_bytes() == onnx.mean_colour(3) and files.sha256 == row.sha256
    (told,) = [m for m in document._models([job]) if m["role"] == ROLE]
    assert told["name"] == "mean-colour" and told["own"] == used["own"] and told["limits"] == ["Knows three classes."]
    lines = list(Record.objects.filter(action__startswith="model.").exclude(action="model.installed").order_by("pk"))
    assert [(line.action, line.actor) for line in lines] == [
        ("model.uploaded", str(ada)), ("model.checked", "worker"), ("model.enabled", str(ada)),
    ]  # fmt: skip
    assert all(line.detail["sha256"] == row.sha256 for line in lines)


def test_what_a_check_refuses_is_never_a_model_and_its_file_is_gone(ada: Any, api: Any) -> None:
    row = modeltrial.check(handed(ada, onnx.mean_colour(5)).pk)
    assert row is not None and (row.state, row.code) == (ModelUpload.State.REFUSED, "wrong-classes")
    assert row.reason.startswith("The net gives (n, 5), but its card names 3 classes") and not row.checks[-1]["ok"]
    assert not list(stores.models().names()) and not Algorithm.objects.filter(name="mean-colour").exists()
    assert Record.objects.get(action="model.refused").detail["reason"] == row.reason
    page = api(ada).get("/models/upload/").content.decode()
    assert "The net gives (n, 5)" in page and "Its file was not kept." in page
    assert handed(ada).name == "mean-colour", "the same name may be tried again"


def test_retired_and_lost_models_are_told_by_the_protocols_that_use_them(
    ada: Any, tess: Any, api: Any, film: Path, quick: Any
) -> None:
    model = checked(ada)
    made = chosen_in_protocol(ada, switch(ada, model, True))
    slide = factories.slide(factories.case(tess), film)
    assert protocols.warnings_of(made) == []
    switch(ada, model, False)
    (warning,) = protocols.warnings_of(made)
    assert (
        warning == f"{model}, its model for nucleated cell, is retired: it cannot be ordered until another is chosen."
    )
    assert warning in api(ada).get("/protocols/").content.decode()
    assert warning in api(ada).get(f"/protocols/{NAME}/").content.decode()
    assert api(ada).get(f"/api/v1/protocols/{NAME}/").json()["warnings"] == [warning]
    with pytest.raises(Refusal) as off:
        request_job(tess, slide, made)
    assert off.value.code == "model-off"
    switch(ada, model, True)
    stores.models().delete(model.weights)
    with pytest.raises(Refusal) as gone:
        request_job(tess, slide, made)
    assert gone.value.code == "model-gone" and protocols.warnings_of(made) == [gone.value.message]
    assert gone.value.message in api(tess).get("/models/").content.decode()
    switch(ada, model, False)
    with pytest.raises(Conflict, match="gone from the disk"):
        switch(ada, model, True)


def test_an_analysis_whose_models_file_was_altered_or_lost_ends_with_its_name(
    ada: Any, tess: Any, film: Path, quick: Any
) -> None:
    model = switch(ada, checked(ada), True)
    made = chosen_in_protocol(ada, model)
    job = request_job(tess, factories.slide(factories.case(tess), film), made)
    frozen = [m for m in job.frozen["models"] if m["role"] == ROLE]
    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, "models": frozen})
    stores.models().put(model.weights, onnx.mean_colour(4))
    done = work(str(job.pk))
    assert done is not None and done.state == Job.State.FAILED
    assert done.reason.startswith("The weights of mean-colour 1 are gone or not those that were checked")
    assert "upload the very same two files again" in done.advice and "setup" not in done.advice
    stores.models().delete(model.weights)
    Job.objects.filter(pk=job.pk).update(state=Job.State.REQUESTED)
    done = work(str(job.pk))
    assert done is not None and done.reason == "The files of mean-colour 1 are gone from the disk."
    assert "choose another model in the protocol" in done.advice
    assert done.advice.startswith("Upload the very same two files again")


def test_names_and_versions_are_given_once(ada: Any, quick: Any) -> None:
    first = handed(ada)
    with pytest.raises(Conflict) as waiting:
        handed(ada)
    assert waiting.value.code == "model-being-checked"
    assert list(stores.models().names()) == [first.blob], "nothing is left of what was refused"
    modeltrial.check(first.pk)
    for changes, code in (({}, "model-exists"), ({"name": "red-cell-unet"}, "model-name-taken")):
        with pytest.raises(Conflict) as taken:
            handed(ada, **changes)
        assert taken.value.code == code
    again = checked(ada, version="2")
    assert again.weights == ModelVersion.objects.get(version="1", algorithm__name="mean-colour").weights, "kept once"
    assert again.card_sha256 != ModelVersion.objects.get(version="1", algorithm__name="mean-colour").card_sha256


@pytest.mark.parametrize(
    ("raw", "file", "changes", "code"),
    [
        (onnx.zip_bomb(8), "net.onnx", {}, "archive"),
        (b"\x80\x04\x95" + b"x" * 60, "net.safetensors", {}, "pickle"),
        (b"x" * 60, "net.pt", {}, "not-a-model"),
        (None, "net.onnx", {"classes": ["NEUT", "lymphocyte", "monocyte"]}, "unknown-class"),
        (None, "net.onnx", {"classes": ["unidentified", "lymphocyte", "monocyte"]}, "unknown-class"),
        (None, "net.onnx", {"roles": ["detector"]}, "role-not-taken"),
        (None, "net.onnx", {"licence_note": None}, "card-incomplete"),
        (None, "net.onnx", {"assay": "urine"}, "unknown-examination"),
        (None, "net.onnx", {"sha256": "0" * 64}, "wrong-weights"),
        (None, "net.onnx", {"name": "upload"}, "card-wrong"),
    ],
)
def test_what_is_refused_at_once_leaves_nothing(
    ada: Any, raw: bytes | None, file: str, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        handed(ada, raw, file, **changes)
    assert refused.value.code == code and refused.value.message.endswith(".")
    assert not list(stores.models().names()) and not ModelUpload.objects.exists()


def test_weights_beyond_the_limit_are_refused_before_they_are_read(ada: Any, api: Any, settings: Any) -> None:
    def never() -> Any:
        raise AssertionError("read")
        yield b""

    with pytest.raises(Refusal, match=r"net.onnx has 300 MB; a model may have 200 MB at most") as refused:
        receive(ada, "net.onnx", 300 * 1024**2, [onnx.mean_colour(3)], "card.json", onnx.card_bytes())
    assert (refused.value.code, refused.value.http_status) == ("model-too-large", 413)
    settings.MODEL_MAX_BYTES = 100
    answer = api(ada).post("/api/v1/models/uploads/", b"x" * 400_000, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413 and answer.json()["code"] == "model-too-large"


def test_a_file_that_did_not_come_whole_is_refused(ada: Any) -> None:
    raw = onnx.mean_colour(3)
    for chunks in ([raw[:-20]], [raw, b"more"]):
        with pytest.raises(Refusal) as refused:
            receive(ada, "net.onnx", len(raw), chunks, "card.json", onnx.card_bytes())
        assert refused.value.code == "cut-short" and not list(stores.models().names())


@pytest.mark.parametrize("role", ["technologist", "pathologist", "researcher", "nobody"])
def test_nobody_but_administrators_uploads_switches_or_sees_uploads(ada: Any, api: Any, quick: Any, role: str) -> None:
    model, upload = checked(ada), ModelUpload.objects.get()
    person = factories.person("researcher" if role == "nobody" else role)
    if role == "nobody":
        person.groups.clear()
    client = api(person)
    files = {"weights": SimpleUploadedFile("n.onnx", onnx.mean_colour(3)), "card": SimpleUploadedFile("c.json", b"{}")}
    assert client.post("/api/v1/models/uploads/", files, format="multipart").status_code == 403
    assert client.get("/api/v1/models/uploads/").status_code == 403
    assert client.get(f"/api/v1/models/uploads/{upload.pk}/").status_code == 403
    assert client.patch("/api/v1/models/mean-colour/1/", {"enabled": True}, format="json").status_code == 403
    assert client.get("/models/upload/").status_code == 403
    assert client.post("/models/upload/", {}).status_code == 403
    assert client.post("/models/mean-colour/", {"act": "on", "version": "1"}).status_code == 403
    assert "Upload a model" not in client.get("/models/").content.decode()
    for attempt in (lambda: handed(person, version="2"), lambda: switch(person, model, True)):
        with pytest.raises(Forbidden):
            attempt()
    model.refresh_from_db()
    assert not model.enabled and ModelUpload.objects.count() == 1


def test_the_api_takes_both_files_and_says_what_was_tried(ada: Any, api: Any, quick: Any) -> None:
    client = api(ada)
    files = {
        "weights": SimpleUploadedFile("net.onnx", onnx.mean_colour(3)),
        "card": SimpleUploadedFile("card.json", onnx.card_bytes()),
    }
    answer = client.post("/api/v1/models/uploads/", files, format="multipart")
    assert answer.status_code == 202 and answer.json()["state"] == "requested", answer.json()
    modeltrial.check(answer.json()["id"])
    done = client.get(f"/api/v1/models/uploads/{answer.json()['id']}/").json()
    assert done["state"] == "done" and done["checks"] == quick
    assert client.get("/api/v1/models/uploads/").json()[0]["id"] == done["id"]
    on = client.patch("/api/v1/models/mean-colour/1/", {"enabled": True}, format="json").json()
    assert on["enabled"] and on["own"] and on["roles"] == [ROLE] and on["checks"] == quick
    (listed,) = [m for m in client.get("/api/v1/models/").json() if m["own"]]
    assert listed == on == client.get("/api/v1/models/mean-colour/1/").json()
    assert client.get("/api/v1/models/mean-colour/9/").json()["code"] == "no-model"
    assert client.post("/api/v1/models/uploads/", {}, format="multipart").status_code == 400


def test_the_page_takes_both_files_in_any_order_and_refuses_anything_else(ada: Any, quick: Any) -> None:
    client = Client()
    client.force_login(ada)
    weights, card = ("net.onnx", onnx.mean_colour(3)), ("card.json", onnx.card_bytes(title="Ours <b>"))

    def post(*files: tuple[str, bytes]) -> Any:
        return client.post("/models/upload/", {"files": [SimpleUploadedFile(*f) for f in files]})

    for files in ((), (weights,), (card, card), (weights, weights)):
        refused = post(*files)
        assert refused.status_code == 400 and "Choose two files together" in refused.content.decode()
    assert post(card, weights).status_code == 302
    page = client.get("/models/upload/").content.decode()
    assert "Waiting: 0 %" in page and 'data-refresh-s="3"' in page
    modeltrial.check(ModelUpload.objects.get().pk)
    shown = client.get("/models/mean-colour/").content.decode()
    assert "Ours &lt;b&gt;" in shown and "<b>" not in shown.replace('<b class="no">', "").partition("<main")[2]
    assert "The file holds a net" in shown and "not switched on" in shown
    assert client.post("/models/mean-colour/", {"act": "on", "version": "1"}).status_code == 302
    assert ModelVersion.objects.get(algorithm__name="mean-colour").enabled
    assert "is retired" in client.post("/models/mean-colour/", {"act": "off"}, follow=True).content.decode()


def test_the_example_on_the_page_is_a_card_that_can_be_taken(ada: Any, api: Any) -> None:
    card = checked_card(read_card(EXAMPLE.encode(), "card.toml"), ONNX, ownuploads.examinations())
    assert card["classes"] == ["segmented_neutrophil", "lymphocyte", "monocyte"]
    assert escape(EXAMPLE.splitlines()[6]) in api(ada).get("/models/upload/").content.decode()


def test_the_command_does_the_same_and_ends_with_a_sentence_where_a_model_is_refused(ada: Any, tmp_path: Path) -> None:
    weights, card = tmp_path / "net.onnx", tmp_path / "card.json"
    weights.write_bytes(onnx.mean_colour(3))
    card.write_bytes(onnx.card_bytes())
    out, said = StringIO(), StringIO()
    call_command(
        "upload_model", str(weights), str(card), "--switch-on", "--json", "--user=ada", stdout=out, stderr=said
    )
    answer = json.loads(out.getvalue())
    assert answer["state"] == "done" and answer["enabled"] and answer["checks"][-1]["key"] == "speed"
    assert "% A cell gets the same answer alone" in said.getvalue()
    with pytest.raises(CommandError, match="There is mean-colour 1 already"):
        call_command("upload_model", str(weights), str(card))
    with pytest.raises(CommandError, match="no file"):
        call_command("upload_model", str(tmp_path / "none.onnx"), str(card))
    card.write_bytes(onnx.card_bytes(version="2"))
    weights.write_bytes(onnx.endless(3))
    with pytest.raises(CommandError, match="The net uses Loop"):
        call_command("upload_model", str(weights), str(card))


def test_a_worker_that_dies_leaves_the_check_to_the_next_and_three_deaths_end_it(ada: Any, quick: Any) -> None:
    row = handed(ada)
    for attempt in (1, 2, 3):
        held = claim(row.pk, f"worker {attempt}")
        assert held is not None and claim(row.pk, "another") is None, "while it is held nobody else has it"
        ModelUpload.objects.filter(pk=row.pk).update(lease=timezone.now() - timezone.timedelta(seconds=1))
        assert owntrials.unheld() == [str(row.pk)]
    assert modeltrial.check(row.pk) is None
    row.refresh_from_db()
    assert (row.state, row.code) == (ModelUpload.State.REFUSED, "crashed") and not list(stores.models().names())
    assert held is not None and owntrials.accept(held, quick) is None, "one who comes back too late makes no model"


def test_the_sweep_rings_for_what_waits_and_forgets_files_of_nobody(
    ada: Any, quick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("apps.analysis.tasks.ring_model", rung.append)
    row = handed(ada)
    stores.models().put("incoming/stray.onnx", b"left by a process that died")
    sweep_models()
    assert rung == [str(row.pk)] and stores.models().exists("incoming/stray.onnx"), "it may be on its way"
    later = timezone.now() + timezone.timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    sweep_models()
    assert list(stores.models().names()) == [row.blob]


def test_setup_leaves_own_models_and_the_protocols_that_use_them_alone(ada: Any, quick: Any) -> None:
    model = switch(ada, checked(ada), True)
    made = chosen_in_protocol(ada, model)
    assert sync_models(installed_cards()) == [] and newest(NAME).pk == made.pk
    brought = {**installed_cards()[0], "name": "mean-colour"}
    assert sync_models([*installed_cards(), brought]) == [
        "left out: model mean-colour, for a model of the laboratory's own has its name"
    ]
    model.refresh_from_db()
    assert model.own and model.card["own"]


def test_a_backup_holds_their_files(ada: Any, quick: Any, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    settings.MODELS_DIR = settings.VAR_DIR / "models"
    settings.ANCHORS_DIR.mkdir(parents=True, exist_ok=True)
    model = checked(ada)
    backup(tmp_path / "all.tar.gz", lambda _: None)
    with tarfile.open(tmp_path / "all.tar.gz") as tar:
        assert {f"models/{model.weights}", f"models/{model.card_blob}"} <= set(tar.getnames())


@pytest.fixture
def kept(ada: Any, quick: Any, settings: Any, tmp_path: Path) -> ModelVersion:
    """A model below a whole VAR_DIR."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    settings.MODELS_DIR = settings.VAR_DIR / "models"
    settings.ANCHORS_DIR.mkdir(parents=True, exist_ok=True)
    return checked(ada)


def test_a_backup_names_files_that_were_altered_or_are_gone(kept: ModelVersion, tmp_path: Path) -> None:
    said: list[str] = []
    backup(tmp_path / "one.tar.gz", said.append)
    assert not [line for line in said if "mean-colour" in line]
    stores.models().put(kept.weights, onnx.mean_colour(4))
    stores.models().delete(kept.card_blob)
    backup(tmp_path / "two.tar.gz", said.append)
    altered, gone = [line for line in said if "mean-colour" in line]
    assert altered.startswith("The file of weights of mean-colour 1, a model of the laboratory's own, was altered")
    assert gone.startswith("The card of mean-colour 1, a model of the laboratory's own, is gone.")
    assert all("upload the same two files again" in line for line in (altered, gone))


def test_a_restored_house_names_them_too_and_everything_else_comes_back(
    kept: ModelVersion, settings: Any, tmp_path: Path
) -> None:
    stores.models().delete(kept.weights)
    backup(tmp_path / "all.tar.gz", lambda _: None)
    said: list[str] = []
    call_command("flush", interactive=False, verbosity=0)
    settings.VAR_DIR = tmp_path / "new"
    settings.MODELS_DIR = settings.VAR_DIR / "models"
    settings.ANCHORS_DIR = settings.VAR_DIR / "anchors"
    restore(tmp_path / "all.tar.gz", said.append)
    assert [line.partition(".")[0] for line in said if "mean-colour" in line] == [
        "The file of weights of mean-colour 1, a model of the laboratory's own, is gone"
    ]
    assert ModelVersion.objects.get(algorithm__name="mean-colour").card_sha256 == kept.card_sha256


def test_a_signed_report_does_not_hold_where_its_models_files_are_altered_or_gone(
    kept: ModelVersion, job: Any, paul: Any, settings: Any, tmp_path: Path
) -> None:
    settings.REPORTS_DIR = tmp_path / "reports"
    own = {"role": ROLE, "name": "mean-colour", "version": "1", "sha256": kept.sha256, **ownmodels.frozen_own(kept)}
    models = [m for m in job.frozen["models"] if m["role"] != ROLE]
    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, "models": [*models, own]})
    job.refresh_from_db()
    see_all(paul, job)
    report = services.sign(paul, job.slide.case, PASSWORD, "Reviewed and approved", "")
    assert verify(report).ok
    call_command("verify_report", "--all", stdout=StringIO())
    raw = onnx.mean_colour(3)
    stores.models().put(kept.weights, onnx.mean_colour(4))
    assert verify(report).differs == (
        "The file of weights of mean-colour 1, a model of the laboratory's own, was altered: it is no longer what its name, its "
        "hash, says.",
    )
    with pytest.raises(SystemExit):
        call_command("verify_report", "--all", stdout=StringIO())
    stores.models().put(kept.weights, raw)
    stores.models().delete(kept.card_blob)
    assert verify(report).differs == ("The card of mean-colour 1, a model of the laboratory's own, is gone.",)


def test_what_a_dead_worker_left_may_be_handed_in_again_once_its_lease_has_ended(ada: Any, quick: Any) -> None:
    first = handed(ada)
    assert claim(first.pk, "a worker that is killed") is not None
    with pytest.raises(Conflict) as held:
        handed(ada)
    assert held.value.code == "model-being-checked"
    ModelUpload.objects.filter(pk=first.pk).update(lease=timezone.now() - timezone.timedelta(seconds=1))
    second = handed(ada)
    first.refresh_from_db()
    assert (first.state, first.code) == (ModelUpload.State.REFUSED, "crashed") and "handed in again" in first.reason
    assert list(stores.models().names()) == [second.blob]
    done = modeltrial.check(second.pk)
    assert done is not None and done.state == ModelUpload.State.DONE


def test_a_trial_that_says_nothing_for_long_keeps_its_lease_while_its_worker_lives(
    ada: Any, monkeypatch: pytest.MonkeyPatch, quick: Any
) -> None:
    row, leases = handed(ada), []

    def slow(*args: Any) -> list[dict[str, Any]]:
        ModelUpload.objects.filter(pk=row.pk).update(lease=timezone.now() - timezone.timedelta(seconds=1))
        args[-1]()
        leases.append(ModelUpload.objects.get(pk=row.pk).lease)
        return quick

    monkeypatch.setattr(modeltrial, "try_out", slow)
    modeltrial.check(row.pk)
    assert leases[0] > timezone.now() + timezone.timedelta(seconds=30)


@pytest.mark.parametrize("gone", [False, True])
def test_the_very_same_files_mend_a_model_that_was_altered_or_lost(ada: Any, api: Any, quick: Any, gone: bool) -> None:
    model = checked(ada)
    if gone:
        stores.models().delete(model.weights)
        stores.models().delete(model.card_blob)
        assert "upload the very same two files again" in ownmodels.what_is_gone(model)
    else:
        stores.models().put(model.weights, b"altered")
    with pytest.raises(Conflict, match="these are not its files: upload the very same two to put them back") as other:
        handed(ada, onnx.mean_colour(4))
    assert other.value.code == "model-exists"
    files = {
        "weights": SimpleUploadedFile("net.onnx", onnx.mean_colour(3)),
        "card": SimpleUploadedFile("card.json", onnx.card_bytes()),
    }
    answer = api(ada).post("/api/v1/models/uploads/", files, format="multipart")
    assert answer.status_code == 200 and answer.json()["state"] == "done" and answer.json()["checks"] == quick
    assert set(stores.models().names()) == {model.weights, model.card_blob}
    assert not list(faults_of_all()) and ModelVersion.objects.filter(algorithm__name="mean-colour").count() == 1
    assert Record.objects.filter(action="model.files-put-back").count() == 1
    with pytest.raises(Conflict, match="give this one another version"):
        handed(ada)


def test_a_request_with_a_file_twice_or_a_third_one_is_refused(ada: Any, api: Any) -> None:
    def sent(*names: str) -> Any:
        data = MultiValueDict({
            name: [
                SimpleUploadedFile("c.json", onnx.card_bytes())
                if name == "card"
                else SimpleUploadedFile("n.onnx", onnx.mean_colour(3))
            ]
            * names.count(name)
            for name in names
        })  # fmt: skip
        raw = encode_multipart("limit", {name: data.getlist(name) for name in data})
        return api(ada).post("/api/v1/models/uploads/", raw, content_type="multipart/form-data; boundary=limit")

    for names in (("weights", "weights", "card"), ("weights", "card", "card"), ("weights", "card", "more")):
        answer = sent(*names)
        assert (answer.status_code, answer.json()["code"]) == (400, "two-files"), names
    assert not ModelUpload.objects.exists() and sent("weights", "card").status_code == 202


def test_no_more_than_twenty_uploads_of_one_person_wait(ada: Any, quick: Any) -> None:
    rows = [handed(ada, version=str(n)) for n in range(ownuploads.MOST_WAITING)]
    with pytest.raises(Conflict, match="20 of your uploads wait to be checked") as many:
        handed(ada, version="more")
    assert many.value.code == "too-many-waiting"
    assert handed(factories.person("administrator", "bob"), version="his").state == ModelUpload.State.REQUESTED
    modeltrial.check(rows[0].pk)
    assert handed(ada, version="more").version == "more"


def test_a_net_for_strange_films_has_no_part_beside_a_model_that_calls_none_strange(
    ada: Any, quick: Any, job: Any
) -> None:
    other = {"role": "nucleated-cell-elsewhere", "name": "nucleated-cell-strangers", "version": "1", "sha256": "a" * 64}
    for stains, part in ((None, False), ([[0, 0, 0], [1, 1, 1]], True)):
        model = checked(ada, version="2" if part else "1", stains=stains)
        own = {
            "role": ROLE, "name": "mean-colour", "version": model.version, "sha256": model.sha256,
            **ownmodels.frozen_own(model),
        }  # fmt: skip
        job.frozen = {**job.frozen, "models": [own, other]}
        job.save()
        made = document.build(job.slide.case)
        (row,) = [m for m in made["models"] if m["role"] == "nucleated-cell-elsewhere"]
        assert row.get("no_part", False) is not part
        assert ("It had no part" in render.html(made, None)) is not part and (part or not row["measured"])


def test_a_card_turns_no_text_that_the_house_refuses_elsewhere() -> None:
    for code in (0x61, 0x5D0, *range(0x2000, 0x2070)):
        assert texts.turns_text(chr(code)) == cardtexts.turns_text(chr(code)), hex(code)

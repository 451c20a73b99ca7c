"""Models of one's own are handed in by administrators: by page, API and command; what cannot be taken is refused at once."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.test.client import encode_multipart
from django.utils.datastructures import MultiValueDict
from django.utils.html import escape

from apps.accounts import stores, texts
from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.analysis import modeltrial, ownuploads
from apps.analysis.modelpages import EXAMPLE
from apps.analysis.models import ModelUpload, ModelVersion
from apps.analysis.ownmodels import switch
from apps.analysis.ownuploads import receive
from hemaview.methods.own import texts as cardtexts
from hemaview.methods.own.cardfile import checked_card, read_card
from hemaview.methods.own.weights import ONNX
from tests import factories
from tests import onnxfiles as onnx
from tests.apps.own_models.steps import ROLE, checked, handed


def test_names_and_versions_are_given_once(ada: Any, quick: Any) -> None:
    first = handed(ada)
    with pytest.raises(Conflict) as waiting:
        handed(ada)
    assert waiting.value.code == "model-being-checked"
    assert list(stores.models().names()) == [first.blob], "nothing is left of what was refused"
    modeltrial.check(first.pk)
    for changes, code in (({}, "model-exists"), ({"name": "red-cell-unet"}, "model-name-taken")):
        with pytest.raises(Conflict) as refusal:
            handed(ada, **changes)
        assert refusal.value.code == code
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
    upload = client.get(f"/api/v1/models/uploads/{answer.json()['id']}/").json()
    assert upload["state"] == "done" and upload["checks"] == quick
    assert client.get("/api/v1/models/uploads/").json()[0]["id"] == upload["id"]
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
    html = client.get("/models/mean-colour/").content.decode()
    assert "Ours &lt;b&gt;" in html and "<b>" not in html.replace('<b class="no">', "").partition("<main")[2]
    assert "The file holds a net" in html and "not switched on" in html
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
    out, progress = StringIO(), StringIO()
    call_command(
        "upload_model", str(weights), str(card), "--switch-on", "--json", "--user=ada", stdout=out, stderr=progress
    )
    answer = json.loads(out.getvalue())
    assert answer["state"] == "done" and answer["enabled"] and answer["checks"][-1]["key"] == "speed"
    assert "% A cell gets the same answer alone" in progress.getvalue()
    with pytest.raises(CommandError, match="mean-colour 1 already exists"):
        call_command("upload_model", str(weights), str(card))
    with pytest.raises(CommandError, match="no file"):
        call_command("upload_model", str(tmp_path / "none.onnx"), str(card))
    card.write_bytes(onnx.card_bytes(version="2"))
    weights.write_bytes(onnx.endless(3))
    with pytest.raises(CommandError, match="The net uses Loop"):
        call_command("upload_model", str(weights), str(card))


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
    with pytest.raises(Conflict, match="20 of your uploads are waiting to be checked") as many:
        handed(ada, version="more")
    assert many.value.code == "too-many-waiting"
    assert handed(factories.person("administrator", "bob"), version="his").state == ModelUpload.State.REQUESTED
    modeltrial.check(rows[0].pk)
    assert handed(ada, version="more").version == "more"


def test_a_card_turns_no_text_that_the_house_refuses_elsewhere() -> None:
    for code in (0x61, 0x5D0, *range(0x2000, 0x2070)):
        assert texts.turns_text(chr(code)) == cardtexts.turns_text(chr(code)), hex(code)

"""The laboratory's head and phrases: who changes them, what is refused, what stands on reports."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.accounts import stores
from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.audit.models import Record
from apps.desk import seed
from apps.laboratory import services
from apps.laboratory.models import Phrase
from apps.laboratory.selectors import head, laboratory, logo_bytes, phrases
from apps.reports import document, render
from apps.reports import services as reports
from apps.reports.selectors import proved_bytes
from tests import factories
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.LABORATORY_DIR = tmp_path / "laboratory"


@pytest.fixture
def ada(db: Any) -> Any:
    return factories.person("administrator", "ada")


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (160, 30, 50)).save(stream, kind)
    return stream.getvalue()


def test_only_administrators_change_the_laboratory_and_its_phrases(ada: Any, paul: Any, api: Any) -> None:
    for work in (
        lambda: services.change_laboratory(paul, name="Mine"),
        lambda: services.set_logo(paul, picture()),
        lambda: services.create_phrase(paul, "a", "A."),
    ):
        with pytest.raises(Forbidden, match="Only administrators can change the laboratory's settings"):
            work()
    for method, url, body in (
        ("patch", "/api/v1/laboratory/", {"name": "Mine"}),
        ("post", "/api/v1/phrases/", {"code": "a", "text": "A."}),
        ("delete", "/api/v1/laboratory/logo/", None),
    ):
        assert getattr(api(paul), method)(url, body, format="json").status_code == 403, url
    assert api(paul).get("/laboratory/").status_code == 403
    assert api(ada).get("/laboratory/").status_code == 200
    assert not Record.objects.filter(action__startswith="laboratory").exists()


def test_each_change_of_the_head_is_one_line_with_what_was_and_what_is(ada: Any) -> None:
    services.change_laboratory(ada, name="St Luke’s", phone="1")
    services.change_laboratory(ada, name="St Luke’s", phone="2")
    services.change_laboratory(ada, phone="2")
    lines = list(Record.objects.filter(action="laboratory.changed").order_by("pk"))
    assert [line.detail for line in lines] == [
        {"before": {"name": "", "phone": ""}, "after": {"name": "St Luke’s", "phone": "1"}},
        {"before": {"phone": "1"}, "after": {"phone": "2"}},
    ]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_kept_small_and_without_what_else_its_file_held(ada: Any, kind: str) -> None:
    raw = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken in the ward"
    Image.new("RGB", (900, 300), (160, 30, 50)).save(raw, kind, exif=exif)
    services.set_logo(ada, raw.getvalue())
    with Image.open(io.BytesIO(logo_bytes())) as logo:
        assert (logo.format, logo.size) == ("PNG", (600, 200))
    assert b"ward" not in logo_bytes()
    assert head()["logo"].startswith("data:image/png;base64,")
    first = laboratory().logo
    services.set_logo(ada, picture(size=(90, 30)))
    assert list(stores.laboratory().names()) == [laboratory().logo] != [first], "the logo before is not left behind"
    services.set_logo(ada, None)
    assert not list(stores.laboratory().names())
    with pytest.raises(Missing):
        logo_bytes()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"<svg/>", "no-picture"),
        (picture()[:200], "no-picture"),
        (picture("GIF"), "no-picture"),
        (picture(size=(4001, 8)), "logo-too-large"),
        (b"\x89PNG" + bytes(1024**2), "logo-too-large"),
    ],
)
def test_what_is_no_small_png_or_jpeg_is_refused_and_the_logo_before_stands(ada: Any, raw: bytes, code: str) -> None:
    services.set_logo(ada, picture())
    before = logo_bytes()
    with pytest.raises(Refusal) as refused:
        services.set_logo(ada, raw)
    assert refused.value.code == code and logo_bytes() == before


def test_a_logo_comes_in_over_the_api_and_by_the_page(ada: Any, api: Any) -> None:
    body = {"png_or_jpeg": base64.b64encode(picture()).decode()}
    answer = api(ada).post("/api/v1/laboratory/logo/", body, format="json")
    assert answer.json()["logo_url"] == "/laboratory/logo.png"
    assert api(ada).get("/laboratory/logo.png").content == logo_bytes()
    assert api(ada).post("/api/v1/laboratory/logo/", {"png_or_jpeg": "%%"}, format="json").json()["code"] == "invalid"
    client = Client()
    client.force_login(ada)
    file = SimpleUploadedFile("logo.svg", b"<svg/>")
    answer = client.post("/laboratory/", {"act": "logo", "logo": file})
    assert answer.status_code == 400 and b"This is not a PNG or JPEG picture." in answer.content


def test_phrases_are_added_changed_and_removed_each_with_its_line(ada: Any, api: Any) -> None:
    client, url = api(ada), "/api/v1/phrases/"
    body = {"code": "schisto", "text": "Schistocytes are present.", "assay": "blood_film"}
    assert client.post(url, body, format="json").json() == {**body, "kind": "phrase"}
    assert client.post(url, body, format="json").json()["code"] == "phrase-exists"
    assert client.post(url, {**body, "code": "UP"}, format="json").json()["code"] == "invalid"
    assert client.post(url, {**body, "code": "b", "assay": "no"}, format="json").json()["code"] == "no-examination"
    assert client.patch(f"{url}schisto/", {"text": "Fragments."}, format="json").json()["text"] == "Fragments."
    services.create_phrase(ada, "normal", "Normal film.", Phrase.Kind.TEMPLATE)
    assert [p.code for p in phrases("marrow")] == ["normal"] and len(phrases()) == 2
    assert client.delete(f"{url}schisto/").status_code == 204
    assert client.delete(f"{url}schisto/").json()["code"] == "no-phrase"
    actions = Record.objects.filter(object_type="phrase").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["phrase.created", "phrase.changed", "phrase.created", "phrase.removed"]


def test_a_taken_code_cannot_be_given_to_another_phrase(ada: Any) -> None:
    services.create_phrase(ada, "a", "A.")
    other = services.create_phrase(ada, "b", "B.")
    with pytest.raises(Conflict, match="A phrase called a already exists"):
        services.change_phrase(ada, other, code="a")


def test_the_page_adds_a_phrase_and_says_what_is_wrong_beside_the_field(ada: Any) -> None:
    client = Client()
    client.force_login(ada)
    answer = client.post("/laboratory/", {"act": "phrase", "code": "A b", "kind": "phrase", "text": "x"})
    assert answer.status_code == 400 and b"Use lower-case letters" in answer.content
    long = client.post("/laboratory/", {"act": "phrase", "code": "a" * 200, "kind": "phrase", "text": "x"})
    assert long.status_code == 400 and b"it has 200" in long.content
    assert b"maxlength" not in client.get("/laboratory/").content, "a browser would cut what is pasted without a word"
    client.post("/laboratory/", {"act": "phrase", "code": "ab", "kind": "phrase", "text": "x"})
    assert Phrase.objects.get().code == "ab"
    assert client.post("/laboratory/phrases/ab/", {"act": "remove"}).status_code == 302
    assert not Phrase.objects.exists()


def test_reports_carry_the_head_as_it_was_when_they_were_signed(job: Any, paul: Any, ada: Any) -> None:
    services.change_laboratory(ada, name="St Luke’s", address="12 Harbour Street", phone="+44 1")
    services.set_logo(ada, picture())
    logo = head()["logo"]
    see_all(paul, job)
    report = reports.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    page = proved_bytes(report.html_name, report.html_sha256).decode()
    services.change_laboratory(ada, name="Elsewhere")
    services.set_logo(ada, None)
    for text in ("St Luke’s", "12 Harbour Street", "Telephone +44 1", logo):
        assert text in page
    assert proved_bytes(report.html_name, report.html_sha256).decode() == page
    assert "Elsewhere" in render.html(document.build(job.slide.case, pictures=False), None)


def test_a_logo_whose_file_is_gone_holds_the_signature_until_somebody_says_why(job: Any, paul: Any, ada: Any) -> None:
    services.set_logo(ada, picture())
    stores.laboratory().delete(laboratory().logo)
    see_all(paul, job)
    with pytest.raises(Conflict, match="logo is missing") as refused:
        reports.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    assert refused.value.code == "held"
    reports.sign(paul, job.slide.case, PASSWORD, "Reviewed", reason="It cannot wait for a picture.")


def test_the_demonstration_has_a_head_and_phrases_and_leaves_what_people_entered(ada: Any) -> None:
    seed._laboratory(ada)
    assert laboratory().name == "Demonstration laboratory" and len(phrases()) == len(seed.PHRASES)
    services.change_laboratory(ada, name="Ours")
    services.remove_phrase(ada, phrases()[0])
    seed._laboratory(ada)
    assert laboratory().name == "Ours" and len(phrases()) == len(seed.PHRASES) - 1

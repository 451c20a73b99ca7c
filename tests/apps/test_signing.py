"""A signature that has begun wins: what it signs is not changed until it ends, lapses or fails."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.errors import Conflict, Refusal
from apps.audit.models import Record
from apps.audit.services import verify
from apps.cases.locks import begin_signing, hold_open
from apps.cases.models import Case
from apps.cases.services import administer_case, set_comment, set_conclusion, set_rights, update_case
from apps.reports import render, services
from apps.reports.manifest import verify as verify_report
from apps.reports.models import Report
from apps.review.models import Reading
from apps.review.selectors import gallery
from apps.review.services import label_cells
from apps.review.state import label_revision
from apps.slides.imports import run_import
from apps.slides.models import Slide, Upload
from hemaview.blobs import LocalBlobs
from tests import factories
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD


def begin(case: Case) -> Case:
    with transaction.atomic():
        return begin_signing(hold_open(case))


def lapse(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(signing_until=timezone.now() - timedelta(seconds=1))


WRITES: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("PATCH", "/api/v1/cases/{acc}/", {"stain": "Wright"}),
    ("POST", "/api/v1/cases/{acc}/comment/", {"comment": "late"}),
    ("POST", "/api/v1/cases/{acc}/reader/", {"username": "paul"}),
    ("POST", "/api/v1/cases/{acc}/sign/", {"password": PASSWORD, "meaning": "Reviewed"}),
    ("POST", "/api/v1/cases/{acc}/amend/", {"reason": "because"}),
    ("POST", "/api/v1/cases/{acc}/slides/", {"uploads": ["{upload}"]}),
    ("PATCH", "/api/v1/slides/{slide}/", {"mpp": 0.3}),
    ("PATCH", "/api/v1/slides/{slide}/", {"colour": "stored"}),
    ("DELETE", "/api/v1/slides/{other}/", None),
    ("POST", "/api/v1/slides/{slide}/removal/", {"reason": "wrong"}),
    ("POST", "/api/v1/slides/{slide}/jobs/", {"protocol": "blood-film"}),
    ("POST", "/api/v1/jobs/{job}/cancel/", None),
    ("POST", "/api/v1/jobs/{job}/retry/", None),
    ("POST", "/api/v1/jobs/{job}/labels/", {"action": "confirm", "rows": [0], "base_revision": 0}),
    ("POST", "/api/v1/jobs/{job}/cells/", {"x": 50, "y": 50, "w": 20, "h": 20, "label": 14}),
    ("POST", "/api/v1/jobs/{job}/labels/undo/", None),
)


def test_every_write_of_what_a_report_says_is_refused_while_the_case_is_being_signed(
    job: Any, paul: Any, api: Any, film: Path
) -> None:
    case, client = job.slide.case, api(paul)
    other = factories.slide(case, film)
    upload = Upload.objects.create(case=case, owner=paul, name="a.tif", length=1, offset=1)
    names = {"acc": case.accession, "slide": job.slide_id, "other": other.pk, "job": job.pk, "upload": upload.pk}
    lines = Record.objects.count()
    begin(case)
    for method, address, body in WRITES:
        if body and "uploads" in body:
            body = {"uploads": [str(upload.pk)]}
        send = getattr(client, method.lower())
        answer = send(address.format(**names), body, format="json")
        assert (answer.status_code, answer.json().get("code")) == (409, "being-signed"), (method, address)
    begun = client.post("/api/v1/uploads/", HTTP_UPLOAD_LENGTH="5", HTTP_UPLOAD_METADATA="filename YS50aWY=,case VC0x")
    assert (begun.status_code, begun.json()["code"]) == (409, "being-signed")
    assert Record.objects.count() == lines and Upload.objects.count() == 1
    assert client.get(f"/api/v1/cases/{case.accession}/").json()["being_signed"]


def test_who_may_see_a_case_can_be_changed_while_it_is_signed_and_afterwards(job: Any, paul: Any) -> None:
    keeper, case = factories.person("administrator"), begin(job.slide.case)
    set_rights(keeper, case, paul, {"view", "sign"})
    assert update_case(keeper, case, restricted=True).restricted
    Case.objects.filter(pk=case.pk).update(signing_key="", state=Case.State.SIGNED)
    assert not update_case(keeper, case, restricted=False).restricted


def test_a_signature_that_has_lapsed_leaves_the_case_as_it_was(job: Any, paul: Any) -> None:
    see_all(paul, job)
    case = begin(job.slide.case)
    lapse(case)
    assert set_comment(paul, case, "The process of the other signature has died").state == Case.State.IN_REVIEW
    assert services.sign(paul, case, PASSWORD, "Reviewed").version == 1


def test_a_change_after_a_lapse_is_never_signed_over(
    job: Any, paul: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.REPORTS_DIR = tmp_path / "reports"  # one of its own: tests beside this one sign, too
    see_all(paul, job)
    case, html = job.slide.case, render.html

    def slow(*args: Any) -> str:
        page = html(*args)
        lapse(case)
        update_case(paul, case, stain="Giemsa")
        return page

    monkeypatch.setattr(render, "html", slow)
    with pytest.raises(Conflict) as refused:
        services.sign(paul, case, PASSWORD, "Reviewed")
    assert refused.value.code == "signing-lapsed"
    assert not Report.objects.exists() and not list(settings.REPORTS_DIR.glob("*"))
    case.refresh_from_db()
    assert (case.state, case.stain, case.being_signed) == (Case.State.IN_REVIEW, "Giemsa", False)


def test_of_two_who_sign_after_a_lapse_the_later_one_signs(
    job: Any, paul: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    see_all(paul, job)
    case, html = job.slide.case, render.html
    second: list[Report] = []

    def slow(*args: Any) -> str:
        if not second:
            lapse(case)
            second.append(None)  # type: ignore[arg-type]
            second[0] = services.sign(paul, case, PASSWORD, "Approved")
        return html(*args)

    monkeypatch.setattr(render, "html", slow)
    with pytest.raises(Conflict) as refused:
        services.sign(paul, case, PASSWORD, "Reviewed")
    assert refused.value.code == "signing-lapsed"
    assert [r.meaning for r in Report.objects.all()] == ["Approved"]


@pytest.mark.django_db(transaction=True)
def test_a_report_is_written_outside_of_any_transaction(job: Any, paul: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    see_all(paul, job)
    inside: list[bool] = []
    for name in ("html", "pdf"):
        real = getattr(render, name)
        monkeypatch.setattr(
            render, name, lambda *a, real=real: (inside.append(connection.in_atomic_block), real(*a))[1]
        )
    services.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    assert inside and not any(inside)


def test_a_signature_that_fails_frees_the_case_at_once(job: Any, paul: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    see_all(paul, job)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LocalBlobs, "put", full)
    with pytest.raises(OSError):
        services.sign(paul, job.slide.case, PASSWORD, "Reviewed", "A comment")
    case = Case.objects.get(pk=job.slide.case_id)
    assert not case.signing_key and case.state == Case.State.IN_REVIEW and not Report.objects.exists()


def test_a_case_is_not_signed_while_a_slide_comes_in(job: Any, paul: Any) -> None:
    see_all(paul, job)
    Slide.objects.create(case=job.slide.case, name="late", sha256=uuid.uuid4().hex)
    with pytest.raises(Conflict) as refused:
        services.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    assert refused.value.code == "import-running"


def test_two_who_change_a_case_from_the_same_page_lose_nothing(slide: Any, tess: Any, paul: Any) -> None:
    one, other = (Case.objects.get(pk=slide.case_id) for _ in range(2))
    update_case(tess, one, stain="Giemsa")
    after = update_case(paul, other, question="Blasts?")
    assert (after.stain, after.question) == ("Giemsa", "Blasts?")
    line = Record.objects.get(actor="paul", action="case.changed")
    assert (line.detail["before"], line.detail["after"]) == ({"question": ""}, {"question": "Blasts?"})
    update_case(paul, other, question="Blasts?")
    assert Record.objects.filter(actor="paul", action="case.changed").count() == 1, "no change, no line"


def test_a_slide_that_was_removed_while_it_was_imported_does_not_come_back(
    slide: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.slides import imports

    Slide.objects.filter(pk=slide.pk).update(
        status=Slide.Status.IMPORTING, import_request={"names": [], "pictures": False, "mpp": None}
    )
    prepare = imports.prepare

    def slow(*args: Any) -> Any:
        result = prepare(*args)
        Slide.objects.filter(pk=slide.pk).delete()
        return result

    monkeypatch.setattr(imports, "prepare", slow)
    run_import(slide.pk)
    assert not Slide.objects.exists()


# --- the administration ---------------------------------------------------------------------------------------------


def keeper_and_client() -> tuple[Any, Client]:
    keeper = factories.person("administrator")
    keeper.is_staff = True
    keeper.save()
    client = Client()
    client.force_login(keeper)
    return keeper, client


FACTS = {"pseudonym": "P-9", "specimen": "blood-film", "stain": "MGG", "question": "Blasts?", "reader": ""}


def test_the_administration_changes_a_case_by_the_same_services(slide: Any) -> None:
    keeper, client = keeper_and_client()
    case, page = slide.case, f"/admin/cases/case/{slide.case.pk}/change/"
    assert client.post(page, {**FACTS, "accession": "RENAMED"}).status_code == 302
    case.refresh_from_db()
    assert (case.accession, case.pseudonym, case.question) == ("T-1", "P-9", "Blasts?")
    line = Record.objects.get(actor=keeper.username, action="case.changed")
    assert line.detail["before"] == {"pseudonym": "P-1", "question": ""} and line.detail["by"] == "administration"
    assert client.post("/admin/cases/case/add/", {**FACTS, "accession": "T-77"}).status_code == 302
    assert Case.objects.get(accession="T-77").created_by == keeper
    assert verify().ok


@pytest.mark.parametrize("state", ["signed", "being signed"])
def test_the_administration_cannot_change_what_is_signed(state: str, slide: Any) -> None:
    _, client = keeper_and_client()
    case = slide.case
    if state == "signed":
        Case.objects.filter(pk=case.pk).update(state=Case.State.SIGNED)
    else:
        begin(case)
    page = f"/admin/cases/case/{case.pk}/change/"
    assert b'name="pseudonym"' not in client.get(page).content
    client.post(page, FACTS)
    case.refresh_from_db()
    assert (case.pseudonym, case.question) == ("P-1", "")


def test_a_refusal_in_the_administration_is_said_on_its_page(slide: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.cases import services as cases

    def refuse(*_: Any, **__: Any) -> None:
        raise Refusal("This case is being signed; try again in a moment.", code="being-signed")

    monkeypatch.setattr(cases, "administer_case", refuse)
    _, client = keeper_and_client()
    answer = client.post(f"/admin/cases/case/{slide.case.pk}/change/", FACTS, follow=True)
    assert answer.status_code == 200 and "This case is being signed" in answer.content.decode()


def test_a_restricted_case_is_restricted_in_the_administration_too(job: Any, paul: Any) -> None:
    see_all(paul, job)
    case = job.slide.case
    report = services.sign(paul, case, PASSWORD, "Reviewed")
    keeper, client = keeper_and_client()
    lists = ("cases/case", "slides/slide", "analysis/job", "reports/report", "review/labelevent")
    pages = (
        f"cases/case/{case.pk}/change", f"cases/case/{case.pk}/permissions", f"slides/slide/{job.slide_id}/change",
        f"analysis/job/{job.pk}/change", f"reports/report/{report.pk}/change",
    )  # fmt: skip
    n_rows = [client.get(f"/admin/{name}/").context["cl"].result_count for name in lists]
    assert all(n_rows), n_rows
    set_rights(keeper, case, factories.person("administrator"), {"view", "administer"})
    update_case(keeper, case, restricted=True)
    assert [client.get(f"/admin/{name}/").context["cl"].result_count for name in lists] == [0] * 5
    for page in pages:
        answer = client.get(f"/admin/{page}/")
        assert answer.status_code in (302, 404), page
        assert answer.status_code == 404 or answer["Location"] == "/admin/", page


def test_the_reader_of_a_signed_case_is_not_changed_by_service_api_or_administration(
    job: Any, paul: Any, api: Any
) -> None:
    see_all(paul, job)
    case = services.sign(paul, job.slide.case, PASSWORD, "Reviewed").case
    answer = api(paul).post(f"/api/v1/cases/{case.accession}/reader/", {"username": "paul"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "case-locked")
    with pytest.raises(Conflict, match="signed"):
        administer_case(factories.person("administrator"), case, reader=paul)
    case.refresh_from_db()
    assert case.reader is None


@pytest.mark.parametrize("name", ["conclusion", "comment"])
def test_words_that_somebody_wrote_meanwhile_are_neither_replaced_nor_signed_away(
    job: Any, tess: Any, paul: Any, name: str
) -> None:
    case = job.slide.case
    write = {"conclusion": set_conclusion, "comment": set_comment}[name]
    write(tess, case, "Blasts.", before="")
    with pytest.raises(Conflict, match=f"changed the {name} in the meantime; it now reads “Blasts.”"):
        write(paul, case, "Normal.", before="")
    see_all(paul, job)
    with pytest.raises(Conflict, match="Blasts"):
        services.sign(paul, case, PASSWORD, "Reviewed", **{name: "", f"{name}_before": ""})
    case.refresh_from_db()
    assert (getattr(case, name), case.state) == ("Blasts.", Case.State.IN_REVIEW)
    services.sign(paul, case, PASSWORD, "Reviewed", **{name: "Normal.", f"{name}_before": "Blasts."})
    case.refresh_from_db()
    assert (getattr(case, name), case.state) == ("Normal.", Case.State.SIGNED)


def test_counts_that_changed_since_they_were_shown_are_not_signed(job: Any, tess: Any, paul: Any, api: Any) -> None:
    see_all(paul, job)
    url = f"/api/v1/cases/{job.slide.case.accession}"
    stamps = api(paul).get(f"{url}/signing/").json()["count_stamps"]
    rows = [r["row"] for r in gallery(job, 0, "position", 0, 10)["rows"]]
    label_cells(tess, job, "reject", rows, [], None, label_revision(job))
    body = {"password": PASSWORD, "meaning": "Reviewed", "conclusion": "Normal."}
    refused = api(paul).post(f"{url}/sign/", {**body, "count_stamps": stamps}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "counts-changed")
    assert "look at the counts again" in refused.json()["detail"]
    case = Case.objects.get(pk=job.slide.case.pk)
    assert (case.state, case.conclusion, case.reports.count()) == (Case.State.IN_REVIEW, "", 0)
    assert api(paul).post(f"{url}/sign/", {**body, "count_stamps": {}}, format="json").status_code == 409
    now = api(paul).get(f"{url}/signing/").json()["count_stamps"]
    assert api(paul).post(f"{url}/sign/", {**body, "count_stamps": now}, format="json").status_code == 201


def test_a_signature_that_does_not_say_what_was_seen_is_accepted_as_before(job: Any, paul: Any, api: Any) -> None:
    see_all(paul, job)
    body = {"password": PASSWORD, "meaning": "Reviewed"}
    assert api(paul).post(f"/api/v1/cases/{job.slide.case.accession}/sign/", body, format="json").status_code == 201


def test_a_consensus_of_the_same_revision_is_not_what_was_seen(job: Any, paul: Any, api: Any) -> None:
    see_all(paul, job)
    url = f"/api/v1/cases/{job.slide.case.accession}"
    stamps = api(paul).get(f"{url}/signing/").json()["count_stamps"]
    Reading.objects.create(job=job, role=Reading.Role.CONSENSUS, revision=label_revision(job))
    body = {"password": PASSWORD, "meaning": "Reviewed", "count_stamps": stamps}
    assert api(paul).post(f"{url}/sign/", body, format="json").json()["code"] == "counts-changed"


def test_an_error_after_the_signature_stands_leaves_its_files(
    job: Any, paul: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the connection breaks just when the transaction has ended."""
    see_all(paul, job)
    conclude = services._conclude

    def then_breaks(*args: Any) -> Report:
        conclude(*args)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(services, "_conclude", then_breaks)
    with pytest.raises(OperationalError):
        services.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    assert verify_report(Report.objects.get()).ok


def test_the_administration_gives_a_case_only_to_who_may_review_it(slide: Any, paul: Any) -> None:
    _, client = keeper_and_client()
    case, page = slide.case, f"/admin/cases/case/{slide.case.pk}/change/"
    looker = factories.person("researcher", "rosa")
    answer = client.post(page, {**FACTS, "reader": looker.pk}, follow=True)
    assert "rosa may not review this case." in answer.content.decode()
    case.refresh_from_db()
    assert (case.reader, case.pseudonym) == (None, "P-1"), "nothing of the form was written"
    assert client.post(page, {**FACTS, "reader": paul.pk}).status_code == 302
    case.refresh_from_db()
    assert (case.reader, case.pseudonym) == (paul, "P-9")


def test_the_administration_offers_no_field_for_the_conclusion_which_it_would_not_write(slide: Any, paul: Any) -> None:
    set_conclusion(paul, slide.case, "Normal film.")
    _, client = keeper_and_client()
    page = client.get(f"/admin/cases/case/{slide.case.pk}/change/").content.decode()
    assert "Normal film." in page and 'name="conclusion"' not in page and 'name="comment"' not in page


def test_an_accession_number_is_not_dropped_unsaid_from_a_change(slide: Any, tess: Any, api: Any) -> None:
    address = f"/api/v1/cases/{slide.case.accession}/"
    answer = api(tess).patch(address, {"accession": "T-2", "stain": "Wright"}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["accession"])
    same = api(tess).patch(address, {"accession": slide.case.accession, "stain": "Wright"}, format="json")
    assert (same.status_code, same.json()["stain"]) == (200, "Wright")

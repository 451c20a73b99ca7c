"""Sites teach a net of their own: ordered by administrators, learned in the background, switched on and off."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client, TestCase
from django.utils import timezone

from apps.accounts.errors import Conflict, Forbidden, Missing
from apps.analysis import adaptations
from apps.analysis.models import Adaptation, Algorithm, Job, ModelVersion
from apps.analysis.modelservices import sync_models
from apps.analysis.selectors import protocol_named
from apps.analysis.services import request_job
from apps.analysis.worker import installed_cards
from apps.audit.models import Record
from apps.cases.models import Case
from apps.cases.services import set_rights, update_case
from apps.review.services import label_cells
from apps.review.state import label_revision
from apps.slides.models import Site
from apps.slides.sites import create_site, remove_site, set_site
from apps.teaching import labels
from apps.teaching.learning import learn
from apps.teaching.services import order
from apps.teaching.tasks import learn_site
from hemaview.inference import OutOfMemory, UnknownModel, read_taught
from hemaview.learning.engine import teach as engine
from hemaview.learning.publish import site as site_lessons
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.plan import Plan, PlannedField
from tests import factories

pytestmark = pytest.mark.django_db
ASSAY = "blood_film"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Few steps: what is learned is no matter here."""
    monkeypatch.setattr(engine, "FEWEST_STEPS", 1)
    monkeypatch.setattr(engine, "MOST_STEPS", 1)
    monkeypatch.setattr(labels, "MOST_UNLABELLED", 6)
    monkeypatch.setattr(site_lessons, "CURVE_SHARES", (0.5,))
    monkeypatch.setattr(settings, "ADAPTATIONS_DIR", tmp_path / "adaptations")


@pytest.fixture
def ada() -> Any:
    sync_models(installed_cards())
    return factories.person("administrator", "ada")


@pytest.fixture
def site(ada: Any) -> Site:
    return create_site(ada, "Ward 3, phone")


def read_film(by: Any, film: Path, accession: str, site: Site, n_labels: int = 16) -> Job:
    """A finished analysis of a slide of the site, of which so many nucleated cells are named."""
    slide = factories.slide(factories.case(by, accession=accession), film)
    set_site(by, slide, site)
    job = factories.finished_job(slide, factories.cells({"normal": 10, "segmented_neutrophil": 12, "lymphocyte": 10}))
    field = PlannedField(0, 0, 0, 1024, 768, 0.4, 1.0, 0.8, 1.0, True)
    RunFolder(job.folder).keep_plan(Plan(0.25, "file", None, [field]))
    rows = list(range(10, 10 + n_labels))
    label_cells(by, job, "confirm", rows[: n_labels // 2], [], None, label_revision(job))
    label_cells(by, job, "relabel", rows[n_labels // 2 :], [], "monocyte", label_revision(job))
    return job


def test_a_site_teaches_its_net_and_new_analyses_use_it_until_it_is_switched_off(
    ada: Any, tess: Any, film: Path, site: Site
) -> None:
    first, second = (read_film(tess, film, f"S-{i}", site) for i in (1, 2))
    out, progress = StringIO(), StringIO()
    call_command("adapt", site.name, "--json", "--user=ada", stdout=out, stderr=progress)
    answer = json.loads(out.getvalue())
    assert answer["number"] == 1 and not answer["in_force"] and "% learning" in progress.getvalue()
    teaching = adaptations.adaptations().get(pk=answer["adaptation"])
    assert teaching.state == Adaptation.State.DONE and learn(teaching.pk) is None, (
        "a bell that comes late finds nothing to do"
    )
    assert (
        teaching.report["by_class"] == {"segmented_neutrophil": 16, "monocyte": 16} and teaching.report["n_slides"] == 2
    )
    assert {cell["reader"] for cell in teaching.cells} == {tess.display_name} and len(teaching.cells) == 32
    assert {cell["job"] for cell in teaching.report["next"]} <= {str(first.pk), str(second.pk)} and teaching.report[
        "next"
    ]

    protocol, slide = protocol_named("blood-film"), first.slide
    Job.objects.filter(slide=slide).update(state=Job.State.DONE)
    assert not any("taught" in m for m in request_job(tess, slide, protocol).frozen["models"]), (
        "not before it is switched on"
    )
    Job.objects.filter(slide=slide).update(state=Job.State.DONE)
    adaptations.switch(ada, teaching, True)
    job = request_job(tess, slide, protocol)
    (used,) = [m for m in job.frozen["models"] if "taught" in m]
    assert used["name"] == "nucleated-cell-strangers" and used["taught"]["site"] == site.name
    path, sha256 = adaptations.taught_file(job)  # type: ignore[misc]
    assert read_taught(path, sha256).base == used["name"] and sha256 == teaching.sha256
    Job.objects.filter(slide=slide).update(state=Job.State.DONE)
    adaptations.switch(ada, teaching, False)
    assert not any("taught" in m for m in request_job(tess, slide, protocol).frozen["models"])
    path.unlink()
    with pytest.raises(Missing, match="missing from the disk"):
        adaptations.taught_file(job)
    actions = list(Record.objects.filter(object_type="adaptation").order_by("pk").values_list("action", flat=True))
    assert actions == ["site.teach", "site.taught", "site.switched", "site.switched"]


def test_too_few_cells_one_class_or_no_site_are_refused_in_a_sentence(
    ada: Any, tess: Any, film: Path, site: Site
) -> None:
    job = read_film(tess, film, "S-1", site, n_labels=4)
    with pytest.raises(Conflict, match=r"has 4 named nucleated cells in .*; at least 20 are needed"):
        order(ada, site, ASSAY)
    label_cells(tess, job, "relabel", list(range(10, 32)), [], "blast", label_revision(job))
    with pytest.raises(Conflict, match="of one class"):
        order(ada, site, ASSAY)
    with pytest.raises(Forbidden):
        order(tess, site, ASSAY)
    with pytest.raises(CommandError, match="no such site"):
        call_command("adapt", "Ward 9")
    with pytest.raises(Conflict, match="slides or teachings"):
        remove_site(ada, site)
    with pytest.raises(Conflict, match="already"):
        create_site(ada, " ward 3,  PHONE ")


def test_a_signed_cases_slide_may_be_given_a_site_and_nothing_else_changes(
    ada: Any, tess: Any, film: Path, site: Site
) -> None:
    slide = factories.slide(factories.case(tess, accession="S-1"), film)
    Case.objects.filter(pk=slide.case_id).update(state=Case.State.SIGNED)
    set_site(ada, slide, site)
    slide.refresh_from_db()
    assert slide.site == site and slide.case.state == Case.State.SIGNED
    assert Record.objects.get(action="slide.site").detail == {"before": "", "after": site.name}


def test_a_worker_that_dies_leaves_it_to_the_next_and_three_deaths_end_it(
    ada: Any, tess: Any, film: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in (1, 2):
        read_film(tess, film, f"S-{i}", site)
    row = order(ada, site, ASSAY)
    rung: list[str] = []
    monkeypatch.setattr(learn_site, "apply_async", lambda args, **how: rung.append(args[0]))
    stale: Adaptation | None = None
    for attempt in range(3):
        teaching = adaptations.claim(row.pk, f"worker {attempt}")
        assert (
            teaching is not None and not adaptations.TEACHINGS.unheld() and adaptations.claim(row.pk, "another") is None
        )
        Adaptation.objects.filter(pk=row.pk).update(lease=timezone.now() - timedelta(seconds=adaptations.LEASE_S))
        assert adaptations.TEACHINGS.unheld() == [str(row.pk)]
        if stale is not None:
            assert not adaptations.TEACHINGS.note(stale, "learning", 50), "the worker before writes nothing any more"
        stale = teaching
    from apps.teaching.tasks import sweep

    sweep()
    assert rung == [str(row.pk)] and adaptations.claim(row.pk, "a fourth") is None
    row.refresh_from_db()
    assert row.state == Adaptation.State.FAILED and "3 times" in row.reason


def figures(macro_f1: float) -> dict[str, float | None]:
    return {
        "accuracy": 0.8, "macro_f1": macro_f1, "blast_recall": None, "coverage": 0.6, "silent_error": 0.01, "unidentified": 0.3,
    }  # fmt: skip


def test_the_page_and_the_api_say_how_good_it_is_and_switch_it(
    ada: Any, tess: Any, film: Path, site: Site, client: Client, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [read_film(tess, film, f"S-{i}", site) for i in (1, 2)]
    rung: list[str] = []
    monkeypatch.setattr(learn_site, "apply_async", lambda args, **how: rung.append(args[0]))
    client.force_login(ada)
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(f"/sites/{site.pk}/", {"act": "teach", "assay": ASSAY})
    row = Adaptation.objects.get()
    assert rung == [str(row.pk)] and "Waiting: 0 %" in client.get(f"/sites/{site.pk}/").content.decode()
    with pytest.raises(Conflict, match="already being taught"):
        order(ada, site, ASSAY)
    with pytest.raises(Conflict, match="cannot be switched on"):
        adaptations.switch(ada, row, True)
    teaching = adaptations.claim(row.pk, "worker")
    assert teaching is not None
    of_job = {"accession": "S-1", "slide": str(jobs[0].slide_id), "job": str(jobs[0].pk)}
    report = {
        "n_labels": 32, "n_slides": 2, "by_class": {"monocyte": 32}, "left_out": "slides", "before": figures(0.4),
        "after": figures(0.7), "curve": [{"n_labels": 10, "macro_f1": 0.5}, {"n_labels": 32, "macro_f1": 0.7}],
        "without_labels": ["blast"], "next": [{**of_job, "row": 30}, {**of_job, "row": 10}],
    }  # fmt: skip
    assert adaptations.finish(teaching, cells=[{}] * 32, report=report, file=b"taught")
    page = client.get(f"/sites/{site.pk}/").content.decode()
    assert "32 cells of 2 slides" in page and "70.0 %" in page and "Macro F1 by number of labels: 0.50 with 10" in page
    assert "hardly better" not in page
    assert f"job={jobs[0].pk}&amp;cell=30" in page, "a row is a cell of one analysis only"
    assert "cell=30" in page and "cell=10" not in page, "what somebody has named since is not asked for again"
    client.post(f"/sites/{site.pk}/", {"act": "on", "adaptation": str(row.pk)})
    assert "in use" in client.get(f"/sites/{site.pk}/").content.decode()
    assert "Blood film, teaching 1" in client.get("/sites/").content.decode()
    (answer,) = api(ada).get(f"/api/v1/sites/{site.pk}/adaptations/").json()
    assert answer["id"] == str(row.pk) and answer["labels"] == 32 and answer["in_force"]
    off = api(ada).patch(f"/api/v1/adaptations/{row.pk}/", {"in_force": False}, format="json").json()
    assert off["in_force"] is False
    refused = client.post(f"/sites/{site.pk}/", {"act": "slides", "accession": "nothing"}, follow=True).content.decode()
    assert "There is no case nothing" in refused
    assert client.post("/sites/", {"name": "Second"}).status_code == 302 and Site.objects.count() == 2
    worse = {**report, "before": {**figures(0.7), "blast_recall": 0.9}, "after": {**figures(0.7), "blast_recall": 0.5}}
    Adaptation.objects.filter(pk=row.pk).update(report=worse)
    page = client.get(f"/sites/{site.pk}/").content.decode()
    assert "hardly better than the shipped net" in page and "fewer of the held-out blasts" in page
    client.force_login(tess)
    assert client.get("/sites/").status_code == 403
    assert api(tess).post(f"/api/v1/sites/{site.pk}/adaptations/", {}, format="json").status_code == 403


def test_a_slides_site_is_set_and_taken_away_over_the_api(
    ada: Any, tess: Any, slide: Any, site: Site, api: Any
) -> None:
    url = f"/api/v1/slides/{slide.pk}/"
    assert api(tess).get(url).json()["site"] is None
    assert api(tess).patch(url, {"site": "ward 3, PHONE"}, format="json").json()["site"] == site.name
    assert api(tess).patch(url, {"site": "Ward 4"}, format="json").json()["code"] == "no-site"
    assert api(tess).patch(url, {"site": None}, format="json").json()["site"] is None
    assert api(factories.person("researcher")).patch(url, {"site": site.name}, format="json").status_code == 403


def test_a_slide_comes_in_with_its_site(ada: Any, site: Site, film: Path) -> None:
    out = StringIO()
    call_command("import_slide", str(film), "--case=S-9", "--create", "--site", "WARD 3, phone", "--json", stdout=out)
    assert json.loads(out.getvalue())["slides"][0]["site"] == site.name
    with pytest.raises(CommandError, match=r"no such site \(there is: Ward 3, phone\)"):
        call_command("import_slide", str(film), "--case=S-10", "--create", "--site", "Ward 4")
    assert not Case.objects.filter(accession="S-10").exists()


def test_two_sites_never_differ_in_capitals_alone_whichever_way_they_come_in(ada: Any) -> None:
    create_site(ada, "Ward 3")
    with pytest.raises(Conflict, match="A site called WARD 3 already exists"):
        create_site(ada, "WARD 3")
    with pytest.raises(IntegrityError):
        Site.objects.create(name="ward 3")


def test_the_api_names_no_cell_of_a_case_that_its_reader_may_not_see(
    ada: Any, tess: Any, film: Path, site: Site, api: Any
) -> None:
    jobs = [read_film(tess, film, f"S-{i}", site, 2) for i in (1, 2)]
    suggestions = [
        {"accession": j.slide.case.accession, "slide": str(j.slide_id), "job": str(j.pk), "row": 0} for j in jobs
    ]
    row = Adaptation.objects.create(
        site=site, assay=ASSAY, number=1, base=ModelVersion.objects.first(), state=Adaptation.State.DONE,
        report={"before": figures(0.5), "after": figures(0.6), "curve": [], "next": suggestions},
    )  # fmt: skip
    other = factories.person("administrator")
    set_rights(ada, jobs[0].slide.case, ada, {"view", "administer"})
    update_case(ada, jobs[0].slide.case, restricted=True)
    addresses = (f"/api/v1/sites/{site.pk}/adaptations/", f"/api/v1/adaptations/{row.pk}/")
    for user, seen in ((ada, ["S-1", "S-2"]), (other, ["S-2"])):
        of_site, of_row = (api(user).get(address).json() for address in addresses)
        for report in (of_site[0]["report"], of_row["report"]):
            assert [cell["accession"] for cell in report["next"]] == seen


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OutOfMemory("The model ran out of memory over a single picture."),
            "set HEMAVIEW_BATCH lower; then teach again",
        ),
        (MemoryError(), "set HEMAVIEW_BATCH lower; then teach again"),
        (UnknownModel("There is no model called some-net."), "manage.py setup"),
    ],
)
def test_a_teaching_that_fails_says_what_a_person_can_do(
    error: Exception, words: str, ada: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    algorithm = Algorithm.objects.create(name="some-net", title="Some net", task="classification")
    base = ModelVersion.objects.create(algorithm=algorithm, version="1", sha256="d" * 64)
    monkeypatch.setattr("apps.teaching.learning._learn", fail)
    ended = learn(adaptations.create(ada, site, "blood_film", base).pk)
    assert ended is not None and ended.state == Adaptation.State.FAILED and words in ended.reason


def test_a_worker_whose_teaching_went_to_another_does_not_write_over_that_ones_file(ada: Any, site: Site) -> None:
    algorithm = Algorithm.objects.create(name="some-net", title="Some net", task="classification")
    base = ModelVersion.objects.create(algorithm=algorithm, version="1", sha256="d" * 64)
    row = adaptations.create(ada, site, "blood_film", base)
    first = adaptations.claim(row.pk, "one")
    Adaptation.objects.filter(pk=row.pk).update(lease=timezone.now() - timedelta(hours=1))
    second = adaptations.claim(row.pk, "two")
    assert first is not None and second is not None
    assert adaptations.finish(second, cells=[], report={}, file=b"of the second")
    assert not adaptations.finish(first, cells=[], report={}, file=b"of the first")
    assert (settings.ADAPTATIONS_DIR / row.blob).read_bytes() == b"of the second"
    row.refresh_from_db()
    assert row.sha256 == hashlib.sha256(b"of the second").hexdigest()

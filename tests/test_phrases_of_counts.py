"""Headings and names of what is counted, why cells must be seen, and what a worker is at are in the catalogue: in pseudo-English
none of them stays plain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string
from django.utils import translation

from apps.analysis.api.serializers import JobSerializer, ModelUploadSerializer
from apps.analysis.cellfiles import regions
from apps.analysis.models import Adaptation, Job, ModelUpload
from apps.desk.consumers import CaseConsumer, PollingConsumer, language_asked_for
from apps.review import mustsee
from apps.review.countsjson import pooled_json
from apps.teaching.api.serializers import AdaptationSerializer
from hemaview.assays import Assay, assays, must_see_reasons
from hemaview.cells.table import OUTSIDE, UNANSWERED
from hemaview.counting.values import Result, Tally
from hemaview.counting.words import cells_of, noun_for
from hemaview.methods.own.checks import TITLES
from tests import factories

ROOT = Path(__file__).parents[1]
OURS = [one for one in assays().values() if one.count.__module__.startswith("hemaview.assays.")]


def of_the_catalogue(text: str) -> bool:
    return re.fullmatch("⟦.*⟧", text) is not None


def results(one: Assay) -> Iterator[Result]:
    """Of no cell, and of some of each class, with and without an area."""
    some = {c.key: 60 for c in one.schema.classes}
    facts: dict[str, Any] = {"by_field": [some] * 4, "analyser": {"wbc_10e9_per_l": 5.0}}
    for tally in (Tally({}), Tally(some, **facts), Tally(some, counted_mm2=0.4, searched_mm2=2.0, **facts)):
        yield one.count(tally, one.schema, one.rules)


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.key)
def test_headings_ratios_and_what_is_counted_are_said_in_the_readers_language(
    one: Assay, pseudo_language: None
) -> None:
    for result in results(one):
        for section in result.sections:
            names = [row.name for row in section.rows if row.key not in one.schema.by_key]
            texts = [section.title, section.noun, *names]
            assert [text for text in texts if not of_the_catalogue(text)] == []
            assert all(
                of_the_catalogue(text)
                for n in (1, 7)
                for text in (cells_of(n, section.noun), noun_for(n, section.noun))
            )
        assert [ratio.name for ratio in result.ratios if not of_the_catalogue(ratio.name)] == []


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.key)
def test_a_ratio_states_whether_its_name_says_the_unit(one: Assay) -> None:
    for result in results(one):
        said = {ratio.name: ratio.unit_in_name for ratio in result.ratios}
        assert said == {name: " per " in name for name in said}


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.key)
def test_why_cells_must_be_seen_is_said_in_the_readers_language(one: Assay, pseudo_language: None) -> None:
    counts = {c.key: 2 for c in one.schema.classes}
    cells = factories.cells(counts, unsure=sum(counts.values()), key=one.key)
    cells.flags[:] = [0, OUTSIDE] * len(counts)
    cells.flags[-1] = UNANSWERED
    reasons = set(must_see_reasons(cells, one.schema, one.must_see, 0.2)) - {""}
    names = {c.name.lower() for c in one.schema.classes if c.must_see}
    assert {reason for reason in reasons - names if not of_the_catalogue(reason)} == set()
    assert reasons - names


def test_why_cells_must_be_seen_is_remembered_by_language(slide: Any, pseudo_language: None) -> None:
    job = factories.finished_job(slide, factories.cells({"segmented_neutrophil": 4}, unsure=2))
    pseudo = set(mustsee.reasons(job))
    with translation.override("en"):
        english = set(mustsee.reasons(job))
    assert any("⟦" in why for why in pseudo) and not any("⟦" in why for why in english)


def test_counts_of_a_job_are_sent_in_the_readers_language(job: Job, pseudo_language: None) -> None:
    counts = pooled_json([job])
    texts = [text for s in counts["sections"] for text in (s["title"], s["noun"], s["unit"])]
    texts += [r["name"] for r in counts["ratios"]]
    assert len(texts) > 12 and [text for text in texts if not of_the_catalogue(text)] == []


def test_why_a_field_was_left_out_is_said_in_the_readers_language(
    job: Job, pseudo_language: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = dict.fromkeys(("index", "x", "y", "w", "h", "focus", "single_ratio", "tissue"), 0)
    fields = [{**field, "used": True, "reason": ""}, {**field, "used": False, "reason": "out of focus"}]
    monkeypatch.setattr("apps.analysis.cellfiles.plan_of", lambda job: {"fields": fields})
    assert all(of_the_catalogue(f["reason"]) for f in regions(job)["fields"])


def phases_outside(source: str) -> list[str]:
    """What a worker says that it is at, as a plain text of a module."""
    said = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            said += node.args[:1] if name in ("phase", "progress", "step") else []
            said += [one.value for one in node.keywords if one.arg == "phase"]
    return [one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value]


def test_a_phase_outside_the_catalogue_is_seen() -> None:
    assert phases_outside('sink.phase("looking for tissue")\nnote(phase="counting", percent=1)') == [
        "looking for tissue",
        "counting",
    ]
    assert phases_outside('sink.phase(gettext_noop("looking for tissue"))\nrow.update(phase="")') == []


def test_no_phase_of_a_worker_stands_outside_the_catalogue() -> None:
    folders = ("apps", "hemaview/pipeline", "hemaview/methods", "hemaview/learning/publish")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert {str(path.relative_to(ROOT)): said for path in paths if (said := phases_outside(path.read_text()))} == {}


def test_a_phase_is_answered_in_the_readers_language(job: Job, pseudo_language: None) -> None:
    job.phase = "looking for tissue"
    assert of_the_catalogue(JobSerializer(job).data["phase"])
    job.phase = ""
    assert JobSerializer(job).data["phase"] == ""
    for serializer in (ModelUploadSerializer(), AdaptationSerializer()):
        assert of_the_catalogue(serializer.fields["phase"].to_representation("learning"))


def test_pages_print_a_phase_in_the_readers_language() -> None:
    plain = [
        path.name for path in (ROOT / "templates").rglob("*.html") if re.search(r"{{[^}]*\bphase\b", path.read_text())
    ]
    assert plain == []
    assert {Adaptation._meta.get_field("phase").max_length, ModelUpload._meta.get_field("phase").max_length} == {
        64,
        120,
    }


def test_checks_of_a_model_are_named_in_the_readers_language(pseudo_language: None) -> None:
    checks = [{"title": title, "ok": True, "result": ""} for title in TITLES.values()]
    page = render_to_string("analysis/checks.html", {"checks": checks})
    assert [title for title in TITLES.values() if title in page] == [] and page.count("⟦") >= len(TITLES)


def test_news_of_a_socket_are_in_the_language_that_its_browser_asks_for(
    job: Job, tess: Any, settings: Any, pseudo_language: None
) -> None:
    Job.objects.filter(pk=job.pk).update(phase="looking for tissue")
    consumer = CaseConsumer()
    consumer.user, consumer.case_id, consumer.marks, consumer.language = tess, job.slide.case_id, {}, "en-xa"
    look: Any = PollingConsumer.__dict__["look"].func
    with translation.override("en"):
        (sent,) = [message["job"] for message in look(consumer) if message["type"] == "job"]
    assert of_the_catalogue(sent["phase"])
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    settings.LANGUAGE_CODE = "en"
    assert language_asked_for({"headers": [(b"accept-language", b"de-CH,de;q=0.9,en;q=0.5")]}) == "de"
    assert language_asked_for({"headers": []}) == "en"


def test_reasons_are_told_from_each_other_in_any_language(pseudo_language: None) -> None:
    film = next(one for one in OURS if one.key == "blood_film")
    cells = factories.cells({"segmented_neutrophil": 3})
    cells.flags[:] = [0, OUTSIDE, UNANSWERED]
    seen = must_see_reasons(cells, film.schema, film.must_see, 0.0)
    assert np.array_equal(seen != "", [False, True, True]) and seen[1] != seen[2]

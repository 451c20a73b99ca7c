"""Annotations of a slide: written, changed, taken away and brought back; who may; what an export and a signature make of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.audit.models import Record
from apps.reports import services
from apps.reports.exports import exporters, source
from apps.review.annotations import annotate, annotations_of, remove, restore, rewrite
from tests import factories
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD

TRIANGLE = [[10, 10], [60, 10], [10, 60]]


def exported(of: Any) -> list[dict[str, Any]]:
    features = json.loads(b"".join(exporters()["geojson"].pieces(of)))["features"]
    return [f for f in features if f["properties"]["objectType"] == "annotation"]


def test_an_annotation_is_written_rewritten_removed_and_restored_with_a_record(slide: Any, tess: Any) -> None:
    annotation = annotate(tess, slide, "polygon", TRIANGLE, " A clump of platelets ")
    rewrite(tess, annotation, "Platelets")
    remove(tess, annotation)
    assert annotations_of(slide) == []
    restore(tess, annotation)
    (row,) = annotations_of(slide)
    assert (row.text, row.kind, row.points) == ("Platelets", "polygon", TRIANGLE)
    lines = Record.objects.filter(action__startswith="annotation.").order_by("pk").values_list("action", flat=True)
    assert [a.partition(".")[2] for a in lines] == ["added", "rewritten", "removed", "restored"]


@pytest.mark.parametrize(
    ("kind", "points", "sentence"),
    [
        ("circle", [[1, 1]], "there are: point, line"),
        ("line", [[1, 1]], "has 2 points"),
        ("polygon", TRIANGLE[:2], "3 to 2,000 points"),
        ("polygon", [[10, 10], [20, 20], [20, 10], [10, 20]], "crosses itself"),
        ("point", [[1025, 1]], "outside the slide"),
        ("point", [[1, float("nan")]], "outside the slide"),
    ],
)
def test_what_is_no_shape_on_the_slide_is_refused(slide: Any, tess: Any, kind: str, points: Any, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        annotate(tess, slide, kind, points, "")


def test_only_its_writer_or_who_signs_changes_an_annotation(slide: Any, tess: Any, paul: Any) -> None:
    annotation = annotate(tess, slide, "point", [[5, 5]], "here")
    with pytest.raises(Forbidden):
        remove(factories.person("technologist", "tom"), annotation)
    assert remove(paul, annotation).removed_by == paul


def test_annotations_go_out_with_geojson_as_they_stood_when_the_case_was_signed(job: Any, tess: Any, paul: Any) -> None:
    slide, case = job.slide, job.slide.case
    annotate(tess, slide, "rectangle", [[10, 20], [110, 220]], "dense")
    gone = annotate(tess, slide, "line", [[0, 0], [30, 40]], "")
    see_all(paul, job)
    report = services.sign(paul, case, PASSWORD, "Reviewed")
    with pytest.raises(Conflict, match="signed"):
        annotate(tess, slide, "point", [[1, 1]], "late")
    services.amend(paul, case, "another look")
    remove(tess, gone)
    assert [f["geometry"]["type"] for f in exported(source.of_report(report))] == ["Polygon", "LineString"]
    (now,) = exported(source.of_job(job))
    assert now["geometry"]["coordinates"] == [[[10, 20], [110, 20], [110, 220], [10, 220], [10, 20]]]
    assert (now["properties"]["name"], now["properties"]["metadata"]["by"]) == ("dense", "tess")


def test_annotations_over_http(slide: Any, tess: Any, api: Any) -> None:
    url = f"/api/v1/slides/{slide.pk}/annotations/"
    answer = api(tess).post(url, {"kind": "point", "points": [[5, 6]], "text": "here"}, format="json")
    assert answer.status_code == 201
    one = f"/api/v1/annotations/{answer.json()['id']}/"
    assert api(tess).patch(one, {"text": "there"}, format="json").json()["text"] == "there"
    assert api(tess).delete(one).json()["removed"] and api(tess).get(url).json() == []
    assert not api(tess).post(f"{one}restore/").json()["removed"] and len(api(tess).get(url).json()) == 1
    assert api(factories.person("technologist")).delete(one).status_code == 403

"""Labels: append-only, undone, in conflict; counts follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from apps.accounts.errors import Conflict, Refusal
from apps.analysis.cellfiles import cells_of, schema_of
from apps.review.countsjson import counts_json
from apps.review.models import LabelEvent
from apps.review.selectors import gallery, labels_json
from apps.review.services import add_cell, label_cells, undo
from apps.review.state import label_revision, labels_of
from apps.review.upon import row_at
from hemaview.cells.table import BY_NUCLEATED, CUT, EMBEDDED
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.plan import Plan, PlannedField
from tests import factories
from tests.schemas import BLOOD_FILM

SEG, LYMPH, NRBC = (BLOOD_FILM.index(k) for k in ("segmented_neutrophil", "lymphocyte", "erythroblast"))


def wbc(job: Any) -> dict[str, int]:
    job.refresh_from_db()
    section = counts_json(job)["sections"][0]
    return {r["key"]: r["reviewed"]["count"] for r in section["rows"] if r["reviewed"]["count"]}


def test_relabelling_moves_a_cell_from_one_count_to_the_other_and_leaves_the_machines_alone(
    job: Any, tess: Any
) -> None:
    row = 40  # the first segmented neutrophil
    label_cells(tess, job, "relabel", [row], [], LYMPH, 0)
    assert wbc(job) == {"segmented_neutrophil": 11, "lymphocyte": 7}
    machine = {r["key"]: r["machine"]["count"] for r in counts_json(job)["sections"][0]["rows"]}
    assert (machine["segmented_neutrophil"], machine["lymphocyte"]) == (12, 6)
    cell = next(r for r in gallery(job, LYMPH, "unsure", 0, 50)["rows"] if r["row"] == row)
    assert (cell["class"], cell["label"], cell["state"]) == (SEG, LYMPH, "relabelled")


def test_rejected_cells_leave_their_count_and_undo_brings_them_back(job: Any, tess: Any) -> None:
    label_cells(tess, job, "reject", [40, 41, 42], [], None, 0)
    assert wbc(job)["segmented_neutrophil"] == 9
    undo(tess, job)
    assert wbc(job)["segmented_neutrophil"] == 12
    assert LabelEvent.objects.filter(reading__job=job).count() == 2


def test_nucleated_red_cells_are_counted_by_number_beside_their_rate(job: Any, tess: Any) -> None:
    def nrbc() -> dict[str, int]:
        return next(s for s in counts_json(job)["sections"] if s["key"] == "nrbc")["n"]

    before = nrbc()
    label_cells(tess, job, "relabel", [40, 41], [], "erythroblast", 0)
    assert nrbc() == {"machine": before["machine"], "reviewed": before["reviewed"] + 2}


def test_undo_takes_back_only_ones_own_newest_act(job: Any, tess: Any, paul: Any) -> None:
    label_cells(tess, job, "reject", [40], [], None, 0)
    label_cells(paul, job, "reject", [50], [], None, 1)
    undo(tess, job)
    job.refresh_from_db()
    assert set(labels_of(job).rows) == {50}
    with pytest.raises(Conflict, match="no change to undo"):
        undo(tess, job)


def test_an_added_cell_counts_until_its_addition_is_undone(job: Any, tess: Any) -> None:
    add_cell(tess, job, 100, 100, 40, 40, SEG)
    assert wbc(job)["segmented_neutrophil"] == 13
    undo(tess, job)
    assert wbc(job)["segmented_neutrophil"] == 12


def test_a_cell_is_added_only_where_cells_of_its_class_count(job: Any, tess: Any) -> None:
    def field(index: int, searched: str) -> PlannedField:
        return PlannedField(
            index, 300 * index, 0, 300, 300, 1.0, 1.0, 1.0, 1.0, used=searched == "fields", searched=searched
        )

    folder = RunFolder(job.folder)
    folder.keep_plan(Plan(0.25, "slide", None, [field(0, "fields"), field(1, "film"), field(2, "")]))
    folder.keep_field(0, cells_of(job))
    red = BLOOD_FILM.index("normal")
    add_cell(tess, job, 100, 100, 40, 40, red)
    add_cell(tess, job, 400, 100, 40, 40, SEG)
    with pytest.raises(Refusal, match="Only nucleated cells are counted here"):
        add_cell(tess, job, 400, 100, 40, 40, red)
    with pytest.raises(Refusal, match="outside the counted fields"):
        add_cell(tess, job, 700, 100, 40, 40, SEG)
    assert len(labels_of(job).added) == 2


def test_a_missed_cell_is_added_in_the_photograph_that_counts_its_place(job: Any, tess: Any) -> None:
    job.slide.photo_fields = [{"x": 0, "y": 0, "w": 400, "h": 400, "name": "a"}]
    job.slide.save(update_fields=["photo_fields"])
    shared = [[[300, 0], [400, 0], [400, 400], [300, 400]]]
    place = PlannedField(
        0, 0, 0, 400, 400, tissue=1, focus=1, single_ratio=1, score=1, used=True, photo=True, film=[0, 0, 0],
        elsewhere=shared,
    )  # fmt: skip
    folder = RunFolder(job.folder)
    folder.keep_plan(Plan(0.25, "file", None, [place]))
    folder.keep_field(0, cells_of(job))
    with pytest.raises(Refusal, match="Another photograph shows this place, too"):
        add_cell(tess, job, 350.0, 100.0, 30.0, 30.0, SEG)
    with pytest.raises(Refusal, match="between the photographs"):
        add_cell(tess, job, 450.0, 100.0, 30.0, 30.0, SEG)
    add_cell(tess, job, 250.0, 100.0, 30.0, 30.0, SEG)


def test_an_added_cell_says_upon_which_cell_it_lies_and_that_it_counts_over_an_edge(
    job: Any, tess: Any, api: Any
) -> None:
    cells, address = cells_of(job), f"/api/v1/jobs/{job.pk}/cells/"
    row = 40

    def add(x: float, y: float) -> dict[str, Any]:
        body = {"x": x, "y": y, "w": 20, "h": 20, "label": "segmented_neutrophil"}
        answer = api(tess).post(address, body, format="json")
        assert answer.status_code == 201
        return dict(answer.json()["added"][0])

    on = add(float(cells.x[row]) + 2, float(cells.y[row]) - 2)
    assert on["upon"] == {"row": row, "added": None, "class": int(cells.cls[row])} and not on["cut"]
    far = job.slide.width - 5.0, job.slide.height - 5.0
    assert row_at(cells, *far) is None
    alone = add(*far)
    assert alone["upon"] is None and alone["cut"]
    second = add(far[0] - 2, far[1])
    assert second["upon"] == {"row": None, "added": alone["id"], "class": None}
    assert wbc(job)["segmented_neutrophil"] == 15, "each of them counts, as each says"
    listed = {c["id"]: c["upon"] for c in api(tess).get(f"/api/v1/jobs/{job.pk}/labels/").json()["added"]}
    assert listed == {c["id"]: c["upon"] for c in (on, alone, second)}


def test_two_people_on_one_cell_conflict_and_nothing_is_lost(job: Any, tess: Any, paul: Any, api: Any) -> None:
    url = f"/api/v1/jobs/{job.pk}/labels/"
    first = {"action": "relabel", "rows": [40], "label": LYMPH, "base_revision": 0}
    assert api(tess).post(url, first, format="json").status_code == 200
    second = {"action": "relabel", "rows": [40, 41], "label": NRBC, "base_revision": 0}
    answer = api(paul).post(url, second, format="json")
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"
    assert answer.json()["conflicts"][0]["label"] == LYMPH
    assert wbc(job)["segmented_neutrophil"] == 11  # row 41 was not written either
    forced = {**second, "force": True, "base_revision": answer.json()["revision"]}
    assert api(paul).post(url, forced, format="json").status_code == 200
    history = api(paul).get(f"/api/v1/jobs/{job.pk}/cells/40/").json()["history"]
    assert [h["label"] for h in history] == [NRBC, LYMPH]


def test_other_cells_of_another_person_are_no_conflict(job: Any, tess: Any, paul: Any) -> None:
    label_cells(tess, job, "reject", [40], [], None, 0)
    label_cells(paul, job, "reject", [41], [], None, 0)
    assert wbc(job)["segmented_neutrophil"] == 10


def test_events_can_be_neither_changed_nor_removed(job: Any, tess: Any) -> None:
    event = label_cells(tess, job, "confirm", [1], [], None, 0)
    event.label = 3
    with pytest.raises(TypeError, match="never changed"):
        event.save()
    with pytest.raises(TypeError, match="never removed"):
        event.delete()


def test_the_delta_since_a_revision_holds_only_what_came_after(job: Any, tess: Any) -> None:
    label_cells(tess, job, "confirm", [1], [], None, 0)
    label_cells(tess, job, "reject", [2], [], None, 1)
    job.refresh_from_db()
    assert [r["row"] for r in labels_json(job, since=1)["rows"]] == [2]


def test_nucleated_red_cells_and_unsure_white_cells_must_be_seen_but_not_cut_ones(slide: Any) -> None:
    table = factories.cells({"segmented_neutrophil": 5, "erythroblast": 3}, unsure=2, cut=1)
    job = factories.finished_job(slide, table)
    assert counts_json(job)["must_see"] == {
        "open": 4,
        "total": 4,
        "by_reason": [
            {"reason": "nucleated red cell", "open": 2, "total": 2},
            {"reason": "uncertain: segmented neutrophil", "open": 2, "total": 2},
        ],
    }


def test_a_smudge_that_is_as_likely_a_white_cell_of_some_class_must_be_seen(slide: Any) -> None:
    table = factories.cells({"smudge": 2, "normal": 20})
    p = np.zeros_like(table.p)
    p[np.arange(len(p)), table.cls] = 1
    # The likeliest class by far, and yet a white cell as likely as not.
    p[0, BLOOD_FILM.index("smudge")] = 0.52
    for name in ("segmented_neutrophil", "monocyte", "lymphocyte", "blast"):
        p[0, BLOOD_FILM.index(name)] = 0.12
    job = factories.finished_job(slide, replace(table, p=p))
    assert counts_json(job)["must_see"]["by_reason"] == [
        {"reason": "uncertain: may be a white cell", "open": 1, "total": 1}
    ]


def test_what_falls_short_of_a_nucleated_red_cell_by_its_threshold_must_be_seen_all_the_same(slide: Any) -> None:
    table = factories.cells({"lymphocyte": 3})
    p = np.zeros_like(table.p)
    for row, share in enumerate((0.3, 0.05, 0.3)):
        p[row, BLOOD_FILM.index("lymphocyte")], p[row, BLOOD_FILM.index("erythroblast")] = 1 - share, share
    flags = np.array([0, 0, CUT], np.uint8)
    job = factories.finished_job(slide, replace(table, p=p, flags=flags))
    assert counts_json(job)["must_see"]["by_reason"] == [
        {"reason": "uncertain: may be a nucleated red cell", "open": 1, "total": 1}
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"action": "relabel", "rows": [0], "label": 999, "base_revision": 0}, 400, "unknown-class"),
        ({"action": "confirm", "rows": [10**6], "base_revision": 0}, 404, "not-found"),
        ({"action": "confirm", "rows": [], "base_revision": 0}, 400, "invalid"),
        ({"action": "explode", "rows": [0], "base_revision": 0}, 400, "invalid"),
        ({"action": "confirm", "rows": ["x"], "base_revision": 0}, 400, "invalid"),
        ({"action": "confirm"}, 400, "invalid"),
    ],
)
def test_bad_labels_are_refused_with_a_reason(
    body: dict[str, Any], status: int, code: str, job: Any, tess: Any, api: Any
) -> None:
    answer = api(tess).post(f"/api/v1/jobs/{job.pk}/labels/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]
    assert not LabelEvent.objects.exists()


def test_cells_that_are_confirmed_as_one_class_that_was_on_screen_are_all_of_that_class(
    tess: Any, api: Any, slide: Any
) -> None:
    job = factories.finished_job(slide, factories.cells({"normal": 10, "blast": 3, "erythroblast": 2}))
    client, url = api(tess), f"/api/v1/jobs/{job.pk}/labels/"

    def confirm(rows: list[int], **more: Any) -> Any:
        body = {"action": "confirm", "rows": rows, "base_revision": label_revision(job), **more}
        return client.post(url, body, format="json")

    mixed = confirm(list(range(15)), shown="blast")
    assert (mixed.status_code, mixed.json()["code"]) == (409, "not-as-shown") and not LabelEvent.objects.exists()
    assert mixed.json()["detail"].startswith("12 of these cells are not called blast;")
    assert confirm([10, 11, 12], shown="blast").status_code == 200
    assert confirm(list(range(15))).status_code == 200, "a script that shows nobody anything says nothing of it"


def test_the_gallery_is_ordered_by_size(job: Any, tmp_path: Any) -> None:
    table = factories.cells({"lymphocyte": 5})
    areas = np.array([60, 20, np.nan, 90, 30], np.float16)
    widths = np.array([28, 28, 30, 28, 28], np.uint16)
    other = factories.slide(job.slide.case, factories.film_file(tmp_path / "b.tif"))
    sized = factories.finished_job(other, replace(table, area_um2=areas, w=widths))
    rows = [r["row"] for r in gallery(sized, LYMPH, "largest", 0, 9)["rows"]]
    assert rows[:2] == [3, 0] and rows[-1] == 1 and 2 in rows[2:4], "what has no area is placed by its box"
    assert [r["row"] for r in gallery(sized, LYMPH, "smallest", 0, 9)["rows"]] == rows[::-1]


def test_a_class_of_five_thousand_digits_and_a_revision_to_come_are_refused(job: Any, tess: Any, api: Any) -> None:
    url = f"/api/v1/jobs/{job.pk}/labels/"
    body = {"action": "relabel", "rows": [1], "label": "9" * 5000, "base_revision": 0}
    assert api(tess).post(url, body, format="json").status_code == 400
    assert api(tess).post(url, {**body, "label": "blast", "base_revision": 10**30}, format="json").status_code == 400


def test_the_cells_most_like_a_chosen_one_are_listed_whatever_their_class_and_without_one_that_is_said(
    job: Any, tess: Any, api: Any
) -> None:
    client, address = api(tess), f"/api/v1/jobs/{job.pk}/gallery/"
    last = len(cells_of(job)) - 1
    listed = client.get(address, {"view": "alike", "like": last}).json()
    assert listed["n"] == last + 1 and listed["rows"][0]["row"] == last
    assert len({row["label"] for row in listed["rows"]}) > 1
    assert listed["alike_by"] == "answers", "the file does not tell how its cells look"
    assert client.get(address, {"view": "alike"}).json()["code"] == "invalid"
    assert client.get(address, {"view": "alike", "like": last + 1}).status_code == 400


def test_where_the_analysis_keeps_how_cells_look_the_list_goes_by_it_and_says_so(
    job: Any, tess: Any, api: Any, tmp_path: Any
) -> None:
    table = factories.cells({"lymphocyte": 3, "monocyte": 2})
    numbers = np.zeros((5, EMBEDDED), np.int8)
    numbers[:, 0], numbers[:, 1] = 100, [0, 95, 80, 10, 95]
    other = factories.slide(job.slide.case, factories.film_file(tmp_path / "b.tif"))
    by = np.full(5, BY_NUCLEATED, np.uint8)
    with_looks = factories.finished_job(other, replace(table, embedded_by=by, embedding=numbers))
    listed = api(tess).get(f"/api/v1/jobs/{with_looks.pk}/gallery/", {"view": "alike", "like": 0}).json()
    assert listed["alike_by"] == "looks" and [row["row"] for row in listed["rows"]] == [0, 3, 2, 1, 4]
    assert api(tess).get(f"/api/v1/jobs/{with_looks.pk}/gallery/", {"view": "unsure"}).json()["alike_by"] == ""


def test_the_gallery_says_what_an_unidentified_cell_may_be(job: Any, tmp_path: Any) -> None:
    table = factories.cells({"unidentified": 2, "lymphocyte": 1})
    film = schema_of(job)
    p = table.p.copy()
    p[0] = 0
    p[0, film.index("monocyte")], p[0, film.index("blast")] = 0.4, 0.3
    p[1] = 0
    other = factories.slide(job.slide.case, factories.film_file(tmp_path / "c.tif"))
    nameless = factories.finished_job(other, replace(table, p=p))
    every = {r["row"]: r["perhaps"] for r in gallery(nameless, None, "position", 0, 9)["rows"]}
    assert every == {0: film.index("monocyte"), 1: None, 2: None}

"""Models of one's own in use: switched on, chosen in a protocol, frozen by their hash, retired."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.accounts import stores
from apps.accounts.errors import Conflict, Refusal
from apps.analysis import ownmodels
from apps.analysis import protocolservices as protocols
from apps.analysis.models import Job, ModelUpload, ModelVersion
from apps.analysis.modelservices import sync_models
from apps.analysis.ownmodels import own_files, switch
from apps.analysis.protocolservices import newest
from apps.analysis.services import request_job
from apps.analysis.tasks import check_model
from apps.analysis.worker import installed_cards, work
from apps.audit.models import Record
from apps.reports import document, render
from tests import factories
from tests import onnxfiles as onnx
from tests.apps.own_models.steps import NAME, ROLE, checked, chosen_in_protocol, handed


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
    own_protocol = chosen_in_protocol(ada, model)
    job = request_job(tess, factories.slide(factories.case(tess), film), own_protocol)
    (used,) = [m for m in job.frozen["models"] if m["role"] == ROLE]
    assert used["sha256"] == row.sha256 and used["own"]["card_sha256"] == model.card_sha256
    (files,) = own_files(job.frozen["models"]).values()
    assert files.weights.read_bytes() == onnx.mean_colour(3) and files.sha256 == row.sha256
    (entry,) = [m for m in document._models([job]) if m["role"] == ROLE]
    assert (
        entry["name"] == "mean-colour" and entry["own"] == used["own"] and entry["limits"] == ["Knows three classes."]
    )
    lines = list(Record.objects.filter(action__startswith="model.").exclude(action="model.installed").order_by("pk"))
    assert [(line.action, line.actor) for line in lines] == [
        ("model.uploaded", str(ada)), ("model.checked", "worker"), ("model.enabled", str(ada)),
    ]  # fmt: skip
    assert all(line.detail["sha256"] == row.sha256 for line in lines)


def test_retired_and_lost_models_are_told_by_the_protocols_that_use_them(
    ada: Any, tess: Any, api: Any, film: Path, quick: Any
) -> None:
    model = checked(ada)
    protocol = chosen_in_protocol(ada, switch(ada, model, True))
    slide = factories.slide(factories.case(tess), film)
    assert protocols.warnings_of(protocol) == []
    switch(ada, model, False)
    (warning,) = protocols.warnings_of(protocol)
    assert (
        warning == f"{model}, its model for nucleated cell, is retired: it cannot be ordered until another is chosen."
    )
    assert warning in api(ada).get("/protocols/").content.decode()
    assert warning in api(ada).get(f"/protocols/{NAME}/").content.decode()
    assert api(ada).get(f"/api/v1/protocols/{NAME}/").json()["warnings"] == [warning]
    with pytest.raises(Refusal) as off:
        request_job(tess, slide, protocol)
    assert off.value.code == "model-off"
    switch(ada, model, True)
    stores.models().delete(model.weights)
    with pytest.raises(Refusal) as gone:
        request_job(tess, slide, protocol)
    assert gone.value.code == "model-gone" and protocols.warnings_of(protocol) == [gone.value.message]
    assert gone.value.message in api(tess).get("/models/").content.decode()
    switch(ada, model, False)
    with pytest.raises(Conflict, match="gone from the disk"):
        switch(ada, model, True)


def test_an_analysis_whose_models_file_was_altered_or_lost_ends_with_its_name(
    ada: Any, tess: Any, film: Path, quick: Any
) -> None:
    model = switch(ada, checked(ada), True)
    protocol = chosen_in_protocol(ada, model)
    job = request_job(tess, factories.slide(factories.case(tess), film), protocol)
    frozen = [m for m in job.frozen["models"] if m["role"] == ROLE]
    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, "models": frozen})
    stores.models().put(model.weights, onnx.mean_colour(4))
    result = work(str(job.pk))
    assert result is not None and result.state == Job.State.FAILED
    assert result.reason.startswith("The weights of mean-colour 1 are gone or not those that were checked")
    assert "upload the very same two files again" in result.advice and "setup" not in result.advice
    stores.models().delete(model.weights)
    Job.objects.filter(pk=job.pk).update(state=Job.State.REQUESTED)
    result = work(str(job.pk))
    assert result is not None and result.reason == "The files of mean-colour 1 are gone from the disk."
    assert "choose another model in the protocol" in result.advice
    assert result.advice.startswith("Upload the very same two files again")


def test_setup_leaves_own_models_and_the_protocols_that_use_them_alone(ada: Any, quick: Any) -> None:
    model = switch(ada, checked(ada), True)
    protocol = chosen_in_protocol(ada, model)
    assert sync_models(installed_cards()) == [] and newest(NAME).pk == protocol.pk
    brought = {**installed_cards()[0], "name": "mean-colour"}
    assert sync_models([*installed_cards(), brought]) == [
        "left out: model mean-colour, for a model of the laboratory's own has its name"
    ]
    model.refresh_from_db()
    assert model.own and model.card["own"]


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
        content = document.build(job.slide.case)
        (row,) = [m for m in content["models"] if m["role"] == "nucleated-cell-elsewhere"]
        assert row.get("no_part", False) is not part
        assert ("does not flag unusual stains" in render.html(content, None)) is not part and (
            part or not row["measured"]
        )

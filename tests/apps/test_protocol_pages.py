"""Protocols as forms of their examination's settings: versions, copies, retirement, and what is refused beside its field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis import protocolservices as services
from apps.analysis.models import Job, ModelVersion, Protocol
from apps.analysis.modelservices import sync_models
from apps.analysis.protocolservices import Draft, newest
from apps.analysis.selectors import protocol_named, protocols
from apps.analysis.services import request_job
from apps.audit.models import Record
from hemaview.assays import assay
from tests import factories
from tests.apps.test_protocols import cards

NAME = "blood-film"


@pytest.fixture
def ada(db: Any) -> Any:
    sync_models(cards())
    return factories.person("administrator", "ada")


@pytest.fixture
def keeper(ada: Any) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def entered(page: Any) -> dict[str, Any]:
    """What a browser would send of the form as it is drawn."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    values["rules"] = "{}"
    return {name: value for name, value in values.items() if value not in (None, False)} | {"seen": "1"}


def test_the_form_is_drawn_of_the_examinations_settings_with_unit_and_help(keeper: Client) -> None:
    page = keeper.get(f"/protocols/{NAME}/").content.decode()
    for setting in assay("blood_film").settings:
        assert f'name="settings.{setting.key}"' in page and escape(setting.help) in page
    assert "White cells to count (white cells)" in page and "Model for nucleated cell" in page


def test_a_change_is_a_new_version_with_its_line_and_ordered_analyses_keep_theirs(
    keeper: Client, slide: Any, tess: Any
) -> None:
    job = request_job(tess, slide, protocol_named(NAME))
    body = entered(keeper.get(f"/protocols/{NAME}/")) | {"settings.wbc": "400", "second_reader": "on"}
    assert keeper.post(f"/protocols/{NAME}/", body | {"seen": "1" * 5000}).status_code == 302
    protocol = protocol_named(NAME)
    assert (protocol.version, protocol.settings["wbc"], protocol.second_reader) == (2, 400, True)
    before = Protocol.objects.get(name=NAME, version=1)
    assert [(m.role, m.model_id) for m in services.models_of(protocol)] == [
        (m.role, m.model_id) for m in services.models_of(before)
    ]
    line = Record.objects.get(action="protocol.changed")
    assert line.detail["before"]["settings"].get("wbc") != 400 == line.detail["after"]["settings"]["wbc"]
    assert set(line.detail["after"]) == {"settings", "second_reader"}
    job = Job.objects.get(pk=job.pk)
    assert job.protocol_id == before.pk and job.frozen["settings"].get("wbc") != 400


def test_numbers_of_the_counting_rules_are_fields_and_what_is_emptied_is_the_examinations_own_again(
    keeper: Client,
) -> None:
    page = keeper.get(f"/protocols/{NAME}/")
    assert (
        "Grades" in page.content.decode() and "Diameter of the field of a 100× oil objective" in page.content.decode()
    )
    body = entered(page) | {"rule_grades.burr.low": "8", "rule_schistocyte.limit_percent": "0.5"}
    assert keeper.post(f"/protocols/{NAME}/", body).status_code == 302
    protocol = protocol_named(NAME)
    assert protocol.rules == {"grades": {"burr": {"low": 8}}, "schistocyte": {"limit_percent": 0.5}}
    page = keeper.get(f"/protocols/{NAME}/")
    assert "own is 5." in page.content.decode()
    body = entered(page) | {"seen": "2", "rules": json.dumps(protocol.rules), "rule_grades.burr.low": ""}
    assert keeper.post(f"/protocols/{NAME}/", body).status_code == 302
    assert protocol_named(NAME).rules == {"schistocyte": {"limit_percent": 0.5}}
    refused = keeper.post(f"/protocols/{NAME}/", entered(page) | {"seen": "3", "rule_grades.burr.low": "-1"})
    assert refused.status_code == 400 and newest(NAME).version == 3


def test_nothing_changed_is_no_new_version(ada: Any) -> None:
    protocol = newest(NAME)
    assert services.revise(ada, protocol, Draft.of(protocol)) == protocol
    assert not Record.objects.filter(action="protocol.changed").exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("settings.wbc", "-1", "White cells to count (wbc) is a whole number from 0"),
        ("settings.wbc", "many", "Enter a whole number."),
        ("settings.calibrated_on", "moon", "No model is calibrated for blood like that of moon"),
        ("rules", "{", "Enter a valid JSON."),
        ("threshold_nucleated-cell", "2", "A threshold is a score between 0 and 1."),
        ("title", "", "This field is required."),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_written(
    keeper: Client, field: str, value: str, sentence: str
) -> None:
    body = entered(keeper.get(f"/protocols/{NAME}/")) | {field: value}
    answer = keeper.post(f"/protocols/{NAME}/", body)
    assert answer.status_code == 400 and sentence in answer.content.decode()
    assert newest(NAME).version == 1


def test_two_who_change_a_protocol_at_once_do_not_undo_each_other(ada: Any) -> None:
    before = newest(NAME)
    services.revise(ada, before, Draft(**{**vars(Draft.of(before)), "title": "First"}))
    with pytest.raises(Conflict) as refused:
        services.revise(ada, before, Draft(**{**vars(Draft.of(before)), "title": "Second"}))
    assert refused.value.code == "protocol-changed" and newest(NAME).title == "First"


def test_a_copy_is_a_protocol_of_its_own(keeper: Client, ada: Any) -> None:
    body = entered(keeper.get(f"/protocols/{NAME}/copy/")) | {"name": "ours", "title": "Ours", "settings.wbc": "100"}
    assert keeper.post(f"/protocols/{NAME}/copy/", body).status_code == 302
    assert protocol_named("ours").settings["wbc"] == 100 and newest(NAME).settings.get("wbc") != 100
    assert Record.objects.get(action="protocol.created", detail__name="ours").detail["copied_from"] == f"{NAME} 1"
    answer = keeper.post(f"/protocols/{NAME}/copy/", body)
    assert answer.status_code == 400 and b"A protocol called ours already exists." in answer.content


def test_a_retired_protocol_cannot_be_ordered_in_any_version_and_comes_back(ada: Any) -> None:
    services.revise(ada, newest(NAME), Draft(**{**vars(Draft.of(newest(NAME))), "title": "Newer"}))
    services.set_retired(ada, NAME, True)
    services.set_retired(ada, NAME, True)
    assert NAME not in {p.name for p in protocols()}
    with pytest.raises(Missing):
        protocol_named(NAME)
    services.set_retired(ada, NAME, False)
    assert protocol_named(NAME).version == 2
    actions = Record.objects.filter(action__in=("protocol.retired", "protocol.restored")).order_by("pk")
    assert [line.action for line in actions] == ["protocol.retired", "protocol.restored"]


def test_a_model_of_another_task_takes_no_role(ada: Any) -> None:
    source = newest(NAME)
    other = ModelVersion.objects.get(algorithm__name="sun-pnet")
    other.algorithm.task = "another"
    other.algorithm.save()
    draft = Draft(**{**vars(Draft.of(source)), "models": {"nucleated-cell": services.Chosen(other)}})
    with pytest.raises(Refusal) as refused:
        services.revise(ada, source, draft)
    assert list(refused.value.extra["errors"]) == ["models.nucleated-cell"]


def test_a_model_that_the_worker_would_refuse_in_a_role_is_refused_beside_it(ada: Any) -> None:
    source = newest(NAME)
    other = ModelVersion.objects.get(algorithm__name="sun-pnet")
    other.card = {"classes": ["other", "erythroblast"]}
    other.save()
    for role, sentence in (
        ("kind", "needs a model that names red_cell, nucleated, platelet and nothing"),
        ("nucleated-cell", "names classes that blood_film does not have: other"),
    ):
        draft = Draft(**{**vars(Draft.of(source)), "models": {role: services.Chosen(other)}})
        with pytest.raises(Refusal) as refused:
            services.revise(ada, source, draft)
        assert list(refused.value.extra["errors"]) == [f"models.{role}"]
        assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"platelets": {"factor_low": 40.0}}, "platelets.factor_low of the counting rules is 40, more than"),
        ({"grades": {"burr": {"high": 100.5}}}, "limits in percent, from 0 to 100, not 5 and 100.5"),
    ],
)
def test_counting_rules_with_a_range_the_wrong_way_round_or_beyond_all_cells_are_refused(
    ada: Any, rules: dict[str, Any], sentence: str
) -> None:
    source = newest(NAME)
    with pytest.raises(Refusal) as refused:
        services.revise(ada, source, Draft(**{**vars(Draft.of(source)), "rules": rules}))
    assert sentence in refused.value.extra["errors"]["rules"][0]


def test_only_administrators_change_protocols_by_page_or_api(ada: Any, tess: Any, api: Any) -> None:
    url = f"/api/v1/protocols/{NAME}/"
    for address, body in ((url, {}), (f"{url}copy/", {"name": "x"}), (f"{url}retired/", {"retired": True})):
        method = api(tess).patch if address == url else api(tess).post
        assert method(address, body, format="json").status_code == 403, address
    assert api(tess).get(f"/protocols/{NAME}/").status_code == 403
    with pytest.raises(Forbidden):
        services.set_retired(tess, NAME, True)


def test_the_api_gives_what_can_be_set_and_names_the_fields_that_are_wrong(ada: Any, api: Any) -> None:
    client, url = api(ada), f"/api/v1/protocols/{NAME}/"
    answer = client.get(url).json()
    assert {s["key"] for s in answer["can_set"]} == {s.key for s in assay("blood_film").settings}
    assert client.patch(url, {"settings": {"wbc": 400}, "seen_version": 1}, format="json").json()["version"] == 2
    assert client.patch(url, {"title": "x", "seen_version": 1}, format="json").json()["code"] == "protocol-changed"
    wrong = client.patch(url, {"settings": {"wbc": -1, "moon": 1}}, format="json")
    assert wrong.status_code == 400 and set(wrong.json()["errors"]) == {"settings.wbc", "settings.moon"}
    models = [{"role": "kind", "model": "no", "version": "1"}]
    assert client.patch(url, {"models": models}, format="json").json()["code"] == "no-model"
    assert client.post(f"{url}retired/", {"retired": True}, format="json").json()["enabled"] is False

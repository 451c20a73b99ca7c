"""What a protocol may set, and how a house that was set up earlier comes to the protocols of a new HemaView."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client

from apps.accounts.errors import Refusal
from apps.analysis import modelservices, services
from apps.analysis.models import Job, ModelVersion, Protocol
from apps.analysis.modelservices import protocols_behind, renew_protocols, sync_models
from apps.analysis.protocols import PROTOCOLS
from apps.analysis.selectors import protocol_named
from apps.audit.models import Record
from tests import factories

NOTHING_TO_TAKE = [
    ('["wbc", 200]', "names with their values in braces"),
    ("3", "names with their values in braces"),
    ('"wbc"', "names with their values in braces"),
    ('{"tolerance": "1e-3"}', "tolerance is a number above 0"),
    ('{"tolerance": 0}', "tolerance is a number above 0"),
    ('{"tolerance": NaN}', "tolerance is a number above 0"),
    ('{"tolerance": null}', "tolerance is a number above 0"),
    ('{"wbc": "many"}', "(wbc) are a whole number"),
    ('{"wbc": [200]}', "(wbc) are a whole number"),
    ('{"rbc": -1}', "(rbc) are a whole number"),
    ('{"rbc": true}', "(rbc) are a whole number"),
    ('{"rbc": 1e400}', "(rbc) are a whole number"),
    ('{"max_fields": 0}', "(max_fields) are a whole number from 1"),
    ('{"must_see_margin": "wide"}', "(must_see_margin) is a number from 0 to 1"),
    ('{"rules": "none-such"}', "there are: blood-film"),
    ('{"rules": {"a": 1}}', "there are: blood-film"),
    ('{"way": ["film"]}', "way of finding cells is a name"),
    ('{"way": "guess"}', "no way of finding cells called guess; there are: film"),
    ('{"calibrated_on": "moon"}', "calibrated for blood like that of moon; there is: jhu-aml"),
    ('{"calibrated_on": ["jhu-aml"]}', "(calibrated_on) is the name of a set"),
    ('{"calibrated_on": ""}', "(calibrated_on) is the name of a set"),
    ('{"max_field": 3}', "no setting called max_field; there are: way, rbc"),
]


@pytest.fixture
def keeper(db: Any) -> Client:
    """An administrator's browser."""
    person = factories.person("administrator")
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def cards(version: str = "1") -> list[dict[str, Any]]:
    """A card of every model that a shipped protocol names."""
    names = sorted({name for order in PROTOCOLS for name in order.models.values()})
    rest = {"title": "A net", "task": "t", "summary": "", "source": "", "text": ""}
    apart = {"nucleated-cell-net": {"calibrated_on": {"jhu-aml": {"temperature": 1.1}}}}
    return [
        {"name": n, "version": version, "sha256": f"{version}{n}".ljust(64, "0")[:64], "card": apart.get(n, {}), **rest}
        for n in names
    ]


def other_models(name: str, **models: str) -> tuple[Any, ...]:
    """The shipped protocols, one of them on other models."""
    return tuple(replace(o, models={**o.models, **models}) if o.name == name else o for o in PROTOCOLS)


@pytest.fixture
def old_house(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up by a HemaView whose blood film was on another net of shapes and had no net of nuclei's masks."""
    film = {k: v for k, v in PROTOCOLS[0].models.items() if k != "nucleus-mask"}
    old = replace(PROTOCOLS[0], models={**film, "red-cell-shape": "elmanna-b0"})
    monkeypatch.setattr(modelservices, "PROTOCOLS", (old, *PROTOCOLS[1:]))
    sync_models(cards())
    monkeypatch.undo()
    assert sync_models(cards()) == []


def form(settings: str, threshold: str = "", **changes: str) -> dict[str, str]:
    head = {"name": "ours", "version": "1", "title": "Ours", "specimen": "blood-film", "schema": "blood-film"}
    model = {"role": "nucleated-cell", "model": str(ModelVersion.objects.get(algorithm__name="sun-pnet").pk)}
    rows = {
        "TOTAL_FORMS": "1",
        "INITIAL_FORMS": "0",
        **{f"0-{k}": v for k, v in model.items()},
        "0-threshold": threshold,
    }
    return {**head, "settings": settings, **{f"models-{k}": v for k, v in rows.items()}, **changes}


@pytest.mark.parametrize(("settings", "said"), NOTHING_TO_TAKE)
def test_settings_that_nothing_could_take_are_refused_in_the_administration_in_a_sentence(
    settings: str, said: str, keeper: Client
) -> None:
    sync_models(cards())
    answer = keeper.post("/admin/analysis/protocol/add/", form(settings, threshold="0.3"))
    assert answer.status_code == 200 and not Protocol.objects.filter(name="ours").exists()
    errors = answer.context["adminform"].form.errors["settings"]
    assert len(errors) == 1 and said in errors[0] and errors[0].endswith(".")


def test_a_schema_or_a_specimen_that_there_is_not_is_refused_and_what_there_is_taken(keeper: Client) -> None:
    sync_models(cards())
    for name in ("schema", "specimen"):
        answer = keeper.post("/admin/analysis/protocol/add/", form('{"wbc": 100}', **{name: "nonesuch"}))
        assert answer.status_code == 200
        assert f"no {name} called nonesuch; there are: " in answer.context["adminform"].form.errors[name][0]
    assert keeper.post("/admin/analysis/protocol/add/", form('{"wbc": 100}', "0.3")).status_code == 302
    assert Protocol.objects.get(name="ours").settings == {"wbc": 100}


def test_each_shipped_protocol_may_be_what_it_is(db: Any) -> None:
    sync_models(cards())
    for protocol in Protocol.objects.all():
        protocol.full_clean()
    odd = Protocol(name="x", title="x", specimen="blood-film", settings=[{"a": float("nan")}])
    with pytest.raises(ValidationError, match="in braces"):
        odd.full_clean()


def test_a_protocol_that_was_kept_with_wrong_settings_is_not_ordered(slide: Any, tess: Any, api: Any) -> None:
    sync_models(cards())
    Protocol.objects.filter(name="blood-film").update(settings=["wbc", 200])
    with pytest.raises(Refusal, match=r"administrator must correct the settings of Blood film .* in braces"):
        services.request_job(tess, slide, protocol_named("blood-film"))
    answer = api(tess).post(f"/api/slides/{slide.pk}/jobs/", {"protocol": "blood-film"}, format="json")
    assert answer.status_code == 409 and answer.json()["code"] == "wrong-settings"
    assert not Job.objects.exists()


def test_a_protocol_for_blood_that_none_of_its_models_is_calibrated_for_is_not_ordered(
    slide: Any, tess: Any, api: Any
) -> None:
    sync_models(cards())
    order = {"protocol": "blood-film-leukaemia"}
    ModelVersion.objects.filter(algorithm__name="nucleated-cell-net").update(card={})
    answer = api(tess).post(f"/api/slides/{slide.pk}/jobs/", order, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-settings") and not Job.objects.exists()
    assert "none of its models is calibrated for blood like that of jhu-aml" in answer.json()["detail"]
    sync_models(cards())
    assert api(tess).post(f"/api/slides/{slide.pk}/jobs/", order, format="json").status_code == 201
    assert Job.objects.get().frozen["settings"]["calibrated_on"] == "jhu-aml"


def test_setup_after_an_upgrade_says_which_protocols_are_behind_and_renews_them_when_asked(
    old_house: None, slide: Any, tess: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apps.desk.management.commands.setup.installed_cards", cards)
    job = services.request_job(tess, slide, protocol_named("blood-film"))
    call_command("setup")
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("Not as they are shipped now: blood-film 1 (nucleus-mask, red-cell-shape); `python")
    assert Protocol.objects.filter(name="blood-film").count() == 1

    call_command("setup", renew_protocols=True)
    assert capsys.readouterr().out.splitlines()[1:] == ["protocol Blood film (version 2)"]
    new, old = Protocol.objects.filter(name="blood-film").order_by("-version")
    assert {m.role: m.model.algorithm.name for m in new.models.all()} == PROTOCOLS[0].models
    assert {m.role: m.model.algorithm.name for m in old.models.all()}["red-cell-shape"] == "elmanna-b0"
    job.refresh_from_db()
    assert job.protocol == old and protocol_named("blood-film") == new
    line = Record.objects.get(action="protocol.renewed")
    assert line.object_id == str(new.pk)
    assert line.detail == {
        "name": "blood-film",
        "version": 2,
        "before": 1,
        "changed": ["nucleus-mask", "red-cell-shape"],
    }

    call_command("setup", renew_protocols=True)
    call_command("setup")
    assert capsys.readouterr().out.splitlines() == [
        "Roles are there.",
        "No protocol needs a new version.",
        "Roles are there.",
    ]
    assert Record.objects.filter(action="protocol.renewed").count() == 1


def test_a_renewed_protocol_keeps_the_laboratorys_numbers_and_the_thresholds_of_models_that_stay(
    old_house: None,
) -> None:
    film = protocol_named("blood-film")
    film.settings = {**film.settings, "wbc": 100, "way": "outline", "tolerance": 0.01}
    del film.settings["must_see_margin"]
    film.save()
    film.models.filter(role="nucleated-cell").update(threshold=0.3)
    film.models.filter(role="red-cell-shape").update(threshold=0.4)
    renew_protocols(cards())
    new = protocol_named("blood-film")
    assert new.version == 2
    # How cells are found goes with the models, and none of them takes a tolerance: a job would refuse it.
    assert new.settings == {**PROTOCOLS[0].settings, "wbc": 100}
    assert {m.role: m.threshold for m in new.models.all() if m.threshold} == {"nucleated-cell": 0.3}


def test_a_renewed_protocol_keeps_a_calibration_only_where_one_of_its_models_has_it(old_house: None) -> None:
    for name in ("blood-film", "blood-film-nrbc"):
        protocol = protocol_named(name)
        protocol.settings["calibrated_on"] = "jhu-aml"
        protocol.save()
    assert len(renew_protocols(cards())) == 2
    assert protocol_named("blood-film").settings == {**PROTOCOLS[0].settings, "calibrated_on": "jhu-aml"}
    assert "calibrated_on" not in protocol_named("blood-film-nrbc").settings
    assert protocol_named("blood-film-leukaemia").settings["calibrated_on"] == "jhu-aml"


def test_a_number_or_a_threshold_of_ones_own_is_no_reason_for_a_new_version(db: Any) -> None:
    sync_models(cards())
    film = protocol_named("blood-film")
    film.settings["wbc"] = 100
    film.save()
    film.models.filter(role="nucleated-cell").update(threshold=0.3)
    assert protocols_behind(cards()) == [] and renew_protocols(cards()) == []


def test_what_the_administrator_switched_off_stays_off(old_house: None) -> None:
    ModelVersion.objects.filter(algorithm__name="red-cell-shape-committee").update(enabled=False)
    assert protocols_behind(cards()) == []
    ModelVersion.objects.update(enabled=True)
    Protocol.objects.filter(name="blood-film").update(enabled=False)
    assert protocols_behind(cards()) == [] and renew_protocols(cards()) == []
    sync_models(cards("2"))  # its models are gone: a new version, which nobody is offered
    assert Protocol.objects.get(name="blood-film", version=2).enabled is False
    assert protocol_named("blood-film-nrbc").version == 2


def test_settings_that_are_damaged_are_replaced_by_the_shipped_ones(db: Any) -> None:
    sync_models(cards())
    Protocol.objects.filter(name="blood-film").update(settings=json.loads("[1]"))
    assert protocols_behind(cards()) == ["blood-film 1 (settings)"]
    renew_protocols(cards())
    assert protocol_named("blood-film").settings == PROTOCOLS[0].settings

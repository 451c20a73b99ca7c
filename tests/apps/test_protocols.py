"""What a protocol may set, and how a house that was set up earlier comes to the protocols of a new HemaView."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client

from apps.accounts.errors import Conflict, Refusal
from apps.analysis import modelservices, services
from apps.analysis.models import Job, ModelVersion, Protocol
from apps.analysis.modelservices import protocols_behind, renew_protocols, sync_models
from apps.analysis.protocolservices import set_retired
from apps.analysis.selectors import protocol_named, protocols
from apps.audit.models import Record
from hemaview.assays import assay
from tests import factories

FILM = assay("blood_film").orders[0]

NOTHING_TO_TAKE = [
    ('["wbc", 200]', "names with their values in braces"),
    ("3", "names with their values in braces"),
    ('"wbc"', "names with their values in braces"),
    ('{"tolerance": "1e-3"}', "(tolerance) is a number from 1e-09 to 1"),
    ('{"tolerance": 0}', "(tolerance) is a number from 1e-09 to 1"),
    ('{"tolerance": NaN}', "(tolerance) is a number from 1e-09 to 1"),
    ('{"tolerance": null}', "(tolerance) is a number from 1e-09 to 1"),
    ('{"wbc": "many"}', "(wbc) is a whole number"),
    ('{"wbc": [200]}', "(wbc) is a whole number"),
    ('{"rbc": -1}', "(rbc) is a whole number from 0"),
    ('{"rbc": true}', "(rbc) is a whole number"),
    ('{"rbc": 1e400}', "(rbc) is a whole number"),
    ('{"max_fields": 0}', "(max_fields) is a whole number from 1"),
    ('{"must_see_margin": "wide"}', "(must_see_margin) is a number from 0 to 1"),
    ('{"calibrated_on": "moon"}', "calibrated for blood like that of moon; there is: jhu-aml"),
    ('{"calibrated_on": ["jhu-aml"]}', "(calibrated_on) is a text"),
    ('{"calibrated_on": ""}', "(calibrated_on) is a text"),
    ('{"max_field": 3}', "no setting called max_field; there are: rbc, wbc"),
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
    names = sorted({name for order in modelservices.orders() for name in order.models.values()})
    rest = {"title": "A net", "task": "t", "summary": "", "source": "", "text": ""}
    own_cards = {"nucleated-cell-net": {"calibrated_on": {"jhu-aml": {"temperature": 1.1}}}}
    return [
        {
            "name": n,
            "version": version,
            "sha256": f"{version}{n}".ljust(64, "0")[:64],
            "card": own_cards.get(n, {}),
            **rest,
        }
        for n in names
    ]


@pytest.fixture
def old_house(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up by a HemaView whose blood film was on another net of shapes and had no net of nuclei's masks."""
    film = {k: v for k, v in FILM.models.items() if k != "nucleus-mask"}
    old = replace(FILM, models={**film, "red-cell-shape": "elmanna-b0"})
    shipped = [old if order.name == old.name else order for order in modelservices.orders()]
    monkeypatch.setattr(modelservices, "orders", lambda: shipped)
    sync_models(cards())
    monkeypatch.undo()
    assert sync_models(cards()) == []


def form(protocol: Protocol | None = None, threshold: str = "", **changes: str) -> dict[str, str]:
    """What a browser sends of a protocol's form, its first model with a threshold."""
    head = {
        "name": "ours",
        "version": "1",
        "title": "Ours",
        "specimen": "blood-film",
        "assay": "blood_film",
        "finder": "",
    }
    settings = {f"setting_{k}": str(v) for k, v in (protocol.settings if protocol else {}).items()}
    model = {"role": "nucleated-cell", "model": str(ModelVersion.objects.get(algorithm__name="sun-pnet").pk)}
    rows = {
        "TOTAL_FORMS": "0" if protocol else "1",
        "INITIAL_FORMS": "0",
        **{f"0-{k}": v for k, v in model.items()},
        "0-threshold": threshold,
    }
    return {**head, "rules": "{}", **settings, **{f"models-{k}": v for k, v in rows.items()}, **changes}


@pytest.mark.parametrize(("settings", "sentence"), NOTHING_TO_TAKE)
def test_settings_that_nothing_could_take_are_refused_in_a_sentence(settings: str, sentence: str, db: Any) -> None:
    sync_models(cards())
    odd = Protocol(name="ours", title="Ours", specimen="blood-film", settings=json.loads(settings))
    with pytest.raises(ValidationError) as refused:
        odd.full_clean()
    (error,) = refused.value.message_dict["settings"]
    assert sentence in error and error.endswith(".")


def test_the_administration_draws_a_form_of_the_assays_settings_and_refuses_what_does_not_fit(keeper: Client) -> None:
    sync_models(cards())
    assert keeper.post("/admin/analysis/protocol/add/", form(threshold="0.3")).status_code == 302
    ours = Protocol.objects.get(name="ours")
    assert ours.settings == assay("blood_film").defaults  # before anybody set them
    page = f"/admin/analysis/protocol/{ours.pk}/change/"
    html = keeper.get(page).content.decode()
    for setting in assay("blood_film").settings:
        assert f'name="setting_{setting.key}"' in html and setting.label in html
    refused = keeper.post(page, form(ours, setting_wbc="many", setting_must_see_margin="2"))
    errors = refused.context["adminform"].form.errors
    assert refused.status_code == 200 and set(errors) == {"setting_wbc", "setting_must_see_margin"}
    assert keeper.post(page, form(ours, setting_wbc="100", setting_tolerance="0.01")).status_code == 302
    ours.refresh_from_db()
    assert (ours.settings["wbc"], ours.settings["tolerance"]) == (100, 0.01)
    wrong = keeper.post(page, form(ours, rules='{"grades": {"burr": {"low": "few"}}}'))
    assert "grades.burr.low" in wrong.context["adminform"].form.errors["rules"][0]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("assay", "dowsing", "no examination called dowsing; there are: blood_film"),
        ("specimen", "marrow-aspirate", "Blood film is made of: blood-film"),
        ("finder", "guess", "no way of finding cells called guess; there are: film"),
        ("rules", {"grade": {}}, "nothing called grade; there are: name, version"),
        ("rules", ["1"], "names with their values in braces"),
    ],
)
def test_what_no_examination_could_take_is_refused_by_name(name: str, value: Any, sentence: str, db: Any) -> None:
    sync_models(cards())
    protocol = protocol_named("blood-film")
    setattr(protocol, name, value)
    with pytest.raises(ValidationError) as refused:
        protocol.full_clean()
    assert sentence in refused.value.message_dict[name][0]


def test_changed_rules_are_frozen_with_the_job_and_bear_a_version_of_their_own(slide: Any, tess: Any) -> None:
    sync_models(cards())
    film = protocol_named("blood-film")
    film.rules = {"grades": {"burr": {"low": 10.0}}}
    film.full_clean()
    film.save()
    job = services.request_job(tess, slide, film)
    assert job.rules.version == "4-own" and job.rules.get("grades.burr.low") == 10.0
    film.rules = {}
    film.save()
    job.refresh_from_db()
    assert job.rules.get("grades.burr.low") == 10.0 and job.rules.get("grades.burr.high") == 20.0


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
    with pytest.raises(Refusal, match=r"administrator must correct Blood film .* in braces"):
        services.request_job(tess, slide, protocol_named("blood-film"))
    answer = api(tess).post(f"/api/v1/slides/{slide.pk}/jobs/", {"protocol": "blood-film"}, format="json")
    assert answer.status_code == 409 and answer.json()["code"] == "wrong-settings"
    assert not Job.objects.exists()


def test_a_protocol_for_blood_that_none_of_its_models_is_calibrated_for_is_not_ordered(
    slide: Any, tess: Any, api: Any
) -> None:
    sync_models(cards())
    order = {"protocol": "blood-film-leukaemia"}
    ModelVersion.objects.filter(algorithm__name="nucleated-cell-net").update(card={})
    answer = api(tess).post(f"/api/v1/slides/{slide.pk}/jobs/", order, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-settings") and not Job.objects.exists()
    assert "No model is calibrated for blood like that of jhu-aml" in answer.json()["detail"]
    sync_models(cards())
    assert api(tess).post(f"/api/v1/slides/{slide.pk}/jobs/", order, format="json").status_code == 201
    assert Job.objects.get().frozen["settings"]["calibrated_on"] == "jhu-aml"


def test_setup_after_an_upgrade_says_which_protocols_are_behind_and_renews_them_when_asked(
    old_house: None, slide: Any, tess: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apps.desk.management.commands.setup.installed_cards", cards)
    job = services.request_job(tess, slide, protocol_named("blood-film"))
    call_command("setup")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("Not as they are shipped now: blood-film 1 (nucleus-mask, red-cell-shape); `python")
    assert Protocol.objects.filter(name="blood-film").count() == 1

    call_command("setup", renew_protocols=True)
    assert capsys.readouterr().out.splitlines()[1:] == ["protocol Blood film (version 2)"]
    new, old = Protocol.objects.filter(name="blood-film").order_by("-version")
    assert {m.role: m.model.algorithm.name for m in new.models.all()} == FILM.models
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
    film.settings = {**film.settings, "wbc": 100, "tolerance": 0.01}
    film.finder = "outline"
    film.title, film.second_reader = "Films of ward 3", True
    del film.settings["must_see_margin"]
    film.save()
    film.models.filter(role="nucleated-cell").update(threshold=0.3)
    film.models.filter(role="red-cell-shape").update(threshold=0.4)
    renew_protocols(cards())
    new = protocol_named("blood-film")
    assert new.version == 2
    # How cells are found goes with the models, and none of them takes a tolerance: a job would refuse it.
    assert new.settings == {**FILM.settings, "wbc": 100} and new.finder_key == "film"
    assert {m.role: m.threshold for m in new.models.all() if m.threshold} == {"nucleated-cell": 0.3}
    assert (new.title, new.second_reader) == ("Films of ward 3", True), (
        "or cases would be signed with one reader unsaid"
    )


def test_a_renewed_protocol_keeps_a_calibration_only_where_one_of_its_models_has_it(old_house: None) -> None:
    for name in ("blood-film", "blood-film-nrbc"):
        protocol = protocol_named(name)
        protocol.settings["calibrated_on"] = "jhu-aml"
        protocol.save()
    assert len(renew_protocols(cards())) == 2
    assert protocol_named("blood-film").settings == {**FILM.settings, "calibrated_on": "jhu-aml"}
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
    assert protocol_named("blood-film").settings == FILM.settings


def test_a_protocol_that_was_retired_after_it_was_chosen_is_not_ordered(slide: Any) -> None:
    protocol = factories.protocol()
    set_retired(factories.person("administrator"), protocol.name, True)
    with pytest.raises(Conflict, match="has been retired"):
        services.request_job(factories.person("technologist"), slide, protocol)
    assert not slide.jobs.exists()


def test_the_usual_protocol_is_offered_first_and_the_laboratorys_own_before_those_for_comparison(
    old_house: None,
) -> None:
    film = protocol_named("blood-film")
    for name, enabled in (("a-trial", True), ("blood-film-dunet", True), ("z-retired", False)):
        Protocol.objects.filter(name=name).delete()
        Protocol.objects.create(
            name=name, title=name, version=1, assay=film.assay, specimen=film.specimen, settings=film.settings,
            rules=film.rules, enabled=enabled,
        )  # fmt: skip
    names = [protocol.name for protocol in protocols("blood-film")]
    assert names[0] == "blood-film"
    assert names.index("a-trial") < names.index("blood-film-dunet")
    assert "z-retired" not in names


def test_counting_rules_that_cannot_count_are_refused_before_anybody_orders_by_them(old_house: None) -> None:
    film = protocol_named("blood-film")
    film.rules = {"limits": [{"class": "blast", "percent": 10.0}]}
    assert "“text” is missing" in film.what_is_wrong()["rules"]

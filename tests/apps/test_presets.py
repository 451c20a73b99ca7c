"""Presets of camera and objective: kept by administrators, used where a slide comes in or its scale is entered."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.errors import Forbidden, Refusal
from apps.audit.models import Record
from apps.slides.models import ScalePreset
from apps.slides.presets import save_preset
from tests import factories

pytestmark = pytest.mark.django_db
OIL = "Camera 305, 100× oil"


@pytest.fixture
def preset() -> ScalePreset:
    return save_preset(factories.person("administrator"), ScalePreset(name=OIL, mpp=0.069))


def test_an_administrator_keeps_presets_and_each_change_is_recorded(client: Client) -> None:
    ada = factories.person("administrator")
    client.force_login(ada)
    page = "/admin/slides/scalepreset/add/"
    assert client.post(page, {"name": OIL, "mpp": "0.069"}).status_code == 302
    preset = ScalePreset.objects.get()
    refused = client.post(page, {"name": "broken", "mpp": "900"})
    assert "implausible" in refused.content.decode() and ScalePreset.objects.count() == 1
    client.post(f"/admin/slides/scalepreset/{preset.pk}/change/", {"name": OIL, "mpp": "0.07"})
    client.post(f"/admin/slides/scalepreset/{preset.pk}/delete/", {"post": "yes"})
    lines = list(Record.objects.filter(object_type="preset").order_by("pk").values_list("action", flat=True))
    assert lines == ["preset.saved", "preset.saved", "preset.removed"]
    assert (
        Record.objects.filter(action="preset.saved").order_by("-pk").first().detail["before"] == f"{OIL}, 0.069 µm/px"
    )  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ["technologist", "pathologist", "researcher"])
def test_nobody_else_changes_them(role: str) -> None:
    with pytest.raises(Forbidden):
        save_preset(factories.person(role), ScalePreset(name=OIL, mpp=0.069))


def test_the_command_takes_the_presets_scale_and_says_so(preset: ScalePreset, film: Path) -> None:
    out = StringIO()
    call_command("import_slide", str(film), "--case=P-1", "--create", "--preset", OIL.upper(), "--json", stdout=out)
    (slide,) = json.loads(out.getvalue())["slides"]
    assert (slide["mpp"], slide["mpp_source"]) == (0.069, "user")
    assert f"0.069 µm/px by the laboratory's preset {OIL}." in slide["notes"]
    assert any("file states 0.25" in note for note in slide["notes"])
    with pytest.raises(CommandError, match=r"no preset nobody's \(there is: Camera 305"):
        call_command("import_slide", str(film), "--case=P-2", "--create", "--preset", "nobody's")
    with pytest.raises(CommandError, match="not both"):
        call_command("import_slide", str(film), "--case=P-2", "--create", "--preset", OIL, "--mpp=0.1")


def test_the_page_offers_them_and_a_slides_scale_can_be_one(
    preset: ScalePreset, slide: Any, tess: Any, api: Any
) -> None:
    assert api(tess).get("/api/v1/presets/").json() == [{"name": OIL, "mpp": 0.069}]
    answer = api(tess).patch(f"/api/v1/slides/{slide.pk}/", {"preset": OIL}, format="json")
    assert (answer.json()["mpp"], answer.json()["mpp_source"]) == (0.069, "user")
    assert Record.objects.get(action="slide.mpp").detail["preset"] == OIL
    gone = api(tess).patch(f"/api/v1/slides/{slide.pk}/", {"preset": "none"}, format="json")
    assert (gone.status_code, gone.json()["code"]) == (404, "no-preset")


def test_an_implausible_preset_is_refused() -> None:
    with pytest.raises(Refusal, match="implausible"):
        save_preset(factories.person("administrator"), ScalePreset(name=OIL, mpp=1000))

"""The Python client, its types and its notebook, against a live server."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator

from apps.accounts.services import token_of
from tests import factories

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "python"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(CLIENT))
    import hemaview_client

    yield hemaview_client
    for name in [n for n in sys.modules if n.startswith("hemaview_client")]:
        del sys.modules[name]


def test_the_description_and_the_types_that_are_kept_are_those_of_the_api() -> None:
    description = yaml.safe_load((ROOT / "clients" / "openapi.yaml").read_text())
    now = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    assert description == now, "run make api"
    spec = importlib.util.spec_from_file_location("make_types", CLIENT / "make_types.py")
    assert spec and spec.loader
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert (CLIENT / "hemaview_client" / "types.py").read_text() == maker.types(description), "run make api"


@pytest.mark.django_db(transaction=True)
def test_a_researcher_works_by_script(live_server: Any, package: Any, film: Path) -> None:
    rosa = factories.person("researcher", "rosa")
    house = package.HemaView.sign_in(live_server.url, "rosa", factories.PASSWORD)
    assert house.create_case("R-1", specimen="blood-film", stain="MGG")["rights"] == ["annotate", "review", "view"]
    slide = house.add_slide("R-1", film, mpp=0.25)
    assert [s["id"] for s in house.slides("R-1")] == [slide["id"]] and slide["status"] == "importing"
    from apps.slides.imports import run_import

    run_import(slide["id"])
    assert house.thumbnail(slide["id"]).startswith(b"\xff\xd8")
    assert house.tiles(slide["id"])["levels"]
    factories.protocol()
    with pytest.raises(package.Refused) as refused:
        house.analyse(slide["id"], "no-such-protocol")
    assert refused.value.code == "no-protocol" and "blood-film" in str(refused.value)
    assert [p["name"] for p in house.protocols()] == ["blood-film"]
    job = house.analyse(slide["id"], "blood-film")
    assert [j["id"] for j in house.jobs(case="R-1")] == [job["id"]]
    assert rosa.username == "rosa"


@pytest.mark.django_db(transaction=True)
def test_the_notebook_runs_from_top_to_bottom(
    live_server: Any, package: Any, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tess = factories.person("technologist", "tess")
    job = factories.finished_job(factories.slide(factories.case(tess, accession="N-1"), film))
    monkeypatch.setenv("HEMAVIEW_URL", live_server.url)
    monkeypatch.setenv("HEMAVIEW_TOKEN", token_of(tess))
    notebook = json.loads((CLIENT / "example.ipynb").read_text())
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    assert names["job"]["id"] == str(job.pk) and len(names["table"]) == job.cells
    assert names["table"][0]["status"] == "draft" and names["code"] == "not-found"
    assert len(json.loads(names["out"].read_text())["features"]) == job.cells

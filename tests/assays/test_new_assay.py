"""A new examination is one folder of an installed package, and no other line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.analysis import selectors
from apps.analysis.models import Protocol
from apps.analysis.modelservices import sync_models
from apps.analysis.selectors import protocol_named
from apps.analysis.services import request_job
from apps.reports import document, render
from apps.review.countsjson import counts_json
from hemaview.assays import assay, registry
from tests import factories
from tests.apps.test_protocols import cards

FILES = {
    "assay.toml": """
title = "Platelet clumps"
specimens = ["blood-film"]
finder = "film"
headline = ["platelets"]
[[settings]]
key = "fields"
kind = "integer"
label = "Fields to look at"
help = "So many."
default = 5
minimum = 1
""",
    "classes.toml": """
version = 1
groups = [{ key = "plt", name = "Platelets", noun = "platelets", kind = "platelet" }]
classes = [
  { key = "single", name = "Single platelet", short = "single", group = "plt", colour = "#0072b2", mark = "plus" },
  { key = "clump", name = "Clump", short = "clump", group = "plt", colour = "#e69f00", mark = "star", must_see = true },
]
""",
    "rules.toml": 'name = "clumps"\nversion = 1\n',
    "protocols.toml": """
[[protocols]]
name = "platelet-clumps"
title = "Platelet clumps"
specimen = "blood-film"
[protocols.models]
segmentation = "red-cell-unet"
kind = "cell-kind-net"
red-cell-shape = "elmanna-b0"
nucleated-cell = "nucleated-cell-net"
""",
    "counts.py": """
from hemaview.counting.values import Result, section

def count(tally, schema, rules):
    rows = [(c.key, tally.of(c.key)) for c in schema.classes]
    return Result("platelet_clumps", rules.title, (section("platelets", "Clumps", "platelets", rows),))
""",
    "__init__.py": "",
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "platelet_clumps"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    about = tmp_path / "platelet_clumps-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: platelet-clumps\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[hemaview.assays]\nclumps = platelet_clumps\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.assays.cache_clear()
    yield
    monkeypatch.undo()
    registry.assays.cache_clear()
    sys.modules.pop("platelet_clumps", None)


def test_a_folder_of_an_installed_package_is_ordered_counted_and_reported(
    installed: None, slide: Any, tess: Any
) -> None:
    sync_models(cards())
    protocol = protocol_named("platelet-clumps")
    assert protocol.settings == {"fields": 5} and protocol.examination.title == "Platelet clumps"
    order = request_job(tess, slide, protocol)
    assert order.frozen["classes"]["classes"][1]["key"] == "clump"
    order.delete()
    job = factories.finished_job(
        slide, factories.cells({"single": 9, "clump": 1}, key="platelet_clumps"), "platelet_clumps"
    )
    counts = counts_json(job)
    assert counts["sections"][0]["n"]["reviewed"] == 10 and counts["must_see"]["open"] == 1
    assert "Clumps" in render.html(document.build(slide.case), None)


def test_a_finished_job_stays_readable_when_the_package_is_gone(
    installed: None, slide: Any, tess: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_models(cards())
    job = factories.finished_job(
        slide, factories.cells({"single": 9, "clump": 1}, key="platelet_clumps"), "platelet_clumps"
    )
    sys.modules.pop("platelet_clumps", None)
    gone = {k: v for k, v in registry.assays().items() if k != "platelet_clumps"}
    for module in (registry, selectors):
        monkeypatch.setattr(module, "assays", lambda: gone)
    with pytest.raises(Exception, match="no examination called platelet_clumps"):
        assay("platelet_clumps")
    client = api(tess)
    for url in (
        f"/api/v1/cases/{slide.case.accession}/room/",
        f"/api/v1/jobs/{job.pk}/counts/",
        f"/api/v1/jobs/{job.pk}/gallery/",
    ):
        assert client.get(url).status_code == 200, url
    assert "no examination called" in counts_json(job)["why"]
    assert "no examination called" in render.html(document.build(slide.case), None)
    assert Protocol.objects.get(name="platelet-clumps").what_is_wrong()
    call_command("check")

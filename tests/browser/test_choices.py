"""What files hold is chosen from, and what they say of the patient shown to who may see it, in a real browser."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import tifffile
from PIL import Image
from playwright.sync_api import expect

from tests.apps.test_identity import MARK, scan_with_label
from tests.apps.test_imports import film
from tests.browser.conftest import accessible
from tests.integration.stack import Stack
from tests.wsi.matrix.cases import Case
from tests.wsi.matrix.scans import write_zarr

pytestmark = pytest.mark.browser


def test_a_file_of_several_series_offers_them_and_each_becomes_a_slide(
    visit: Any, house: Stack, tmp_path: Path
) -> None:
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path) as out:
        for seed, h in ((1, 512), (2, 480)):
            out.write(film(seed, h), photometric="rgb", metadata={"axes": "YXS", "Name": f"spot {seed}"})
    page = visit("tess")
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-2/")
    there = page.locator("ul.slides > li").count()
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    choice = page.get_by_label("Import")
    expect(choice).to_have_value("1")
    expect(page.get_by_text("These files contain 2 slides")).to_be_visible()
    accessible(page)
    choice.select_option("each as a slide of its own")
    page.get_by_role("button", name="Import").click()
    expect(page.locator("ul.slides > li")).to_have_count(there + 2)
    expect(page.get_by_role("heading", name="two.ome, series 2")).to_be_visible()
    assert page.complaints == []


@pytest.mark.skipif(find_spec("zarr") is None, reason="zarr is not installed")
def test_a_folder_that_is_an_ome_zarr_comes_in_as_one_slide(visit: Any, house: Stack, tmp_path: Path) -> None:
    folder, _ = write_zarr(Case("zarr 2", "channels first", tiling="tiles 64"), tmp_path)
    page = visit("tess")
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-2/")
    page.locator("input[type=file][webkitdirectory]").set_input_files(folder)
    expect(page.get_by_text("made.zarr · ")).to_be_visible()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="made.zarr")).to_be_visible()
    assert page.complaints == []


def test_a_folder_comes_in_without_what_is_no_picture_and_that_is_named(
    visit: Any, house: Stack, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("Thumbs.db", "desktop.ini", "note.txt"):
        (folder / name).write_text("no picture")
    Image.fromarray(film(7)).save(folder / "o1.jpg")
    page = visit("tess")
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-2/")
    page.locator("input[type=file][webkitdirectory]").set_input_files(folder)
    left_out = page.get_by_role("status").filter(has_text="Left out")
    for name in ("Thumbs.db", "desktop.ini", "note.txt"):
        expect(left_out).to_contain_text(name)
    accessible(page)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="o1.jpg")).to_be_visible()
    assert page.complaints == []


def test_an_administrator_lets_a_person_see_who_the_patient_is(visit: Any, house: Stack, tmp_path: Path) -> None:
    at = f"http://127.0.0.1:{house.port}"
    house.manage("import_slide", str(scan_with_label(tmp_path)), "--case", "B-WHO", "--create", "--user", "tess")
    page = visit("tess")
    page.goto(f"{at}/cases/B-WHO/")
    expect(page.get_by_text("Your role may not see it.")).to_be_visible()
    assert MARK not in page.content()
    page.get_by_role("button", name="Log out").click()

    page = visit("ada")
    page.goto(f"{at}/people/")
    page.get_by_role("link", name="Tess Test").click()
    page.get_by_label("May see who the patient is").check()
    page.locator("form", has=page.get_by_label("May see who")).get_by_role("button", name="Save").click()
    expect(page.get_by_text("The right is saved")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Log out").click()

    page = visit("tess")
    page.goto(f"{at}/cases/B-WHO/")
    page.get_by_role("button", name="Show what it says…").click()
    expect(page.get_by_role("cell", name=MARK).first).to_be_visible()
    expect(page.get_by_role("img", name="label", exact=True)).to_be_visible()
    accessible(page)
    assert page.complaints == []

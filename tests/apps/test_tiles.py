"""Tokens for tiles, colour, conversion: what Django decides for the tile server."""

from __future__ import annotations

import asyncio
import io
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import tifffile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm, remove_perm
from PIL import Image, ImageCms

from apps.slides.imports import begin_import_of_files, run_import
from apps.slides.models import Slide
from apps.slides.tileaccess import still_allowed, tile_access
from apps.slides.tileservices import run_conversion, sweep_conversions
from hemaview.wsi.iccwords import without_words
from tests import factories
from tests.tiffs import picture


def fetch(url: str, token: str) -> tuple[int, bytes]:
    """A tile from the application that a server runs: tiles ahead of Django."""
    status, _, body = answer(url, token)
    return status, body


def answer(url: str, token: str, known_tag: bytes = b"") -> tuple[int, dict[bytes, bytes], bytes]:
    """The same with its headers, asked for with the tag of what is known already."""
    from hemaview.config.asgi import application

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def ask() -> None:
        scope = {
            "type": "http", "method": "GET", "path": url, "raw_path": url.encode(), "query_string": f"t={token}".encode(),
            "headers": [(b"if-none-match", known_tag)] if known_tag else [],
        }  # fmt: skip
        await application(scope, receive, send)

    asyncio.run(ask())
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def decoded_slide(user: Any, path: Path, icc: bytes = b"") -> Slide:
    facts: dict[str, Any] = {"iccprofile": icc} if icc else {}
    tifffile.imwrite(
        path, picture(900, 700), tile=(256, 256), compression="deflate", photometric="rgb", metadata=None, **facts
    )
    slide = run_import(begin_import_of_files(user, factories.case(user), [path]).pk)
    assert slide.status == Slide.Status.READY, slide.message
    return slide


@lru_cache(maxsize=1)
def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_who_may_view_a_slide_gets_a_token_for_its_tiles_and_no_query_is_made_with_it(
    slide: Slide, tess: Any, api: Any
) -> None:
    answer = api(tess).get(f"/api/v1/slides/{slide.pk}/tiles/")
    assert answer.status_code == 200, answer.content
    access = answer.json()
    cookie = answer.cookies["hvt"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/tiles/{slide.pk.hex}/", True, "Strict")
    assert cookie.value == access["token"] and "no-store" in answer["Cache-Control"]
    sizes = [(level["width"], level["height"]) for level in access["levels"]]
    assert sizes[-1] == (1024, 768) and sizes == sorted(sizes)
    with CaptureQueriesContext(connection) as queries:
        status, body = fetch(f"{access['base']}{access['levels'][-1]['number']}/1_1.jpg", access["token"])
    assert (status, len(queries)) == (200, 0)
    assert Image.open(io.BytesIO(body)).size == (256, 256)


def test_a_token_is_for_one_slide_and_who_may_not_see_it_gets_none(
    slide: Slide, tess: Any, api: Any, film: Path
) -> None:
    stranger = factories.person("researcher")
    other = factories.slide(factories.case(tess), film)
    other.case.restricted = True
    other.case.save()
    assert api(stranger).get(f"/api/v1/slides/{other.pk}/tiles/").status_code == 404
    mine, theirs = tile_access(tess, slide), tile_access(tess, other)
    assert fetch(f"{theirs['base']}0/0_0.jpg", mine["token"])[0] == 403


@pytest.mark.django_db(transaction=True)
def test_access_withdrawn_however_is_seen_at_the_second_look(slide: Slide, tess: Any, paul: Any) -> None:
    pairs = {(slide.pk.hex, str(tess.pk)), (slide.pk.hex, str(paul.pk)), (slide.pk.hex, "99999"), (slide.pk.hex, "x")}
    assert still_allowed(pairs) == {(slide.pk.hex, str(tess.pk)), (slide.pk.hex, str(paul.pk))}
    paul.is_active = False
    paul.save()
    slide.case.restricted = True
    slide.case.save()
    assert still_allowed(pairs) == set()
    assign_perm("cases.view_case", tess, slide.case)
    assert still_allowed(pairs) == {(slide.pk.hex, str(tess.pk))}
    remove_perm("cases.view_case", tess, slide.case)
    assert still_allowed(pairs) == set()


def test_a_slide_replaced_on_disk_is_indexed_anew_when_it_is_opened(slide: Slide, tess: Any, tmp_path: Path) -> None:
    first = tile_access(tess, slide)
    factories.film_file(slide.file, seed=9)
    second = tile_access(tess, slide)
    assert first["base"] != second["base"]
    assert fetch(f"{second['base']}0/0_0.jpg", second["token"])[0] == 200


def test_a_deleted_slides_token_opens_nothing(tess: Any, tmp_path: Path, api: Any, settings: Any) -> None:
    slide = decoded_slide(tess, tmp_path / "s.tif")
    access = tile_access(tess, slide)
    api(tess).delete(f"/api/v1/slides/{slide.pk}/")
    slide.folder.mkdir(exist_ok=True)
    slide.tile_index_file.unlink(missing_ok=True)
    assert fetch(f"{access['base']}0/0_0.jpg", access["token"])[0] == 404


def test_conversion_makes_every_level_sendable_and_keeps_the_original_for_analysis(
    tess: Any, tmp_path: Path, api: Any, django_capture_on_commit_callbacks: Any
) -> None:
    slide = decoded_slide(tess, tmp_path / "s.tif")
    assert not any(level["stored"] for level in slide.tile_levels[:1])
    answer = api(tess).post(f"/api/v1/slides/{slide.pk}/conversion/")
    assert (answer.status_code, answer.json()["conversion"]) == (202, "asked")
    assert api(tess).post(f"/api/v1/slides/{slide.pk}/conversion/").json()["code"] == "converting"
    assert sweep_conversions() == [str(slide.pk)]
    after = run_conversion(slide.pk)
    assert after.conversion == "done", after.conversion_message
    assert all(level["stored"] for level in after.tile_levels)
    assert after.file.suffix == ".tif" and after.file != after.converted_file
    access = tile_access(tess, after)
    assert access["stored_levels"] == len(access["levels"])
    assert api(tess).post(f"/api/v1/slides/{slide.pk}/conversion/").json()["code"] == "nothing-to-convert"


def test_a_conversion_that_does_not_look_like_its_source_is_thrown_away(
    tess: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hemaview.wsi import convert, errors
    from hemaview.wsi.slide import Slide as Open

    true = Open.read

    def elsewhere(self: Open, x: int, y: int, level: int, w: int, h: int) -> Any:
        return (
            true(self, x, y, level, w, h)
            if ".convert-" in str(self.source.files()[0].path)
            else 255 - true(self, x, y, level, w, h)
        )

    path = tmp_path / "s.tif"
    tifffile.imwrite(path, picture(600, 600), tile=(256, 256), compression="deflate", photometric="rgb")
    spool = convert._spool

    def spoiled(*arguments: Any) -> Any:
        monkeypatch.setattr(Open, "read", elsewhere)
        result = spool(*arguments)
        monkeypatch.setattr(Open, "read", true)
        return result

    monkeypatch.setattr(convert, "_spool", spoiled)
    with pytest.raises(errors.Unreadable, match="does not look like its source"):
        convert.convert(path, tmp_path / "out.tif")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.tif"]


def test_the_profiles_option_changes_tiles_thumbnail_crops_and_the_recorded_policy(
    tess: Any, tmp_path: Path, api: Any
) -> None:
    from apps.analysis.selectors import protocol_named
    from apps.analysis.services import request_job

    factories.protocol()
    slide = decoded_slide(tess, tmp_path / "s.tif", srgb())
    assert slide.colour == "carried" and slide.icc_bytes == len(without_words(srgb()))
    assert "icc_profile" in Image.open(slide.thumbnail_file).info
    access = tile_access(tess, slide)
    _, body = fetch(f"{access['base']}0/0_0.jpg", access["token"])
    assert Image.open(io.BytesIO(body)).info["icc_profile"] == without_words(srgb())
    assert api(tess).patch(f"/api/v1/slides/{slide.pk}/", {"colour": "rainbow"}, format="json").status_code == 400
    answer = api(tess).patch(f"/api/v1/slides/{slide.pk}/", {"colour": "applied"}, format="json")
    assert answer.json()["colour"] == "applied", answer.content
    slide.refresh_from_db()
    assert "icc_profile" not in Image.open(slide.thumbnail_file).info
    assert tile_access(tess, slide)["base"] != access["base"]
    job = request_job(tess, slide, protocol_named("blood-film"))
    assert job.colour_policy == "icc-applied-srgb/1"


def test_a_slide_without_a_profile_has_none_to_apply(slide: Slide, tess: Any, api: Any) -> None:
    answer = api(tess).patch(f"/api/v1/slides/{slide.pk}/", {"colour": "applied"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "no-profile")
    assert api(tess).patch(f"/api/v1/slides/{slide.pk}/", {}, format="json").status_code == 400


def test_an_import_whose_conversion_fails_says_so_and_keeps_the_slide(
    tess: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hemaview.wsi import sandbox

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sandbox, "convert", full)
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, picture(900, 700), tile=(256, 256), compression="deflate", photometric="rgb", metadata=None)
    factories.case(tess, accession="C-1")
    with pytest.raises(CommandError, match="not converted: The file could not be written: No space"):
        call_command("import_slide", str(path), "--case", "C-1", "--convert")
    slide = Slide.objects.get()
    assert (slide.status, slide.conversion) == ("ready", "failed") and not slide.converted_file.exists()

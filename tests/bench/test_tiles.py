"""The comparison compares the same tiles; its page keeps what it does not measure. Timings are never asserted."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from bench import page, ways
from bench.slides import BenchSlide
from hemaview.wsi.tileindex import read_index, write_index
from hemaview.wsi.tileplan import plan_tiles
from tests import factories
from tests.tiffs import Dialect, picture, write_tiff


def test_every_way_makes_the_same_tile(tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    write_tiff(path, [picture(600, 500)], Dialect(quality=90))
    plan_tiles(path, None, tmp_path / "i.hvt")
    slide = BenchSlide(path, 256, 600, 500)
    decoded = read_index(tmp_path / "i.hvt")
    native = ways.native(slide, tmp_path / "i.hvt")
    decoded.levels = [replace(v, stored=False, prefix="", at=0) for v in decoded.levels]
    write_index(decoded, [None], [b""], tmp_path / "d.hvt")
    makers = [ways.naive(slide), native, ways.fallback(slide, tmp_path / "d.hvt")]
    if "large_image" not in ways.available():
        makers.append(ways.large_image(slide, icc=False))
    tiles = [np.asarray(Image.open(io.BytesIO(make(1, 0))).convert("RGB")).astype(int) for make in makers]
    for tile in tiles[1:]:
        assert tile.shape == (256, 256, 3) and np.abs(tile - tiles[0]).mean() < 6
    figures = ways.measure({"a": (native, 3), "b": (makers[0], 2)}, [(0, 0), (1, 0)], 2)
    assert set(figures) == {"a", "b"} and all(v > 0 for v in figures["a"].values())


def test_the_page_takes_one_part_and_keeps_the_other(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_text("# P\n<!-- tiles -->\nold\n<!-- end of tiles -->\nkept\n<!-- soak -->\ns\n<!-- end of soak -->\n")
    row = {"case": "native_http", "metric": "tiles_per_s", "value": 12345.6, "unit": "tiles/s"}
    rows = [{**row, "ratio_to": "naive_http", "ratio": 41.2}]
    page.write(path, "tiles", rows)
    text = path.read_text()
    assert "old" not in text and "kept" in text and "\ns\n" in text
    assert "| native_http  | naive_http | 41.20 × |" in text and "12,346" in text


@pytest.mark.parametrize("arguments", [["tiles", "--slide", "/nowhere.svs"], ["soak", "--slides", "0"], ["walk"]])
def test_bad_input_is_one_sentence(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("bench", *arguments)


def test_verify_tiles_proves_a_slide_and_refuses_what_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.tif"
    write_tiff(path, [picture(300, 300)], Dialect())
    call_command("verify_tiles", str(path))
    assert "4 compared, difference 0; tifffile 4, 0" in capsys.readouterr().out
    (tmp_path / "x.svs").write_bytes(b"nothing")
    with pytest.raises(CommandError):
        call_command("verify_tiles", str(tmp_path / "x.svs"))


@pytest.mark.django_db
def test_verify_tiles_takes_the_id_of_a_slide_and_says_what_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiff(tmp_path / "s.tif", [picture(300, 300)], Dialect())
    slide = factories.slide(factories.case(), tmp_path / "s.tif")
    call_command("verify_tiles", str(slide.pk))
    assert "difference 0; tifffile 4, 0" in capsys.readouterr().out
    for nothing in ("26-00042", str(uuid.uuid4())):
        with pytest.raises(CommandError, match="neither a file nor the id of a slide"):
            call_command("verify_tiles", nothing)

"""Folders that come in: every file that is left out is named, and a folder that gives nothing is refused by its name."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from apps.accounts.errors import Refusal
from apps.slides.folders import with_companions
from apps.slides.imports import begin_import_of_files, run_import
from apps.slides.models import Slide
from hemaview.wsi.sources.names import KINDS, may_come
from tests import factories
from tests.tiffs import picture

pytestmark = pytest.mark.django_db


def bring(folder: Path) -> Slide:
    case = factories.case()
    slide = run_import(begin_import_of_files(case.created_by, case, [folder]).pk)
    assert slide.status == "ready", slide.message
    return slide


def photograph(path: Path, width_px: int = 320) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture(width_px, 240)[..., :3].astype(np.uint8)).save(path)


def test_what_is_left_out_of_a_folder_is_named_pictures_first(tmp_path: Path) -> None:
    for name in ("o1.jpg", "x.gif", "sub/f0.jpg"):
        photograph(tmp_path / name)
    for name in ("note.txt", "Thumbs.db", ".DS_Store", "born 1956.txt"):
        (tmp_path / name).write_text("no picture")
    slide = bring(tmp_path)
    assert [f["name"] for f in slide.photo_fields] == ["o1"]
    (note,) = slide.notes
    assert note.startswith("Left out of the folder: sub/f0.jpg, x.gif, .DS_Store, note.txt, Thumbs.db and 1 more.")
    (tmp_path / "whole").mkdir()
    photograph(tmp_path / "whole" / "o2.jpg", 336)
    assert bring(tmp_path / "whole").notes == []


def test_a_folder_that_gives_nothing_is_refused_by_its_name_with_what_it_holds(tmp_path: Path) -> None:
    photograph(tmp_path / "sub" / "f0.jpg")
    photograph(tmp_path / "x.gif")
    with pytest.raises(Refusal, match=re.escape(f"{tmp_path} contains no slide or picture")) as refused:
        bring(tmp_path)
    assert "it contains sub/f0.jpg, x.gif." in refused.value.message


def test_the_one_slide_of_a_folder_comes_in_and_of_several_one_must_be_named(tmp_path: Path) -> None:
    description = "Aperio Image Library v11.2.1 \r\n600x500|AppMag = 40|MPP = 0.25"
    tifffile.imwrite(
        tmp_path / "a.svs", picture(600, 500), description=description, tile=(256, 256), compression="jpeg",
        photometric="rgb", metadata=None,
    )  # fmt: skip
    (tmp_path / "note.txt").write_text("no slide")
    slide = bring(tmp_path)
    assert slide.name == "a.svs" and any("note.txt" in note for note in slide.notes)
    (tmp_path / "b.svs").write_bytes((tmp_path / "a.svs").read_bytes())
    with pytest.raises(Refusal, match=r"contains 2 slides \(a.svs, b.svs\): choose the one"):
        bring(tmp_path)


def test_a_series_is_looked_for_among_all_the_files_beside_it_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.slides.folders.MOST_BESIDE", 3)
    for name in ("a.dcm", "b.dcm", "notes.txt"):
        (tmp_path / name).write_bytes(bytes(128) + (b"DICM" if name.endswith("dcm") else b"    "))
    assert with_companions([tmp_path / "b.dcm"])[0] == [tmp_path / "a.dcm", tmp_path / "b.dcm"]
    (tmp_path / "c.dcm").write_bytes(bytes(128) + b"DICM")
    with pytest.raises(Refusal, match="holds more than 3 files") as refused:
        with_companions([tmp_path / "b.dcm"])
    assert refused.value.code == "too-many-files"
    below = tmp_path / "archive"
    for name in ("1/a", "1/b", "2/a", "2/b"):
        (below / name).parent.mkdir(parents=True, exist_ok=True)
        (below / name).write_bytes(bytes(128) + b"DICM")
    with pytest.raises(Refusal, match="archive holds more than 3 files"):
        with_companions([below])


def test_the_case_page_lets_the_same_names_in_as_the_server() -> None:
    source = (Path(__file__).parents[2] / "frontend" / "case" / "incoming.ts").read_text()
    listed = re.search(r"SUFFIXES = \[([^\]]+)\]", source)
    assert listed is not None
    suffixes = {suffix.removeprefix(".") for kind in KINDS for suffix in (*kind.suffixes, *kind.beside)}
    assert set(re.findall(r'"(\w+)"', listed[1])) == suffixes
    assert not any(may_come(name) for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "note.txt", "x.gif"))

"""A folder that came as one file is unpacked whole, and what could reach beyond it is refused with nothing left."""

from __future__ import annotations

import contextlib
import io
import random
import tarfile
from pathlib import Path

import pytest

from hemaview.wsi.errors import SlideError, Unreadable
from hemaview.wsi.foldertar import unpack

FILES = {
    ".zgroup": b'{"zarr_format": 2}',
    "0/.zarray": b"x" * 512,
    "0/0/0": b"y" * 1300,
    "a" * 90 + "/" + "b" * 60: b"",
}


def pack(path: Path, files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as out:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.type, entry.linkname = len(data), kind, "etc" if kind == tarfile.SYMTYPE else ""
            out.addfile(entry, io.BytesIO(data))
    return path


def test_every_file_is_there_again(tmp_path: Path) -> None:
    unpack(pack(tmp_path / "p", FILES), tmp_path / "out", "film.zarr")
    assert {
        str(p.relative_to(tmp_path / "out")): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()
    } == FILES
    unpack(tmp_path / "nowhere", tmp_path / "out", "film.zarr")  # what is there already is not unpacked again


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "0/../../out.txt", "a\\b", "a\nb"])
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="a name that is not allowed"):
        unpack(pack(tmp_path / "p", {"good": b"1", name: b"2"}), tmp_path / "out", "film.zarr")
    assert [p.name for p in tmp_path.iterdir()] == ["p"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_the_like_are_refused(kind: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        unpack(pack(tmp_path / "p", {"x": b""}, kind), tmp_path / "out", "film.zarr")
    assert [p.name for p in tmp_path.iterdir()] == ["p"]


def test_a_file_cut_short_or_changed_anywhere_is_refused_or_unpacked_and_never_more(tmp_path: Path) -> None:
    whole, chance = pack(tmp_path / "p", FILES).read_bytes(), random.Random(1)
    for i in range(300):
        raw = bytearray(whole[: chance.randrange(512, len(whole))] if i % 3 == 0 else whole)
        for _ in range(chance.randrange(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        (tmp_path / "p").write_bytes(raw)
        with contextlib.suppress(SlideError):
            unpack(tmp_path / "p", tmp_path / "in" / f"{i}", "film.zarr")
    assert {p.name for p in tmp_path.iterdir()} == {"p", "in"}
    assert not [p for p in (tmp_path / "in").iterdir() if p.name.startswith(".")]

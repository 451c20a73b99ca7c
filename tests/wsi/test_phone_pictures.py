"""Pictures as phones and camera programs write them: HEIC, AVIF and Windows bitmaps."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from hemaview.wsi.contents import kind_of
from hemaview.wsi.errors import Unreadable, Unsupported
from hemaview.wsi.identity import entries_of
from hemaview.wsi.matrixprofile import ADOBE_EXPONENT, ADOBE_RGB, matrix_profile
from hemaview.wsi.picture import read_pictures
from hemaview.wsi.sandbox import probe
from hemaview.wsi.taken import taken_at

HEIC = Path(__file__).parent / "phone/turned.heic"
"""128 × 96 px, drawn: grey ground, a red, a green and a blue square; to be shown turned by a quarter, clockwise."""


def drawing() -> NDArray[np.uint8]:
    rgb = np.full((96, 128, 3), 225, np.uint8)
    for i in range(3):
        rgb[16:40, 16 + 32 * i : 40 + 32 * i] = np.eye(3, dtype=np.uint8)[i] * 200
    return rgb


def pixels_of(path: Path) -> NDArray[np.int16]:
    (picture,) = read_pictures(path, path.name, kind_of(path))
    return picture.image.numpy().astype(np.int16)


def named_otherwise(folder: Path, at: int, value: bytes, name: str = "a.heic") -> Path:
    """The picture with other numbers for its primaries (at 8) or its curve (at 10)."""
    raw = bytearray(HEIC.read_bytes())
    start = raw.find(b"colrnclx") + at
    raw[start : start + len(value)] = value
    path = folder / name
    path.write_bytes(raw)
    return path


def test_a_phones_picture_is_shown_upright_in_its_colours() -> None:
    assert kind_of(HEIC) == "heif"
    off = np.abs(pixels_of(HEIC) - np.rot90(drawing(), -1))
    assert off.shape == (128, 96, 3) and off.mean() < 2


def test_a_phones_wide_colours_are_brought_to_srgb_and_high_range_is_refused(tmp_path: Path) -> None:
    wide = pixels_of(named_otherwise(tmp_path, 8, struct.pack(">H", 12)))
    plain = pixels_of(HEIC)
    assert wide[28, 68, 0] > plain[28, 68, 0] + 10, "Display P3's red is more than sRGB's"
    assert np.abs(wide[5, 5] - plain[5, 5]).max() <= 2, "grey stays grey"
    for at, number in ((10, 16), (10, 18), (8, 9)):
        with pytest.raises(Unsupported, match="high-dynamic-range"):
            probe(named_otherwise(tmp_path, at, struct.pack(">H", number)))


def test_a_cut_phone_picture_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(HEIC.read_bytes()[:-200])
    with pytest.raises(Unreadable, match=r"a\.heic is damaged"):
        probe(path)


def test_what_a_phone_says_of_people_and_places_is_listed_and_when_it_was_taken_is_known() -> None:
    entries = {(e.kind, e.value) for e in entries_of(HEIC, HEIC.name, "heif", {}, ())}
    assert ("person", "Zwiebelmann") in entries and any(kind == "place" for kind, _ in entries)
    assert taken_at(HEIC).startswith("2026:11:28 10:00:00")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_avif_is_shown_as_it_lies(orientation: int, tmp_path: Path) -> None:
    path, exif = tmp_path / "a.avif", Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(drawing()).save(path, quality=95, exif=exif)
    assert kind_of(path) == "avif"
    upright = np.rot90(drawing(), {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    assert np.abs(pixels_of(path) - upright).mean() < 2


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "1", "RGBA"])
def test_a_bitmap_comes_in_as_it_is(mode: str, tmp_path: Path) -> None:
    path, picture = tmp_path / "a.bmp", Image.fromarray(drawing()).convert(mode)
    picture.save(path)
    assert kind_of(path) == "bmp"
    expected = np.asarray(picture.convert("RGB"), np.int16)
    assert np.abs(np.atleast_3d(pixels_of(path)) - expected).max() == 0


def test_a_bitmaps_own_profile_is_followed(tmp_path: Path) -> None:
    path, profile = tmp_path / "a.bmp", matrix_profile(ADOBE_RGB, ADOBE_EXPONENT, "Adobe RGB")
    rgb = drawing()
    body = rgb[::-1, :, ::-1].tobytes()  # 384 bytes a line: no padding
    head = struct.pack("<IiiHHIIiiII", 124, 128, 96, 1, 24, 0, len(body), 2835, 2835, 0, 0) + bytes(16)
    head += b"DEBM" + bytes(48) + struct.pack("<IIII", 4, 124 + len(body), len(profile), 0)
    path.write_bytes(
        b"BM" + struct.pack("<IHHI", 14 + 124 + len(body) + len(profile), 0, 0, 138) + head + body + profile
    )
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    expected = ImageCms.profileToProfile(
        Image.fromarray(rgb), source, ImageCms.createProfile("sRGB"), renderingIntent=1
    )
    assert np.abs(pixels_of(path) - np.asarray(expected, np.int16)).max() <= 2
    assert np.abs(np.asarray(expected, np.int16) - rgb).max() > 20


def test_a_film_of_a_phone_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(400))
    with pytest.raises(Unsupported, match="neither a slide nor a picture"):
        probe(path)

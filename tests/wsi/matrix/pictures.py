"""JPEG, PNG and WebP files of the matrix, written by Pillow and libvips, read by Pillow for what they hold."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

from tests.wsi.matrix.cases import Case
from tests.wsi.matrix.looks import CLEAR_FROM_ROW, WIDE, Expected, deep, film, icc, in_srgb, turned

_DPI: dict[str, tuple[tuple[float, float] | None, float | None]] = {
    "none": (None, None), "screen": ((300, 300), None), "cm": ((101_600, 101_600), 0.25), "inch": ((50_800, 50_800), 0.5),
    "text": (None, 0.25), "oblong": ((101_600, 50_800), None),
}  # fmt: skip
_P3_POINTS = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
_SPACE_OF_POINTS = np.array([[1.224940, -0.224940, 0.0], [-0.042057, 1.042057, 0.0], [-0.019638, -0.078636, 1.098274]])
"""Linear Display P3 to linear sRGB, both under D65 (SMPTE EG 432-1, IEC 61966-2-1)."""


def write(case: Case, folder: Path) -> tuple[Path, Expected]:
    """The file and how it must come in."""
    path = folder / f"made.{case.container}"
    {"jpeg": _jpeg, "png": _png, "webp": _webp}[case.container](case, path)
    with Image.open(path) as opened:
        decoded = np.asarray(opened.convert("RGBA" if case.planes == "rgba" else "RGB"))
    if case.container == "png" and case.depth > 8:  # Pillow shows of 16 bits what it likes: what was written is known
        decoded = turned(_plain(case), case.orientation)
    upright = _upright(decoded, case.orientation)
    expected = Expected([_look(case, upright)], mpp=_DPI[case.scale][1])
    if case.container == "jpeg" or case.coding == "lossy":
        expected.worst, expected.mean = 6, 0.8
    wide = case.profile in (*WIDE, "exif adobe", "chromaticities") and case.planes != "grey"
    if wide:
        expected.worst, expected.mean = expected.worst + 4, expected.mean + 1
        expected.says.append("converted to sRGB")
    if case.profile == "gamma 1":
        expected.worst = 2
    if case.profile == "broken":
        expected.says.append("was left out")
    if case.planes == "rgba":
        expected.says.append("transparent")
    if case.pages == "phone's two":
        expected.says.append("the first one was taken")
    if case.scale == "oblong":
        expected.refused = "across but"
    return path, expected


def _plain(case: Case) -> NDArray[np.uint8]:
    picture = film(1)
    return np.stack([picture.mean(axis=2).astype(np.uint8)] * 3, axis=-1) if case.planes == "grey" else picture


def _look(case: Case, upright: NDArray[np.uint8]) -> NDArray[np.uint8]:
    space = {"exif adobe": "adobe"}.get(case.profile, case.profile)
    rgb = in_srgb(upright[..., :3], space if case.planes not in ("grey", "palette") else "none")
    if case.profile in ("gamma 1", "chromaticities"):
        linear = (upright[..., :3] / 255.0) ** (1.0 if case.profile == "gamma 1" else 2.2)
        if case.profile == "chromaticities" and case.planes != "grey":
            linear = np.clip(linear @ _SPACE_OF_POINTS.T, 0, 1)
        rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        rgb = np.rint(255 * rgb).astype(np.uint8)
        if case.planes in ("grey", "palette") and case.profile == "chromaticities":
            rgb = upright[..., :3]
    if case.planes == "rgba":
        rgb = rgb.copy()
        rgb[CLEAR_FROM_ROW:] = 255
    return np.ascontiguousarray(rgb)


def _upright(stored: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """By numpy alone, the way back from `turned` (EXIF 2.32, 4.6.4)."""
    back = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
            5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, -1),
            7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1], 8: np.rot90}  # fmt: skip
    return np.ascontiguousarray(back[orientation](stored))


def _exif(case: Case) -> Image.Exif:
    exif = Image.Exif()
    if case.orientation != 1:
        exif[274] = case.orientation
    if case.profile == "exif adobe":
        exif.get_ifd(0x8769)[0xA001] = 2
    if case.scale == "text":
        exif[270] = "0.25 um/px"
    return exif


def _how(case: Case) -> dict[str, Any]:
    how: dict[str, Any] = {"exif": _exif(case).tobytes()}
    if case.profile not in ("none", "exif adobe", "gamma 1", "chromaticities"):
        how["icc_profile"] = icc(case.profile)
    if _DPI[case.scale][0]:
        how["dpi"] = _DPI[case.scale][0]
    return how


def _jpeg(case: Case, path: Path) -> None:
    stored = turned(_plain(case), case.orientation)
    picture = Image.fromarray(stored).convert("L" if case.planes == "grey" else "RGB")
    how = _how(case) | {"quality": 96, "subsampling": 2 if case.coding == "420" else 0}
    dpi = how.pop("dpi", None)
    if case.coding == "progressive":
        how["progressive"] = True
    if case.coding == "restarts":
        how["restart_marker_blocks"] = 3
    if case.planes == "rgb without conversion":
        how["keep_rgb"] = True
    if case.pages == "phone's two":
        picture.save(path, format="MPO", save_all=True, append_images=[Image.fromarray(film(2))], **how)
    else:
        picture.save(path, format="JPEG", **how)
    if dpi:
        _set_density(path, dpi, per_cm=case.scale == "cm")


def _set_density(path: Path, dpi: tuple[float, float], per_cm: bool) -> None:
    """JFIF's own density, which holds 16 bits (JFIF 1.02), put in front."""
    x, y = (round(v / 2.54) if per_cm else round(v) for v in dpi)
    if not per_cm and max(x, y) > 65535:
        x, y, per_cm = round(dpi[0] / 2.54), round(dpi[1] / 2.54), True
    head = b"\xff\xe0\0\x10JFIF\0\x01\x02" + bytes([2 if per_cm else 1]) + struct.pack(">HH", x, y) + b"\0\0"
    raw = path.read_bytes()
    rest = raw[2:]
    if rest[:2] == b"\xff\xe0":
        rest = rest[2 + int.from_bytes(rest[2:4], "big") :]
    path.write_bytes(raw[:2] + head + rest)


def _png(case: Case, path: Path) -> None:
    stored = turned(_plain(case), case.orientation)
    if case.planes == "palette":
        picture = Image.fromarray(turned(film(1), case.orientation)).quantize(64)
    elif case.planes == "rgba":
        alpha = np.full((120, 160, 1), 255, np.uint8)
        alpha[CLEAR_FROM_ROW:] = 0
        picture = Image.fromarray(np.dstack([stored, turned(alpha, case.orientation)]), "RGBA")
    else:
        picture = Image.fromarray(stored).convert("L" if case.planes == "grey" else "RGB")
    out = BytesIO()
    picture.save(out, format="PNG")
    raw = out.getvalue()
    if case.depth > 8:
        grey = stored[..., 0] if case.planes == "grey" else stored
        raw = bytes(imagecodecs.png_encode(np.ascontiguousarray(deep(grey, case.depth))))
    if case.coding == "interlaced":
        raw = bytes(pyvips.Image.pngload_buffer(raw).pngsave_buffer(interlace=True, keep="none", palette=False))
    raw = _bare(raw)
    how = _how(case)
    chunks = b""
    if "icc_profile" in how:
        chunks += _chunk(b"iCCP", b"own\0\0" + zlib.compress(how["icc_profile"]))
    if case.profile == "gamma 1":
        chunks += _chunk(b"gAMA", struct.pack(">I", 100_000))
    if case.profile == "chromaticities":
        chunks += _chunk(b"gAMA", struct.pack(">I", 45_455)) + _chunk(b"cHRM", struct.pack(">8I", *_P3_POINTS))
    if "dpi" in how:
        chunks += _chunk(b"pHYs", struct.pack(">IIB", *(round(v / 0.0254) for v in how["dpi"]), 1))
    if case.orientation != 1:
        chunks += _chunk(b"eXIf", how["exif"].removeprefix(b"Exif\0\0"))
    if case.scale == "text":
        chunks += _chunk(b"tEXt", b"Description\x000.25 um/px")
    path.write_bytes(raw[:33] + chunks + raw[33:])


def _bare(raw: bytes) -> bytes:
    """A PNG without what its encoder has added: only chunks that pixels need."""
    out, at = raw[:8], 8
    while at < len(raw):
        end = at + 12 + int.from_bytes(raw[at : at + 4], "big")
        if raw[at + 4 : at + 8] in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            out += raw[at:end]
        at = end
    return out


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _webp(case: Case, path: Path) -> None:
    stored = turned(_plain(case), case.orientation)
    if case.planes == "rgba":
        alpha = np.full((120, 160, 1), 255, np.uint8)
        alpha[CLEAR_FROM_ROW:] = 0
        stored = np.dstack([stored, turned(alpha, case.orientation)])
    lossless = case.coding == "lossless"
    Image.fromarray(stored).save(path, lossless=lossless, quality=95, exact=lossless, **_how(case))

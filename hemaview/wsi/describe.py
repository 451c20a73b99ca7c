"""What a picture or a tiled TIFF holds, read before a pixel is decoded: pages, planes, channels, depth, profile, µm/px.

Each thing that is read here is honoured by `picture`, told in a note, or refused by name: none is lost in silence.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from hemaview.wsi import physical, tiff
from hemaview.wsi.errors import Unsupported
from hemaview.wsi.omexml import OmeImage, read_ome
from hemaview.wsi.physical import PixelSize

ASIDE = re.compile(r"label|macro|thumb|overview|barcode", re.IGNORECASE)
"""Names of pictures that stand beside a slide; label and macro can show who the patient is."""
SMALL_SHARE = 0.25
"""Other pictures of a TIFF up to this share of the first one's area stand beside it."""
PALETTE = 3
EVERYBODYS = frozenset({1, 5, 7, 8, 32773, 32946})
"""None, LZW, JPEG, deflate, PackBits: what libtiff decodes however it was built. Of others libvips shows tiles black without
a word, and openslide fails late."""
_SUBFILE, _DESCRIPTION, _MAX_SAMPLE, _X_RESOLUTION, _Y_RESOLUTION, _UNIT = 254, 270, 281, 282, 283, 296
_EXTRA_SAMPLES, _SAMPLE_FORMAT = 338, 339
_FORMATS = {1: "integer", 2: "signed", 3: "float"}
_UNIT_UM = {2: 25_400.0, 3: 10_000.0}


@dataclass(frozen=True)
class Description:
    """What a file holds; sizes in px as they look."""

    width_px: int
    height_px: int
    pictures: tuple[tuple[int, ...], ...] = ((0,),)
    """Of each picture the pages that make it: one, or three where red, green and blue are planes of their own."""
    samples: int = 3
    bits: int = 8
    stated_bits: int = 0
    """Bits in use as the file states them; 0 where it does not."""
    sample_format: str = "integer"
    photometric: int = 2
    extra: int | None = None
    """What a sample beyond the colours is: 1 or 2 transparency, 0 unsaid."""
    planar: bool = False
    compression: int = 1
    orientation: int = 1
    icc: bytes = b""
    gamma: float = 0.0
    """A PNG's gAMA where that is its only word on colour; 0 where it is not."""
    size: PixelSize | None = None
    notes: tuple[str, ...] = ()

    @property
    def as_stored(self) -> bool:
        """Whether a reader that shows the first page's 8-bit samples shows all that there is, as it looks."""
        return (
            self.pictures == ((0,),)
            and self.bits == 8
            and self.sample_format == "integer"
            and self.orientation == 1
            and self.compression in EVERYBODYS
            and not self.planar
            and (self.samples, self.photometric) in ((1, 1), (3, 2), (3, 6))
        )


def describe_tiff(path: Path, name: str) -> Description:
    """Read a TIFF's directories, OME-XML and ImageJ's description; raises Unsupported for what would be lost."""
    file = tiff.TiffFile(path)
    pages = [(i, d) for i, d in enumerate(file.directories) if not d.number(_SUBFILE) & 5 and _area(d)]
    if not pages:
        raise Unsupported(f"{name} holds no picture.")
    first = pages[0][1]
    text = first.data(_DESCRIPTION)
    series = read_ome(text, name) if b"<OME" in text[:4096] else []
    notes: list[str] = []
    if series:
        pictures, stated = _of_ome(pages, series, name, notes)
    elif text.startswith(b"ImageJ="):
        pictures, stated = _of_imagej(pages, text.decode("latin-1"), name), 0
    else:
        pictures, stated = _of_pages(pages, name, notes), 0
    size, contradictions = physical.chosen(_sizes(first, series, text), name)
    width, height = first.number(tiff.IMAGE_WIDTH), first.number(tiff.IMAGE_LENGTH)
    orientation = first.number(tiff.ORIENTATION, 1)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    bits = set(first.numbers(tiff.BITS)) or {1}
    if len(bits) > 1:
        raise Unsupported(f"{name} gives its colours different depths ({sorted(bits)} bits); save it with one depth.")
    extra = first.numbers(_EXTRA_SAMPLES)
    most = first.number(_MAX_SAMPLE)
    planes = len(pictures[0])
    return Description(
        width_px=width,
        height_px=height,
        pictures=pictures,
        samples=planes if planes > 1 else first.number(tiff.SAMPLES, 1),
        bits=bits.pop(),
        stated_bits=stated or (most.bit_length() if 255 <= most < 65535 else 0),
        sample_format=_FORMATS.get(first.number(_SAMPLE_FORMAT, 1), "other"),
        photometric=first.number(tiff.PHOTOMETRIC, 1),
        extra=int(extra[0]) if extra else None,
        planar=first.number(tiff.PLANAR, 1) == 2,
        compression=first.number(tiff.COMPRESSION, 1),
        orientation=orientation if 1 <= orientation <= 8 else 1,
        icc=first.data(tiff.ICC),
        size=size,
        notes=(*notes, *contradictions),
    )


def describe_picture(path: Path, name: str, kind: str) -> Description:
    """Read the head of a JPEG, PNG or WebP; raises Unsupported, Unreadable through Pillow's OSError."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as picture:
        width, height = picture.size
        frames = getattr(picture, "n_frames", 1)
        if frames > 1 and picture.format != "MPO":
            raise Unsupported(f"{name} holds {frames} pictures one after the other; save each as a file of its own.")
        exif = picture.getexif()
        orientation = int(exif.get(tiff.ORIENTATION, 1))
        icc = picture.info.get("icc_profile") or b""
        described = Description(width, height, icc=icc, orientation=orientation if 1 <= orientation <= 8 else 1)
        if described.orientation >= 5:
            described = replace(described, width_px=height, height_px=width)
        sizes = [_of_comment(picture.info, exif), _of_density(picture.info, kind)]
        if kind == "png":
            bits, gamma = _of_png(path)
            described = replace(described, bits=bits, gamma=gamma)
            if icc or "srgb" in picture.info:
                described = replace(described, gamma=0.0)
    size, contradictions = physical.chosen(sizes, name)
    return replace(described, size=size, notes=tuple(contradictions))


def _area(directory: tiff.Directory) -> int:
    return directory.number(tiff.IMAGE_WIDTH) * directory.number(tiff.IMAGE_LENGTH)


def _shape(directory: tiff.Directory) -> tuple[int, int]:
    return directory.number(tiff.IMAGE_WIDTH), directory.number(tiff.IMAGE_LENGTH)


def _in_colour(directory: tiff.Directory) -> bool:
    return directory.number(tiff.SAMPLES, 1) >= 3 or directory.number(tiff.PHOTOMETRIC, 1) == PALETTE


# --- pages, planes, series ------------------------------------------------------------------------------------------

_Pages = list[tuple[int, tiff.Directory]]


def _of_pages(pages: _Pages, name: str, notes: list[str]) -> tuple[tuple[int, ...], ...]:
    """Pages that nothing describes: those of one size are fields, where they are in colour."""
    first = pages[0][1]
    same = [(i, d) for i, d in pages if _shape(d) == _shape(first)]
    _others(pages, first, name, notes)
    if len(same) == 1:
        return ((same[0][0],),)
    if not all(_in_colour(d) for _, d in same):
        raise Unsupported(
            f"{name} holds {len(same)} grey pages of one size and does not say whether they are colours, focal planes or "
            "fields; save each field as one colour picture."
        )
    notes.append(f"Its {len(same)} pages were taken as {len(same)} fields.")
    return tuple((i,) for i, _ in same)


def _others(pages: _Pages, first: tiff.Directory, name: str, notes: list[str]) -> None:
    """Say what happens to pages that are not of the first one's size; raises Unsupported where one is no small matter."""
    w0, h0 = _shape(first)
    for number, (_, page) in enumerate(pages[1:], 2):
        w, h = _shape(page)
        if (w, h) == (w0, h0):
            continue
        shrink = w0 / w
        if shrink > 1.2 and abs(w0 / shrink - w) <= 1 and abs(h0 / shrink - h) <= 1.5:
            notes.append(f"Page {number} ({w} × {h} px) was taken to be the first one made smaller.")
        elif w * h <= SMALL_SHARE * w0 * h0:
            notes.append(f"Page {number} ({w} × {h} px), a label or an overview by its size, was left out.")
        else:
            raise Unsupported(
                f"{name} holds pictures of different sizes ({w0} × {h0} px, and page {number} of {w} × {h} px); save each as a "
                "file of its own."
            )


def _of_imagej(pages: _Pages, text: str, name: str) -> tuple[tuple[int, ...], ...]:
    counts = {k: int(v) for k, v in re.findall(r"^(images|channels|slices|frames)=(\d{1,9})$", text, re.MULTILINE)}
    images, channels = counts.get("images", 1), counts.get("channels", 1)
    if (frames := counts.get("frames", 1)) > 1:
        raise _more(name, frames, "time points")
    slices = counts.get("slices", 1 if channels > 1 else images)
    if slices > 1:
        raise _more(name, slices, "focal planes")
    if channels == 1:
        return ((pages[0][0],),)
    if channels != 3:
        raise Unsupported(f"{name} holds {channels} channels, not a colour picture in bright field.")
    if len(pages) < 3:
        raise Unsupported(f"{name} holds its {channels} planes behind one page; save it from ImageJ as an RGB picture.")
    return (tuple(i for i, _ in pages[:3]),)


def _of_ome(
    pages: _Pages, series: list[OmeImage], name: str, notes: list[str]
) -> tuple[tuple[tuple[int, ...], ...], int]:
    """The pages of each picture, and the bits in use; raises Unsupported where series, planes or channels would be lost."""
    main = series[0]
    if sum(s.planes for s in series) > len(pages):
        raise Unsupported(
            f"{name} describes {sum(s.planes for s in series)} planes but holds {len(pages)}: the others lie in other files; "
            "save them as one file."
        )
    pictures: list[tuple[int, ...]] = []
    at = 0
    for number, one in enumerate(series, 1):
        indices = tuple(i for i, _ in pages[at : at + one.planes])
        at += one.planes
        if number > 1 and (ASIDE.search(one.name) or _beside(one, main)):
            notes.append(
                f"Series {number} ({one.name or 'unnamed'}, {one.width_px} × {one.height_px} px) was left out."
            )
            continue
        if (one.width_px, one.height_px) != (main.width_px, main.height_px):
            listed = ", ".join(f"{s.name or 'unnamed'} of {s.width_px} × {s.height_px} px" for s in series[:4])
            raise Unsupported(f"{name} holds {len(series)} series ({listed}); save each as a file of its own.")
        pictures.append(_colours(one, indices, name))
    if len(pictures) > 1:
        notes.append(f"Its {len(pictures)} series were taken as {len(pictures)} fields.")
    if at < len(pages):
        notes.append(f"{len(pages) - at} pages that its description does not name were left out.")
    return tuple(pictures), main.significant_bits


def _beside(one: OmeImage, main: OmeImage) -> bool:
    return one.width_px * one.height_px <= SMALL_SHARE * main.width_px * main.height_px


def _colours(image: OmeImage, indices: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The pages of one series in the order red, green, blue, or its only page."""
    if image.z > 1:
        raise _more(name, image.z, "focal planes")
    if image.t > 1:
        raise _more(name, image.t, "time points")
    names = ", ".join(c.name or "unnamed" for c in image.channels[:6])
    if any(c.fluorescent for c in image.channels):
        raise Unsupported(f"{name} is of fluorescence ({names}), not of a stained film in bright field.")
    if len(image.channels) == 1:
        return indices
    if len(image.channels) != 3 or any(c.samples != 1 for c in image.channels):
        raise Unsupported(
            f"{name} holds {len(image.channels)} channels ({names}), not a colour picture in bright field; save it as RGB."
        )
    by_colour = {c.colour: i for c, i in zip(image.channels, indices, strict=True)}
    if set(by_colour) == {"red", "green", "blue"}:
        return by_colour["red"], by_colour["green"], by_colour["blue"]
    return indices


def _more(name: str, n: int, what: str) -> Unsupported:
    return Unsupported(f"{name} holds {n} {what}; save the one that is to be counted as a picture of its own.")


# --- µm/px ----------------------------------------------------------------------------------------------------------


def _sizes(first: tiff.Directory, series: list[OmeImage], text: bytes) -> list[PixelSize | None]:
    """Every size that a TIFF states, the most explicit first."""
    x, y = first.rational(_X_RESOLUTION), first.rational(_Y_RESOLUTION)
    sizes: list[PixelSize | None] = []
    if series and (um_x := series[0].um_x):
        sizes.append(PixelSize(um_x, series[0].um_y or um_x, "OME-XML"))
    words = text.rstrip(b"\0").decode("utf-8", "replace")
    if text.startswith(b"ImageJ="):
        sizes.append(physical.of_imagej(words, x, y))
        if sizes[-1]:
            return sizes
    elif not series:
        sizes.append(physical.of_text(words, "its description"))
    unit_um = _UNIT_UM.get(first.number(_UNIT, 2))
    if unit_um:
        sizes.append(physical.of_resolution(x, y, unit_um, "its resolution"))
    return sizes


def _of_comment(info: dict[str | tuple[int, int], object], exif: object) -> PixelSize | None:
    described = exif.get(_DESCRIPTION, "") if hasattr(exif, "get") else ""
    values = [described, *(v for k, v in info.items() if isinstance(k, str) and k not in ("exif", "icc_profile"))]
    for value in values:
        words = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(words, str) and (size := physical.of_text(words[:65_536], "its description")):
            return size
    return None


def _of_density(info: dict[str | tuple[int, int], object], kind: str) -> PixelSize | None:
    """Pixels per inch as Pillow tells them of a JPEG's, PNG's or WebP's head."""
    dpi = info.get("dpi")
    try:
        x, y = (float(v) for v in dpi)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return physical.of_resolution(x, y, 25_400.0, f"its {kind.upper()} resolution")


def _of_png(path: Path) -> tuple[int, float]:
    """Depth and gAMA of a PNG, from its chunks before the pixels."""
    bits, gamma = 8, 0.0
    with path.open("rb") as stream:
        stream.seek(8)
        for _ in range(1000):
            head = stream.read(8)
            if len(head) < 8 or head[4:] == b"IDAT":
                break
            length = int.from_bytes(head[:4], "big")
            if head[4:] in (b"IHDR", b"gAMA"):
                body = stream.read(min(length, 64))
                if head[4:] == b"IHDR" and len(body) >= 10:
                    bits = max(8, body[8])
                elif head[4:] == b"gAMA" and len(body) == 4:
                    gamma = struct.unpack(">I", body)[0] / 100_000
                stream.seek(length - len(body) + 4, 1)
            else:
                stream.seek(length + 4, 1)
    return bits, gamma

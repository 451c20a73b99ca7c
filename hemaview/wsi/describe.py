"""What a picture or a tiled TIFF holds, read before a pixel is decoded: pages, planes, channels, depth, profile, µm/px.

Each thing that is read here is honoured by `picture`, told in a note, or refused by name: none is lost in silence.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyvips

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi import physical, tiff
from hemaview.wsi.errors import SeveralSeries, Unsupported
from hemaview.wsi.matrixprofile import ADOBE_EXPONENT, ADOBE_RGB, SRGB, matrix_profile
from hemaview.wsi.omexml import OmeImage, read_ome
from hemaview.wsi.pages import Pictures, of_imagej, of_ome, of_pages
from hemaview.wsi.physical import PixelSize
from hemaview.wsi.pillowfile import open_picture
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from hemaview.wsi.stage import Stage, upright

if TYPE_CHECKING:
    from PIL import Image

EVERYBODYS = frozenset({1, 5, 7, 8, 32773, 32946})
"""None, LZW, JPEG, deflate, PackBits: what libtiff decodes however it was built. Of others libvips shows tiles black without
a word, and openslide fails late."""
OPENSLIDES = EVERYBODYS | {33003, 33005}
"""What openslide decodes of scanners' files: also JPEG 2000 as Aperio numbers it."""
_SUBFILE, _DESCRIPTION, _MAX_SAMPLE, _X_RESOLUTION, _Y_RESOLUTION, _UNIT = 254, 270, 281, 282, 283, 296
_EXTRA_SAMPLES = 338
_YCBCR, _COEFFICIENTS, _SUBSAMPLING, _BLACK_WHITE = 6, 529, 530, 532
_JPEG_2000_OF_YCBCR, _JPEGS_2000 = 33003, (33003, 33005, 34712)
_IN_COLOURS = (6, 7, 50001, 50002, 52546)
"""Codings whose decoders give colours, whatever they store: JPEG, WebP, JPEG XL."""
_EXIF, _INTEROP, _COLOUR_SPACE = 0x8769, 0xA005, 0xA001
_DISPLAY_P3, _BT2020, _HIGH_RANGE = (11, 12), (9,), (16, 18)
"""Numbers of primaries and curves (ITU-T H.273, tables 2 and 3); high range: PQ and HLG."""
_MOST_PROFILE = 4 << 20
_FORMATS = {1: "integer", 2: "signed", 3: "float"}
_UNIT_UM = {2: 25_400.0, 3: 10_000.0}


@dataclass(frozen=True)
class Description:
    """What a file holds; sizes in px as they look."""

    width_px: int
    height_px: int
    planes: tuple[Pictures, ...] = (((0,),),)
    """By focal plane the pages of each picture."""
    plane_step_um: float | None = None
    """From one focal plane to the next, where the file says."""
    samples: int = 3
    bits: int = 8
    stated_bits: int = 0
    """Bits in use as the file states them; 0 where it does not."""
    sample_format: str = "integer"
    photometric: int = 2
    extra: int | None = None
    """What a sample beyond the colours is: 1 or 2 transparency, 0 unsaid."""
    luma: tuple[float, float, float] | None = None
    """Shares of red, green and blue in brightness, where samples are brightness and two differences that no decoder turns
    into colours (TIFF 6.0, section 21)."""
    planar: bool = False
    compression: int = 1
    orientation: int = 1
    icc: bytes = b""
    gamma: float = 0.0
    """A PNG's gAMA where that is its only word on colour; 0 where it is not."""
    size: PixelSize | None = None
    notes: tuple[str, ...] = ()
    stages: tuple[Stage | None, ...] = ()
    """Of each picture where it lies on the stage; empty where the file knows of none."""
    together: dict[int, str] = field(default_factory=dict)
    """Pages or series that become fields of one slide where none is chosen: the number of each, and what it is called."""

    @property
    def pictures(self) -> Pictures:
        """Those of the first focal plane."""
        return self.planes[0]

    @property
    def as_stored(self) -> bool:
        """Whether a reader that shows the first page's 8-bit samples shows all that there is, as it looks."""
        return (
            self.planes == (((0,),),)
            and self.bits == 8
            and self.sample_format == "integer"
            and self.orientation == 1
            and self.compression in EVERYBODYS
            and not self.planar
            and (self.samples, self.photometric) in ((1, 1), (3, 2), (3, 6))
        )


def describe_tiff(blob: Blob, name: str, choice: Choice = NO_CHOICE) -> Description:
    """Read a TIFF's directories, OME-XML and ImageJ's description; raises Unsupported for what would be lost.

    Raises SeveralSeries where a person must choose.
    """
    file = tiff.TiffFile(blob)
    pages = [(i, d) for i, d in enumerate(file.directories) if not d.number(_SUBFILE) & 5 and _area(d)]
    if not pages:
        raise Unsupported(gettext("{name} holds no picture.").format(name=name))
    first = pages[0][1]
    text = first.data(_DESCRIPTION)
    series = read_ome(text, name) if b"<OME" in text[:4096] else []
    notes: list[str] = []
    together: dict[int, str] = {}
    main, stated = None, 0
    images: list[OmeImage] = []
    if series:
        planes, images = of_ome(pages, series, name, notes, choice, together)
        main = images[0]
        stated = main.significant_bits
    elif text.startswith(b"ImageJ="):
        planes = of_imagej(pages, text.decode("latin-1"), name, notes, choice)
    else:
        planes = of_pages(pages, name, notes, choice, together)
    # Of planes that are pages of their own, writers describe the first in the file, whichever colour it is.
    first = file.directories[min(planes[0][0])]
    if together and len({_stored(file.directories[min(pages)]) for pages in planes[0]}) > 1:
        raise SeveralSeries.of(
            gettext(
                "{name} holds pictures that are stored in different ways ({listed}): choose one by its number, or take them all."
            ),
            together,
            name=name,
        )
    if together and len({r for pages in planes[0] if any(r := _resolution(file.directories[min(pages)]))}) > 1:
        raise SeveralSeries.of(
            gettext(
                "{name} holds pictures of different resolutions ({listed}): choose one by its number, or take them all."
            ),
            together,
            name=name,
        )
    size, contradictions = physical.first_credible(_sizes(first, main, text), name)
    width, height = first.number(tiff.IMAGE_WIDTH), first.number(tiff.IMAGE_LENGTH)
    orientation = first.number(tiff.ORIENTATION, 1)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    bits = set(first.numbers(tiff.BITS)) or {1}
    if len(bits) > 1:
        raise Unsupported(
            gettext("{name} gives its colours different depths ({bits} bits); save it with one depth.").format(
                name=name, bits=sorted(bits)
            )
        )
    extra = first.numbers(_EXTRA_SAMPLES)
    most = first.number(_MAX_SAMPLE)
    joined = len(planes[0][0])
    return Description(
        width_px=width,
        height_px=height,
        planes=planes,
        plane_step_um=main.um_z if main else None,
        samples=joined if joined > 1 else first.number(tiff.SAMPLES, 1),
        bits=bits.pop(),
        stated_bits=stated or (most.bit_length() if 255 <= most < 65535 else 0),
        sample_format=_FORMATS.get(first.number(tiff.SAMPLE_FORMAT, 1), "other"),
        photometric=first.number(tiff.PHOTOMETRIC, 1),
        extra=int(extra[0]) if extra else None,
        luma=_luma(first, name),
        planar=first.number(tiff.PLANAR, 1) == 2,
        compression=first.number(tiff.COMPRESSION, 1),
        orientation=orientation if 1 <= orientation <= 8 else 1,
        icc=first.data(tiff.ICC),
        size=size,
        notes=(*notes, *contradictions),
        together=together,
        stages=tuple(_stage(image, size) for image in images) if orientation == 1 else (),
    )


def _luma(first: tiff.Directory, name: str) -> tuple[float, float, float] | None:
    """Of YCbCr that is not JPEG, and of the JPEG 2000 that Aperio numbers 33003; raises Unsupported for uncommon kinds of it."""
    coding = first.number(tiff.COMPRESSION, 1)
    if coding != _JPEG_2000_OF_YCBCR and (first.number(tiff.PHOTOMETRIC, 1) != _YCBCR or coding in _IN_COLOURS):
        return None
    whole = first.numbers(tiff.BITS) and set(first.numbers(tiff.BITS)) == {8}
    fine = coding in _JPEGS_2000 or tuple(first.numbers(_SUBSAMPLING)) == (1, 1)
    if not whole or not fine or tuple(first.rationals(_BLACK_WHITE)) not in ((), (0, 255, 128, 255, 128, 255)):
        raise Unsupported(
            gettext(
                "{name} stores brightness and colour differences in a way that HemaView does not show; save it as RGB."
            ).format(name=name)
        )
    red, green, blue = tuple(first.rationals(_COEFFICIENTS)) or (0.299, 0.587, 0.114)
    if min(red, green, blue) <= 0 or abs(red + green + blue - 1) > 0.01:
        raise Unsupported(
            gettext("{name} states impossible coefficients of brightness; save it as RGB.").format(name=name)
        )
    return red, green, blue


def _stored(page: tiff.Directory) -> tuple[object, ...]:
    """How a page is stored; pages of one description must have it in common, for each is decoded and shown by it."""
    tags = (tiff.BITS, tiff.COMPRESSION, tiff.PHOTOMETRIC, tiff.SAMPLES, tiff.PLANAR, tiff.ORIENTATION,
            tiff.SAMPLE_FORMAT, _EXTRA_SAMPLES, _MAX_SAMPLE, _SUBSAMPLING)  # fmt: skip
    usual = {tiff.PLANAR: (1,), tiff.ORIENTATION: (1,), tiff.SAMPLE_FORMAT: (1,)}
    values = [tuple(page.numbers(tag, 8)) for tag in tags]
    return (*(v or usual.get(tag, ()) for tag, v in zip(tags, values, strict=True)), page.data(tiff.ICC))


def _resolution(page: tiff.Directory) -> tuple[bytes, ...]:
    """XResolution, YResolution and their unit as they are written; empty where a page does not say them."""
    return tuple(page.data(tag) for tag in (_X_RESOLUTION, _Y_RESOLUTION, _UNIT))


def _stage(image: OmeImage, size: PixelSize | None) -> Stage | None:
    """OME-XML does not say of which place of the picture a plane's position is; writers mean its upper left corner."""
    if image.stage_um is None or size is None:
        return None
    return upright((0.0, 0.0), image.stage_um, (size.um_x, size.um_y), "OME-XML's plane position, of the corner")


def describe_picture(blob: Blob, name: str, kind: str) -> Description:
    """Read the head of a JPEG, PNG, WebP, BMP, HEIC or AVIF; raises Unsupported, Unreadable through Pillow's OSError."""
    with blob.open() as stream, open_picture(stream) as picture:
        width, height = picture.size
        frames = getattr(picture, "n_frames", 1)
        if frames > 1 and picture.format != "MPO":
            raise Unsupported(
                gettext("{name} holds {frames} pictures one after the other; save each as a file of its own.").format(
                    name=name, frames=frames
                )
            )
        exif = picture.getexif()
        orientation = int(exif.get(tiff.ORIENTATION, 1))
        icc = picture.info.get("icc_profile") or _profile_beside(blob, name, kind)
        described = Description(width, height, icc=icc, orientation=orientation if 1 <= orientation <= 8 else 1)
        if described.orientation >= 5:
            described = replace(described, width_px=height, height_px=width)
        sizes = [_of_comment(picture.info, exif), _of_density(picture.info, kind)]
        if kind == "png":
            bits, gamma = _of_png(blob)
            described = replace(described, bits=bits, gamma=gamma)
            if icc or "srgb" in picture.info:
                described = replace(described, gamma=0.0)
            elif picture.mode in ("RGB", "RGBA") and (own := _of_chromaticities(picture.info, gamma)):
                described = replace(described, icc=own, gamma=0.0)
        if not icc and picture.mode == "RGB" and _in_adobe_rgb(exif):
            described = replace(described, icc=matrix_profile(ADOBE_RGB, ADOBE_EXPONENT, "Adobe RGB (1998)"))
        sentence = gettext("It holds {frames} pictures, as some cameras write; the first one was taken.")
        notes = [sentence.format(frames=frames)] if frames > 1 else []
    size, contradictions = physical.first_credible(sizes, name)
    return replace(described, size=size, notes=(*notes, *contradictions))


def _profile_beside(blob: Blob, name: str, kind: str) -> bytes:
    """The profile that Pillow does not give: a bitmap's own, or the one that a phone's picture names by number; b"" for sRGB.
    Raises Unsupported for colours that are not shown."""
    if kind == "bmp":
        head = blob.read(0, 138)
        if head[70:74] != b"DEBM":  # 'MBED' (BITMAPV5HEADER, bV5CSType)
            return b""
        at, size = struct.unpack("<II", head[126:134])
        return blob.read(14 + at, size) if size <= _MOST_PROFILE else b""
    if kind not in ("heif", "avif"):
        return b""
    boxes = blob.read(0, 1 << 16)
    at = boxes.find(b"colrnclx")
    if at < 0 or len(boxes) < at + 12:
        return b""
    primaries, curve = struct.unpack(">HH", boxes[at + 8 : at + 12])
    if primaries in _BT2020 or curve in _HIGH_RANGE:
        raise Unsupported(
            gettext("{name} holds high-dynamic-range colours; save it as an ordinary JPEG or PNG.").format(name=name)
        )
    return bytes(pyvips.Image.profile_load("p3")) if primaries in _DISPLAY_P3 else b""


def _in_adobe_rgb(exif: Image.Exif) -> bool:
    """Whether a camera says so: ColorSpace 2, or uncalibrated with the interoperability index R03 (DCF 2.0, 4.3)."""
    space = exif.get_ifd(_EXIF).get(_COLOUR_SPACE)
    return space == 2 or (space == 0xFFFF and str(exif.get_ifd(_INTEROP).get(1, "")).startswith("R03"))


def _of_chromaticities(info: dict[str | tuple[int, int], Any], gamma: float) -> bytes:
    """A profile of a PNG's cHRM and gAMA (PNG 1.2, 4.2.2); b"" where they are sRGB's or not there."""
    stated = info.get("chromaticity")
    if stated is None or len(stated) != 8:
        return b""
    points = ((stated[0], stated[1]), (stated[2], stated[3]), (stated[4], stated[5]), (stated[6], stated[7]))
    if all(
        abs(a - b) < 0.003 for own, theirs in zip(points, SRGB, strict=True) for a, b in zip(own, theirs, strict=True)
    ):
        return b""
    try:
        return matrix_profile(points, 1 / gamma if gamma else 2.2, "the chromaticities of its PNG")
    except ValueError:
        return b""


def _area(directory: tiff.Directory) -> int:
    return directory.number(tiff.IMAGE_WIDTH) * directory.number(tiff.IMAGE_LENGTH)


# --- µm/px ----------------------------------------------------------------------------------------------------------


def _sizes(first: tiff.Directory, main: OmeImage | None, text: bytes) -> list[PixelSize | None]:
    """Every size that a TIFF states, the most explicit first."""
    x, y = first.rational(_X_RESOLUTION), first.rational(_Y_RESOLUTION)
    sizes: list[PixelSize | None] = []
    if main is not None and main.um_x:
        sizes.append(PixelSize(main.um_x, main.um_y or main.um_x, "OME-XML"))
    words = text.rstrip(b"\0").decode("utf-8", "replace")
    if text.startswith(b"ImageJ="):
        sizes.append(physical.of_imagej(words, x, y))
        if sizes[-1]:
            return sizes
    elif main is None:
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


def _of_png(blob: Blob) -> tuple[int, float]:
    """Depth and gAMA of a PNG, from its chunks before the pixels."""
    bits, gamma = 8, 0.0
    with blob.open() as stream:
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

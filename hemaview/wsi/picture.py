"""One picture as it looks: 8-bit sRGB, upright, by the bits in use, on white where it is transparent.

Every step that changes what was stored for a reason that a person may want to know is told in a note.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import ImageCms

from hemaview.wsi.colour import usable
from hemaview.wsi.describe import EVERYBODYS, PALETTE, Description, describe_picture, describe_tiff
from hemaview.wsi.errors import SlideError, Unreadable, Unsupported

DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras use of 16."""
DARK = 16
"""Of 255: bright field has no ground as dark as this."""
BRIGHT, BRIGHT_SHARE = 90, 0.05
"""What all three colours of a lit ground reach, and the least share of a picture that is one piece of it (an eyepiece's rim can
darken the rest)."""
_LOOK_PX = 128
_COMPRESSIONS = {
    1: "none", 2: "CCITT", 3: "CCITT fax", 4: "CCITT fax", 5: "LZW", 6: "old JPEG", 7: "JPEG", 8: "deflate", 32773: "PackBits",
    32946: "deflate", 33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG",
    34925: "LZMA", 34933: "PNG", 34934: "JPEG XR", 50000: "zstd", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
_OLD_JPEG = 6
WHITE_IS_ZERO, CIE_LAB, ICC_LAB = 0, 8, 9


@dataclass(frozen=True)
class Picture:
    """uint8 sRGB of one picture in memory, its name, and what was done to it."""

    image: pyvips.Image
    name: str
    notes: tuple[str, ...]


def describe(path: Path, name: str, kind: str) -> Description:
    """What the file holds; raises Unsupported where something would be lost, Unreadable where it is damaged."""
    if kind == "tiff":
        return describe_tiff(path, name)
    try:
        return describe_picture(path, name, kind)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _why(path, name, kind, None) from error


def read_pictures(path: Path, name: str, kind: str, bits: int = 0) -> list[Picture]:
    """Every picture of the file as it looks; raises SlideError with one sentence.

    `bits`: the bits in use of the camera that took the whole set, where the file does not state its own; 0 measures them.
    """
    what = describe(path, name, kind)
    _refuse_kinds(what, name)
    made = []
    for number, pages in enumerate(what.pictures, 1):
        notes = list(what.notes) if number == 1 else []
        label = Path(name).stem + (f" page {number}" if len(what.pictures) > 1 else "")
        made.append(Picture(_as_it_looks(path, name, kind, what, pages, bits, notes), label, tuple(notes)))
    return made


def bits_in_use(path: Path, name: str, kind: str) -> int:
    """The bits that the brightest sample of a file of 16 bits needs, one of DEPTHS; 0 for other files, and where it says."""
    what = describe(path, name, kind)
    _refuse_kinds(what, name)
    if what.bits != 16 or what.sample_format != "integer" or what.stated_bits:
        return 0
    try:
        pictures = (_colour_bands(_raw(path, name, kind, what, pages))[0] for pages in what.pictures)
        return max(_depth(_as_numbers(image, what)) for image in pictures)
    except pyvips.Error as error:
        raise _why(path, name, kind, what) from error


def _refuse_kinds(what: Description, name: str) -> None:
    if what.sample_format not in ("integer", "float"):
        raise Unsupported(f"{name} holds {what.sample_format} numbers, not brightness; save it with 8 or 16 bits.")
    if what.bits < 8 and what.photometric != PALETTE:
        raise Unsupported(f"{name} has {what.bits} bits a sample; save it with 8 or 16 bits.")
    if what.sample_format == "integer" and what.bits > 16:
        raise Unsupported(f"{name} has {what.bits} bits a sample; save it with 8 or 16 bits.")
    if what.samples > 5 or (what.samples == 5 and what.photometric != 5):
        raise Unsupported(
            f"{name} holds {what.samples} channels, not a colour picture in bright field; save it as RGB."
        )


def _as_it_looks(
    path: Path, name: str, kind: str, what: Description, pages: tuple[int, ...], bits: int, notes: list[str]
) -> pyvips.Image:
    try:
        image = _raw(path, name, kind, what, pages)
        colour, alpha = _colour_bands(image)
        if what.extra == 0 and alpha is not None:
            notes.append("A sample of no stated meaning beside its colours was left out.")
            alpha = None
        colour = _eight_bits(colour, what, bits, name, notes)
        colour = _in_srgb(colour, what, _profile(image, what), notes)
        if alpha is not None:
            colour = _on_white(colour, alpha, what, notes)
        colour = colour.copy_memory()
        refuse_dark_ground(colour.numpy(), name)
        if what.orientation == 1:
            return colour
        # Turned last: what is read in sequence cannot be read from its end, and a large picture is not kept whole.
        colour = colour.copy()
        colour.set_type(pyvips.GValue.gint_type, "orientation", what.orientation)
        return colour.autorot().copy_memory()
    except pyvips.Error as error:
        raise _why(path, name, kind, what) from error


def _raw(path: Path, name: str, kind: str, what: Description, pages: tuple[int, ...]) -> pyvips.Image:
    """Samples as stored, one band a plane where planes are pages of their own; raises pyvips.Error, SlideError."""
    if kind != "tiff":
        return _by_libvips(path)
    by_libvips = what.compression in EVERYBODYS and what.bits in (1, 2, 4, 8, 16, 32, 64)
    by_libvips = by_libvips and not (what.planar and what.samples > 1) and what.photometric not in (CIE_LAB, ICC_LAB)
    planes = [_by_libvips(path, page=page) if by_libvips else _by_tifffile(path, name, what, page) for page in pages]
    if len(planes) == 1:
        return planes[0]
    joined = planes[0].bandjoin(planes[1:])
    return joined.copy(interpretation="rgb16" if joined.format == "ushort" else "srgb")


def _by_libvips(path: Path, **options: int) -> pyvips.Image:
    return pyvips.Image.new_from_file(str(path), access="sequential", fail_on="error", **options).copy_memory()


def _by_tifffile(path: Path, name: str, what: Description, page: int) -> pyvips.Image:
    """For what libtiff may have been built without."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            one = file.pages[page]
            array: NDArray[np.generic] = one.asarray()
            axes = one.axes if isinstance(one, tifffile.TiffPage) else "YXS"
    except Exception as error:  # decoders raise what they like; which of two sentences is true is asked of the file
        raise _why(path, name, "tiff", what, str(error)) from error
    if axes == "SYX":
        array = np.moveaxis(array, 0, 2)
    if array.ndim not in (2, 3) or array.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise Unsupported(f"{name} holds samples that HemaView does not show; save it as RGB of 8 bits.")
    if what.photometric in (CIE_LAB, ICC_LAB):
        return _of_lab(array, name, what)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(array))
    if what.photometric == WHITE_IS_ZERO:
        image = image.invert()
    wide = image.format == "ushort"
    if image.bands >= 3:
        return image.copy(interpretation="cmyk" if what.photometric == 5 else "rgb16" if wide else "srgb")
    return image.copy(interpretation="grey16" if wide else "b-w")


def _of_lab(array: NDArray[np.generic], name: str, what: Description) -> pyvips.Image:
    """L*a*b* of TIFF 6.0, section 23 (a* and b* signed), or of ICC (a* and b* from the middle), as floats."""
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype not in (np.uint8, np.uint16):
        raise Unsupported(f"{name} holds L*a*b* samples that HemaView does not show; save it as RGB of 8 bits.")
    most, step = (255, 1) if array.dtype == np.uint8 else (65535, 256)
    half = (most + 1) // 2
    signed = array[..., 1:].astype(np.int32)
    signed = signed - half if what.photometric == ICC_LAB else (signed + half) % (most + 1) - half
    lab = np.dstack([array[..., 0].astype(np.float32) * (100 / most), signed.astype(np.float32) / step])
    return pyvips.Image.new_from_array(np.ascontiguousarray(lab, np.float32)).copy(interpretation="lab")


def _colour_bands(image: pyvips.Image) -> tuple[pyvips.Image, pyvips.Image | None]:
    """The bands of colour, and transparency where there is one."""
    colours = 4 if image.interpretation == "cmyk" else 3 if image.bands >= 3 else 1
    if image.bands == colours:
        return image, None
    return image.extract_band(0, n=colours), image.extract_band(colours)


def _as_numbers(image: pyvips.Image, what: Description) -> pyvips.Image:
    """The samples as the file has them: decoders turn those of which 0 is white over all 16 bits, used or not."""
    return image.invert() if what.photometric == WHITE_IS_ZERO else image


def _depth(image: pyvips.Image) -> int:
    most = int(image.max())
    return next(depth for depth in DEPTHS if most < 1 << depth or depth == 16)


def _eight_bits(image: pyvips.Image, what: Description, bits: int, name: str, notes: list[str]) -> pyvips.Image:
    """Samples by the bits in use; colour spaces of their own (Lab, CMYK) are left to the conversion."""
    if image.format == "uchar" or image.interpretation in ("lab", "labs", "labq"):
        return image
    kind = "cmyk" if image.interpretation == "cmyk" else "srgb" if image.bands == 3 else "b-w"
    if image.format == "ushort":
        if what.gamma:
            image = _encoded(image, what.gamma, 65535)
        image = _as_numbers(image, what)
        packed = what.bits if what.bits < 16 else 0
        depth = min(16, max(8, what.stated_bits or packed or bits or _depth(image)))
        if depth < 16:
            notes.append(f"Its samples use {depth} bits and are shown as bright as they were taken.")
        # Cut before narrowing: what exceeds the stated bits is as bright as can be, not dark.
        image = (image > (1 << depth) - 1).ifthenelse((1 << depth) - 1, image)
        return _as_numbers((image >> (depth - 8)).cast("uchar"), what).copy(interpretation=kind)
    if image.format in ("float", "double") and what.sample_format == "float":
        low, high = image.min(), image.max()
        if low < 0 or high > 255:
            raise Unsupported(
                f"{name} holds numbers from {low:g} to {high:g}, not brightness; save it with 8 or 16 bits."
            )
        scale = 255.0 if high <= 1 else 1.0
        notes.append(f"Its fractions from 0 to {255 / scale:g} are shown as 256 levels.")
        return (image * scale + 0.5).cast("uchar").copy(interpretation=kind)
    raise Unsupported(f"{name} holds samples that HemaView does not show; save it as RGB of 8 bits.")


def _encoded(image: pyvips.Image, gamma: float, most: int) -> pyvips.Image:
    """Samples of a PNG whose gAMA is not sRGB's, brought to sRGB's curve (PNG 1.2, 10.5; IEC 61966-2-1)."""
    if abs(gamma - 1 / 2.2) < 0.02 or not 0.05 <= gamma <= 5:
        return image
    linear = (np.arange(most + 1) / most) ** (1 / gamma)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.rint(curve * most).astype(np.uint8 if most == 255 else np.uint16)
    return image.maplut(pyvips.Image.new_from_array(table[None, :]))


def _profile(image: pyvips.Image, what: Description) -> bytes:
    if what.icc:
        return what.icc
    return bytes(image.get("icc-profile-data")) if image.get_typeof("icc-profile-data") else b""


def _in_srgb(image: pyvips.Image, what: Description, icc: bytes, notes: list[str]) -> pyvips.Image:
    """Three bands of sRGB, by the profile where it can be used."""
    image = image.copy()
    if image.get_typeof("icc-profile-data"):
        image.remove("icc-profile-data")
    if icc:
        brought = _by_profile(image, icc, notes)
        if brought is not None:
            return brought
    elif what.gamma and image.format == "uchar" and what.bits == 8:
        image = _encoded(image, what.gamma, 255)
    if image.interpretation not in ("srgb", "rgb", "b-w", "multiband"):
        image = image.colourspace("srgb").cast("uchar")
    if image.bands == 1:
        image = image.bandjoin([image, image])
    return image.extract_band(0, n=3).copy(interpretation="srgb")


def _by_profile(image: pyvips.Image, icc: bytes, notes: list[str]) -> pyvips.Image | None:
    """The picture through its profile; None, with a note, where the profile is broken or of another kind of picture."""
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip()
        if image.bands == 3 and image.interpretation != "lab" and not usable(icc):
            raise ValueError("not of RGB")
        if image.bands == 3 and not _changes(icc):
            return None
        carrying = image.copy()
        carrying.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
        brought = carrying.icc_transform("srgb", embedded=True, intent="relative", depth=8).copy_memory()
        if brought.bands != 3:
            raise ValueError("not brought to sRGB")
    except (OSError, ValueError, ImageCms.PyCMSError, pyvips.Error):
        notes.append("Its colour profile is broken or not of its kind of picture, and was left out.")
        return None
    notes.append(f"Its colours were brought to sRGB from the profile {name or 'without a name'}.")
    brought = brought.copy(interpretation="srgb")
    brought.remove("icc-profile-data")
    return brought


def _changes(icc: bytes) -> bool:
    """Whether a profile shows colours otherwise than sRGB does, by more than a level."""
    from hemaview.wsi.colour import to_srgb

    steps = np.linspace(0, 255, 6).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return int(np.abs(to_srgb(cube, icc).astype(np.int16) - cube).max()) > 1


def _on_white(image: pyvips.Image, alpha: pyvips.Image, what: Description, notes: list[str]) -> pyvips.Image:
    most = 65535 if alpha.format == "ushort" else 255 if alpha.format == "uchar" else 1
    if alpha.min() >= most:
        return image
    notes.append("What is transparent in it was put on white.")
    joined = image.bandjoin((alpha * (255 / most)).cast("uchar")).copy(interpretation="srgb")
    return joined.flatten(background=[255, 255, 255]).cast("uchar")


def refuse_dark_ground(rgb: NDArray[np.uint8], name: str) -> None:
    """Raise Unsupported for uint8 (H, W, 3) whose ground is black: fluorescence, dark field, or nothing at all."""
    from scipy import ndimage

    step = max(1, max(rgb.shape[:2]) // _LOOK_PX)
    small = rgb[::step, ::step]
    if np.median(small.max(axis=2)) >= DARK:
        return
    pieces, n = ndimage.label(small.min(axis=2) > BRIGHT)
    largest = int(np.bincount(pieces.ravel())[1:].max()) if n else 0
    if largest < BRIGHT_SHARE * pieces.size:
        raise Unsupported(
            f"{name} has a black ground, as in fluorescence, dark field or an exposure that failed: it is no picture of a "
            "stained film in bright field."
        )


def _why(path: Path, name: str, kind: str, what: Description | None, said: str = "") -> SlideError:
    """The true reason why a file cannot be decoded: what it is stored in, or damage."""
    if kind == "jpeg" and (process := _jpeg_process(path)):
        return Unsupported(
            f"{name} is a JPEG that HemaView cannot decode ({process}); save it as an ordinary JPEG or PNG."
        )
    if what is not None and kind == "tiff":
        known = _COMPRESSIONS.get(what.compression)
        if known is None or what.compression == _OLD_JPEG or "requires" in said or "not supported" in said:
            stored = known or f"number {what.compression}"
            return Unsupported(
                f"{name} is stored in a compression that HemaView cannot decode ({stored}); save it with LZW, deflate or JPEG."
            )
    return Unreadable(f"{name} is damaged or incomplete and cannot be read as a picture.")


def _jpeg_process(path: Path) -> str:
    """What makes a JPEG's coding uncommon, by its frame header; "" where it is common or cannot be seen."""
    with path.open("rb") as stream:
        raw = stream.read(1 << 20)
    at = 2
    while at + 9 < len(raw) and raw[at] == 0xFF:
        marker, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if marker in (0xC3, 0xC7, 0xCB, 0xCF):
                return "lossless"
            if marker >= 0xC9:
                return "arithmetic coding"
            return f"{raw[at + 4]} bits" if raw[at + 4] != 8 else "hierarchical" if marker > 0xC2 else ""
        at += 2 + max(2, length)
    return ""

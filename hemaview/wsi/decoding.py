"""The samples of a picture as they are stored, by the decoder that reads them, or the true reason why none does."""

from __future__ import annotations

import numpy as np
import pyvips
from numpy.typing import NDArray

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.describe import EVERYBODYS, Description
from hemaview.wsi.errors import SlideError, Unreadable, Unsupported
from hemaview.wsi.pillowfile import PILLOWS, pixels

_COMPRESSIONS = {
    1: "none", 2: "CCITT", 3: "CCITT fax", 4: "CCITT fax", 5: "LZW", 6: "old JPEG", 7: "JPEG", 8: "deflate", 32773: "PackBits",
    32946: "deflate", 33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG",
    34925: "LZMA", 34933: "PNG", 34934: "JPEG XR", 50000: "zstd", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
_OLD_JPEG = 6
_ASSOCIATED = 1
WHITE_IS_ZERO, PALETTE, CIE_LAB, ICC_LAB = 0, 3, 8, 9


def raw_samples(blob: Blob, name: str, kind: str, what: Description, pages: tuple[int, ...]) -> pyvips.Image:
    """Samples as stored, one band a plane where planes are pages of their own; raises pyvips.Error, SlideError."""
    if kind in PILLOWS:
        return _by_pillow(blob, name, kind, what)
    if kind != "tiff":
        return _by_libvips(blob)
    by_libvips = what.compression in EVERYBODYS and what.bits in (1, 2, 4, 8, 16, 32)
    by_libvips = (
        by_libvips
        and what.luma is None
        and not (what.planar and what.samples > 1)
        and what.photometric not in (CIE_LAB, ICC_LAB)
    )
    planes = [_by_libvips(blob, page=page) if by_libvips else _by_tifffile(blob, name, what, page) for page in pages]
    if len(planes) == 1:
        return planes[0]
    joined = planes[0].bandjoin(planes[1:])
    return joined.copy(interpretation="rgb16" if joined.format == "ushort" else "srgb")


def _by_libvips(blob: Blob, **options: int) -> pyvips.Image:
    path = blob.path
    if path is None:
        return pyvips.Image.new_from_buffer(
            blob.read(), "", access="sequential", fail_on="error", **options
        ).copy_memory()
    return pyvips.Image.new_from_file(str(path), access="sequential", fail_on="error", **options).copy_memory()


def _by_pillow(blob: Blob, name: str, kind: str, what: Description) -> pyvips.Image:
    try:
        array = pixels(blob)
    except Exception as error:  # its decoders raise what they like
        raise why(blob, name, kind, what) from error
    return of_array(array, name, what)


def _by_tifffile(blob: Blob, name: str, what: Description, page: int) -> pyvips.Image:
    """For what libtiff may have been built without."""
    import tifffile

    try:
        with blob.open() as stream, tifffile.TiffFile(stream) as file:
            one = file.pages[page]
            array: NDArray[np.generic] = one.asarray()
            axes = one.axes if isinstance(one, tifffile.TiffPage) else "YXS"
            palette = getattr(one, "colormap", None) if what.photometric == PALETTE else None
    except Exception as error:  # decoders raise what they like; which of two sentences is true is asked of the file
        raise why(blob, name, "tiff", what, str(error)) from error
    if axes == "SYX":
        array = np.moveaxis(array, 0, 2)
    return of_array(array if palette is None else of_palette(array, palette, name), name, what)


def of_palette(numbers: NDArray[np.generic], palette: NDArray[np.generic] | None, name: str) -> NDArray[np.uint8]:
    """The colours (H, W, 3) that numbers (H, W) stand for; `palette` (3, n) of 16 bits (TIFF 6.0, section 5)."""
    if numbers.ndim != 2 or palette is None or palette.ndim != 2 or int(np.max(numbers)) >= palette.shape[1]:
        raise Unreadable(gettext("{name} is damaged: some of its colours are not in its palette.").format(name=name))
    return np.asarray(palette.T.astype(np.uint32)[numbers.astype(np.intp)] >> 8, np.uint8)


def of_array(array: NDArray[np.generic], name: str, what: Description) -> pyvips.Image:
    """Samples (H, W) or (H, W, samples) as a picture that knows its colour space; raises Unsupported."""
    if array.ndim not in (2, 3) or array.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise Unsupported(
            gettext("{name} holds samples that HemaView does not show; save it as RGB of 8 bits.").format(name=name)
        )
    if what.photometric in (CIE_LAB, ICC_LAB):
        return _of_lab(array, name, what)
    if what.luma is not None:
        array = _of_ycbcr(array, name, what.luma)
    if what.extra == _ASSOCIATED and array.ndim == 3:
        array = _parted(array)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(array))
    if what.photometric == WHITE_IS_ZERO:
        image = image.invert()
    wide = image.format == "ushort"
    if image.bands >= 3:
        return image.copy(interpretation="cmyk" if what.photometric == 5 else "rgb16" if wide else "srgb")
    return image.copy(interpretation="grey16" if wide else "b-w")


def _parted(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Colours that were multiplied by their transparency, the last sample, without it: so libvips gives them, too."""
    most = {"uint8": 255.0, "uint16": 65535.0}.get(str(array.dtype), 1.0)
    clear = array[..., -1:].astype(np.float64) / most
    colours = np.divide(array[..., :-1], clear, out=np.zeros(array[..., :-1].shape), where=clear > 0)
    colours = np.rint(np.minimum(colours, most)) if array.dtype.kind == "u" else colours
    return np.concatenate([colours.astype(array.dtype), array[..., -1:]], axis=2)


def _of_ycbcr(array: NDArray[np.generic], name: str, luma: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Brightness and differences of blue and red as colours (TIFF 6.0, section 21, full range)."""
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise Unsupported(
            gettext("{name} holds samples that HemaView does not show; save it as RGB of 8 bits.").format(name=name)
        )
    red_share, green_share, blue_share = luma
    y, cb, cr = np.moveaxis(array.astype(np.float32), 2, 0)
    red, blue = y + (cr - 128) * (2 - 2 * red_share), y + (cb - 128) * (2 - 2 * blue_share)
    green = (y - red_share * red - blue_share * blue) / green_share
    return np.asarray(np.clip(np.dstack([red, green, blue]) + 0.5, 0, 255), np.uint8)


def _of_lab(array: NDArray[np.generic], name: str, what: Description) -> pyvips.Image:
    """L*a*b* of TIFF 6.0, section 23 (a* and b* signed), or of ICC (a* and b* from the middle), as floats."""
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype not in (np.uint8, np.uint16):
        raise Unsupported(
            gettext("{name} holds L*a*b* samples that HemaView does not show; save it as RGB of 8 bits.").format(
                name=name
            )
        )
    most, step = (255, 1) if array.dtype == np.uint8 else (65535, 256)
    half = (most + 1) // 2
    signed = array[..., 1:].astype(np.int32)
    signed = signed - half if what.photometric == ICC_LAB else (signed + half) % (most + 1) - half
    lab = np.dstack([array[..., 0].astype(np.float32) * (100 / most), signed.astype(np.float32) / step])
    return pyvips.Image.new_from_array(np.ascontiguousarray(lab, np.float32)).copy(interpretation="lab")


def why(blob: Blob, name: str, kind: str, what: Description | None, reason: str = "") -> SlideError:
    """The true reason why a file cannot be decoded: what it is stored in, or damage."""
    if kind == "jpeg" and (process := _jpeg_process(blob)):
        return Unsupported(
            gettext(
                "{name} is a JPEG that HemaView cannot decode ({process}); save it as an ordinary JPEG or PNG."
            ).format(name=name, process=process)
        )
    if what is not None and kind == "tiff":
        compression = _COMPRESSIONS.get(what.compression)
        if compression is None or what.compression == _OLD_JPEG or "requires" in reason or "not supported" in reason:
            stored = compression or f"number {what.compression}"
            return Unsupported(
                gettext(
                    "{name} is stored in a compression that HemaView cannot decode ({stored}); save it with "
                    "LZW, deflate or JPEG."
                ).format(name=name, stored=stored)
            )
    return Unreadable(gettext("{name} is damaged or incomplete and cannot be read as a picture.").format(name=name))


def _jpeg_process(blob: Blob) -> str:
    """What makes a JPEG's coding uncommon, by its frame header; "" where it is common or cannot be seen."""
    raw = blob.read(0, 1 << 20)
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

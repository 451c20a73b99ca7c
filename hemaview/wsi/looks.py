"""From samples as stored to 8-bit sRGB as the picture looks: bits in use, curve, colour space, profile, transparency."""

from __future__ import annotations

import numpy as np
import pyvips

from hemaview.words import gettext
from hemaview.wsi.colour import LEFT_OUT, brought_from, profile_name, usable
from hemaview.wsi.decoding import WHITE_IS_ZERO
from hemaview.wsi.describe import Description
from hemaview.wsi.errors import Unsupported

DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras use of 16."""


def as_it_looks(image: pyvips.Image, what: Description, bits: int, name: str, notes: list[str]) -> pyvips.Image:
    """uchar sRGB of three bands, not turned yet; raises Unsupported, pyvips.Error.

    `bits`: those in use where the file does not state them; 0 measures them here.
    """
    colour, alpha = colour_bands(image)
    if what.extra == 0 and alpha is not None:
        notes.append(gettext("A channel of unstated meaning beside its colours was left out."))
        alpha = None
    colour = _eight_bits(colour, what, bits, name, notes)
    colour = _in_srgb(colour, what, _profile(image, what), notes)
    return colour if alpha is None else _on_white(colour, alpha, what, notes)


def colour_bands(image: pyvips.Image) -> tuple[pyvips.Image, pyvips.Image | None]:
    """The bands of colour, and transparency where there is one."""
    colours = 4 if image.interpretation == "cmyk" else 3 if image.bands >= 3 else 1
    if image.bands == colours:
        return image, None
    return image.extract_band(0, n=colours), image.extract_band(colours)


def as_numbers(image: pyvips.Image, what: Description) -> pyvips.Image:
    """The samples as the file has them: decoders turn those of which 0 is white over all 16 bits, used or not."""
    return image.invert() if what.photometric == WHITE_IS_ZERO else image


def depth(image: pyvips.Image) -> int:
    most = int(image.max())
    return next(depth for depth in DEPTHS if most < 1 << depth or depth == 16)


def _eight_bits(image: pyvips.Image, what: Description, bits: int, name: str, notes: list[str]) -> pyvips.Image:
    """Samples by the bits in use; colour spaces of their own (Lab, CMYK) are left to the conversion."""
    if image.format == "uchar" or image.interpretation in ("lab", "labs", "labq"):
        return image
    kind = "cmyk" if image.interpretation == "cmyk" else "srgb" if image.bands == 3 else "b-w"
    if image.format == "ushort":
        image = as_numbers(image, what)
        packed = what.bits if what.bits < 16 else 0
        used = min(16, max(8, what.stated_bits or packed or bits or depth(image)))
        if used < 16:
            sentence = gettext("Its samples use {bits} bits and are shown as bright as they were taken.")
            notes.append(sentence.format(bits=used))
        # Cut before narrowing: what exceeds the stated bits is as bright as can be, not dark.
        image = (image > (1 << used) - 1).ifthenelse((1 << used) - 1, image)
        if what.gamma:  # after the bits in use: a curve over bits that no sample uses would show them dark
            image = _encoded(image, what.gamma, (1 << used) - 1)
        return as_numbers((image >> (used - 8)).cast("uchar"), what).copy(interpretation=kind)
    if image.format in ("float", "double") and what.sample_format == "float":
        low, high = image.min(), image.max()
        if low < 0 or high > 255:
            raise Unsupported(
                gettext(
                    "{name} holds numbers from {low:g} to {high:g}, not brightness; save it with 8 or 16 bits."
                ).format(name=name, low=low, high=high)
            )
        scale = 255.0 if high <= 1 else 1.0
        notes.append(gettext("Its fractions from 0 to {most:g} are shown as 256 levels.").format(most=255 / scale))
        return (image * scale + 0.5).cast("uchar").copy(interpretation=kind)
    raise Unsupported(
        gettext("{name} holds samples that HemaView does not show; save it as RGB of 8 bits.").format(name=name)
    )


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
    if image.interpretation == "lab":  # under D50, as its profiles and libtiff take it; libvips takes D65
        image = image.icc_export(output_profile="srgb", intent="relative", depth=8)
        image = image.copy(interpretation="srgb")
    if image.interpretation == "cmyk":
        notes.append(
            gettext("Its colours are print colours (CMYK) without a profile; the profile of a usual printer was used.")
        )
    if image.interpretation not in ("srgb", "rgb", "b-w", "multiband"):
        image = image.colourspace("srgb").cast("uchar")
    if image.bands == 1:
        image = image.bandjoin([image, image])
    return image.extract_band(0, n=3).copy(interpretation="srgb")


def _by_profile(image: pyvips.Image, icc: bytes, notes: list[str]) -> pyvips.Image | None:
    """The picture through its profile; None, with a note, where the profile is broken or of another kind of picture."""
    try:
        name = profile_name(icc)
        if image.bands == 3 and image.interpretation != "lab" and not usable(icc):
            raise ValueError("not of RGB")
        if image.bands == 3 and not _changes(icc):
            return None
        carrying = image.copy()
        carrying.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
        brought = carrying.icc_transform("srgb", embedded=True, intent="relative", depth=8).copy_memory()
        if brought.bands != 3:
            raise ValueError("not brought to sRGB")
    except (ValueError, pyvips.Error):
        notes.append(gettext(LEFT_OUT))
        return None
    notes.append(brought_from(name))
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
    notes.append(gettext("Its transparent parts were put on white."))
    joined = image.bandjoin((alpha * (255 / most)).cast("uchar")).copy(interpretation="srgb")
    return joined.flatten(background=[255, 255, 255]).cast("uchar")

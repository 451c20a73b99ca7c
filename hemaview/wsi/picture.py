"""One picture as it looks: 8-bit sRGB, upright, by the bits in use, on white where it is transparent.

Every step that changes what was stored for a reason that a person may want to know is told in a note.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from hemaview.blobs import Blob, blob_of
from hemaview.words import gettext
from hemaview.wsi.decoding import WHITE_IS_ZERO, raw_samples, why
from hemaview.wsi.describe import Description, describe_picture, describe_tiff
from hemaview.wsi.errors import Unsupported
from hemaview.wsi.focus import sharpest
from hemaview.wsi.looks import as_it_looks, as_numbers, colour_bands, depth
from hemaview.wsi.pages import PALETTE
from hemaview.wsi.sources.choice import NO_CHOICE, Choice, plane_note, refuse_missing
from hemaview.wsi.stage import Stage

DARK = 16
"""Of 255: bright field has no ground as dark as this."""
BRIGHT, BRIGHT_SHARE = 90, 0.05
"""What all three colours of a lit ground reach, and the least share of a picture that is one piece of it (an eyepiece's rim can
darken the rest)."""
_LOOK_PX = 128
SHOWN = frozenset({0, 1, 2, 3, 5, 6, 8, 9})
"""What a TIFF's samples may stand for: grey, RGB, palette, CMYK, YCbCr, L*a*b* of CIE and of ICC."""
_UNSHOWN = {4: "a mask", 10: "ITU L*a*b*", 32803: "raw data of a camera's sensor", 32844: "logarithms of brightness",
            32845: "logarithms of colours", 34892: "raw data of a camera's sensor", 51177: "depths", 52527: "a mask"}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """uint8 sRGB of one picture in memory, its name, and what was done to it."""

    image: pyvips.Image
    name: str
    notes: tuple[str, ...]
    stage: Stage | None = None
    planes: int = 1
    """So many focal planes the file holds of it."""
    plane: int = 1
    plane_step_um: float | None = None


def describe(file: Path | Blob, name: str, kind: str, choice: Choice = NO_CHOICE) -> Description:
    """What the file holds; raises Unsupported where something would be lost, Unreadable where it is damaged."""
    blob = _blob(file)
    if kind == "tiff":
        return describe_tiff(blob, name, choice)
    refuse_missing(choice, name)
    try:
        return describe_picture(blob, name, kind)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise why(blob, name, kind, None) from error


def _blob(file: Path | Blob) -> Blob:
    return file if isinstance(file, Blob) else blob_of(file)


def read_pictures(file: Path | Blob, name: str, kind: str, bits: int = 0, choice: Choice = NO_CHOICE) -> list[Picture]:
    """Every picture of the file as it looks, or those of the chosen series; raises SlideError with one sentence.

    `bits`: the bits in use of the camera that took the whole set, where the file does not state its own; 0 measures them.
    Of several focal planes the sharpest is taken where none was chosen, and that is told.
    """
    blob = _blob(file)
    what = describe(blob, name, kind, replace(choice, plane=None))
    refuse_missing(choice, name, choice.series or 1, len(what.planes))
    refuse_kinds(what, name)
    notes, planes = list(what.notes), len(what.planes)

    def images_of(plane: int) -> list[pyvips.Image]:
        return [_upright(blob, name, kind, what, pages, bits, notes) for pages in what.planes[plane]]

    if choice.plane_number is not None:
        index = choice.plane_number - 1
        images = images_of(index)
    else:
        by_plane = [images_of(plane) for plane in range(planes)]
        index = sharpest(planes, lambda z: by_plane[z][0].numpy()) if planes > 1 else 0
        images = by_plane[index]
    if planes > 1:
        notes.append(plane_note(index + 1, planes, choice.plane_number is not None))
    for image in images:
        refuse_dark_ground(image.numpy(), name)
    several, sentences = len(images) > 1, tuple(dict.fromkeys(notes))
    stages = what.stages or (None,) * len(images)
    return [
        Picture(
            image, Path(name).stem + (f" page {number}" if several else ""), sentences if number == 1 else (), stage,
            planes, index + 1, what.plane_step_um,
        )
        for number, (image, stage) in enumerate(zip(images, stages, strict=True), 1)
    ]  # fmt: skip


def bits_in_use(file: Path | Blob, name: str, kind: str, choice: Choice = NO_CHOICE) -> int:
    """The bits that the brightest sample of a file of 16 bits needs, one of DEPTHS; 0 for other files, and where it says."""
    blob = _blob(file)
    what = describe(blob, name, kind, choice)
    refuse_kinds(what, name)
    if what.bits != 16 or what.sample_format != "integer" or what.stated_bits:
        return 0
    try:
        pictures = (colour_bands(raw_samples(blob, name, kind, what, pages))[0] for pages in what.pictures)
        return max(depth(as_numbers(image, what)) for image in pictures)
    except pyvips.Error as error:
        raise why(blob, name, kind, what) from error


def refuse_kinds(what: Description, name: str) -> None:
    """Raise Unsupported where a file holds what is no picture in colours or grey, or deeper than is shown."""
    if what.photometric not in SHOWN:
        kind = _UNSHOWN.get(what.photometric, f"kind {what.photometric}")
        raise Unsupported(
            gettext("{name} holds {kind}, not a picture in colours; save it as RGB of 8 or 16 bits.").format(
                name=name, kind=kind
            )
        )
    if what.sample_format not in ("integer", "float"):
        raise Unsupported(
            gettext("{name} holds {sample_format} numbers, not brightness; save it with 8 or 16 bits.").format(
                name=name, sample_format=what.sample_format
            )
        )
    if what.sample_format == "float" and what.photometric == WHITE_IS_ZERO:
        raise Unsupported(
            gettext("{name} holds fractions of which 0 is white; save it with 8 or 16 bits.").format(name=name)
        )
    if what.bits < 8 and what.photometric != PALETTE:
        raise Unsupported(
            gettext("{name} has {bits} bits a sample; save it with 8 or 16 bits.").format(name=name, bits=what.bits)
        )
    if what.sample_format == "integer" and what.bits > 16:
        raise Unsupported(
            gettext("{name} has {bits} bits a sample; save it with 8 or 16 bits.").format(name=name, bits=what.bits)
        )
    if what.samples > 5 or (what.samples == 5 and what.photometric != 5):
        raise Unsupported(
            gettext("{name} holds {samples} channels, not a bright-field colour picture; save it as RGB.").format(
                name=name, samples=what.samples
            )
        )


def _upright(
    blob: Blob, name: str, kind: str, what: Description, pages: tuple[int, ...], bits: int, notes: list[str]
) -> pyvips.Image:
    try:
        image = raw_samples(blob, name, kind, what, pages)
        colour = as_it_looks(image, what, bits, name, notes).copy_memory()
        if what.orientation == 1:
            return colour
        # Turned last: what is read in sequence cannot be read from its end, and a large picture is not kept whole.
        colour = colour.copy()
        colour.set_type(pyvips.GValue.gint_type, "orientation", what.orientation)
        return colour.autorot().copy_memory()
    except pyvips.Error as error:
        raise why(blob, name, kind, what) from error


def refuse_dark_ground(rgb: NDArray[np.uint8], name: str) -> None:
    """Raise Unsupported for uint8 (H, W, 3) whose ground is black: fluorescence, dark field, or nothing at all."""
    step = max(1, max(rgb.shape[:2]) // _LOOK_PX)
    small = rgb[::step, ::step]
    if np.median(small.max(axis=2)) >= DARK:
        return
    from scipy import ndimage  # dear to load, and of no use for nearly every picture

    pieces, n = ndimage.label(small.min(axis=2) > BRIGHT)
    largest = int(np.bincount(pieces.ravel())[1:].max()) if n else 0
    if largest < BRIGHT_SHARE * pieces.size:
        raise Unsupported(
            gettext(
                "{name} has a black background, as in fluorescence, dark field or a failed exposure: it is not a bright-field "
                "picture of a stained film."
            ).format(name=name)
        )

"""First look at a file of unknown origin, in the child process that `sandbox` limits (`sandboxchild`)."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemaview.words import gettext
from hemaview.wsi.errors import SlideError, TooLarge, Unsupported
from hemaview.wsi.limits import Limits
from hemaview.wsi.sources.choice import NO_CHOICE, Choice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hemaview.wsi.describe import Description
    from hemaview.wsi.physical import PixelSize
    from hemaview.wsi.slide import Slide
    from hemaview.wsi.sources.source import Source
    from hemaview.wsi.stage import Stage

GLANCE_PX = 16_000_000
"""A level of so many pixels is read whole to see whether the slide has a lit ground."""


def probe_file(path: Path, name: str, limits: Limits, choice: Choice) -> dict[str, Any]:
    """What the file is and how large (the fields of `sandbox.Probe`); raises SlideError with one sentence."""
    from hemaview.blobs import blob_of
    from hemaview.wsi.contents import check_content, head_of
    from hemaview.wsi.picture import describe
    from hemaview.wsi.sources.names import LISTED, PICTURE_CONTENTS
    from hemaview.wsi.sources.registry import source_kinds
    from hemaview.wsi.tiff import check_tiff

    if path.is_dir():
        return _probe_slide(path, name, limits, None, choice, in_place=False)
    if path.stat().st_size > limits.max_bytes:
        raise TooLarge(
            gettext("{name} has more than {max_bytes} GiB.").format(name=name, max_bytes=limits.max_bytes // 1024**3)
        )
    kind = check_content(path, name)
    # NDPI beyond 4 GiB keeps 64-bit offsets in 32-bit fields, a dialect of its own that only its reader understands.
    if kind == "tiff" and not (Path(name).suffix.lower() == ".ndpi" and path.stat().st_size >= 2**32):
        check_tiff(blob_of(path), limits.max_side_px, limits.max_pixels)
    import openslide

    vendor = openslide.OpenSlide.detect_format(path)
    if kind == "tiff" and vendor not in (None, "hamamatsu") and not _as_scanners_store(path):
        vendor = None
    if (kind in PICTURE_CONTENTS or kind == "tiff") and vendor in (None, "generic-tiff"):
        what = describe(path, name, kind, choice)
        # openslide shows of a plain TIFF the first page's samples as they are stored, whatever else the file says.
        if vendor is not None and what.as_stored and not choice:
            return _probe_slide(path, name, limits, what, NO_CHOICE)
        pixels = what.width_px * what.height_px * len(what.pictures) * len(what.planes)
        if pixels > limits.max_image_pixels and kind == "tiff":
            _refuse_as_scan(path, name, what, limits)
            return _probe_slide(path, name, limits, what, choice, in_place=False)
        return _probe_picture(path, name, kind, what, limits, choice)
    if vendor is None and not any(k.takes(blob_of(path), head_of(path)) for k in source_kinds()):
        raise Unsupported(
            gettext("{name} is not a slide format that HemaView reads ({listed}).").format(name=name, listed=LISTED)
        )
    return _probe_slide(path, name, limits, None, choice)


def _as_scanners_store(path: Path) -> bool:
    """Whether openslide shows a scanner's TIFF as it looks: it takes the first page's samples as they are stored."""
    from hemaview.blobs import blob_of
    from hemaview.wsi import tiff
    from hemaview.wsi.describe import OPENSLIDES

    try:
        first = tiff.TiffFile(blob_of(path)).directories[0]
    except (SlideError, IndexError):  # what is wrong with it is said by its reader
        return True
    return (
        set(first.numbers(tiff.BITS)) == {8}
        and first.number(tiff.SAMPLE_FORMAT, 1) == 1
        and first.number(tiff.ORIENTATION, 1) == 1
        and first.number(tiff.PLANAR, 1) == 1
        and first.number(tiff.COMPRESSION, 1) in OPENSLIDES
    )


def _probe_slide(
    path: Path, name: str, limits: Limits, what: Description | None, choice: Choice, in_place: bool = True
) -> dict[str, Any]:
    """`what`: the description of a plain TIFF; other formats describe themselves to their source."""
    from hemaview.wsi.physical import first_credible
    from hemaview.wsi.picture import refuse_dark_ground
    from hemaview.wsi.slide import open_slide
    from hemaview.wsi.sources.openslidefile import OpenSlideSource

    if what is not None and what.width_px * what.height_px > limits.max_pixels:
        raise TooLarge(
            gettext("{name} has {width_px} × {height_px} px, more than HemaView takes.").format(
                name=name, width_px=what.width_px, height_px=what.height_px
            )
        )
    with open_slide(path, choice=choice, in_place=in_place) as slide:
        if slide.width_px * slide.height_px > limits.max_pixels:
            raise TooLarge(
                gettext("{name} has {width_px} × {height_px} px, more than HemaView takes.").format(
                    name=name, width_px=slide.width_px, height_px=slide.height_px
                )
            )
        for number, level in enumerate(slide.levels):
            for fx, fy in ((0, 0), (0.5, 0.5), (1, 1)):
                w, h = min(256, level.width_px), min(256, level.height_px)
                x, y = (
                    int((level.width_px - w) * fx * level.downsample),
                    int((level.height_px - h) * fy * level.downsample),
                )
                slide.read(x, y, number, w, h)
        facts, in_place = slide.source.facts, isinstance(slide.source, OpenSlideSource)
        if what is None:
            size, notes = first_credible([_size_of(slide.source)], name)
            notes += facts.notes
        else:
            size, notes = what.size, list(dict.fromkeys((*what.notes, *facts.notes)))
        if what is not None or not in_place:
            refuse_dark_ground(_glance(slide), name)
        return {
            "kind": "slide",
            "width": slide.width_px,
            "height": slide.height_px,
            "mpp": size.um if size else None,
            "mpp_from": size.source if size else "",
            "vendor": slide.vendor,
            "objective": slide.objective,
            "levels": len(slide.levels),
            "associated": list(slide.associated) if in_place else [],
            "notes": notes,
            "convert": not in_place,
            "focal_planes": facts.focal_planes,
            "stage": stage.as_json() if (stage := _stage_of(slide.source)) else None,
        }


def _refuse_as_scan(path: Path, name: str, what: Description, limits: Limits) -> None:
    """Raise TooLarge for a TIFF that is too large for a picture and cannot be read tile by tile."""
    from hemaview.blobs import blob_of
    from hemaview.wsi import tiff

    size = f"{what.width_px} × {what.height_px} px"
    if what.orientation != 1:
        raise TooLarge(
            gettext(
                "{name} is stored turned or mirrored (orientation {orientation}) and has {size}, more "
                "than the {max_image_pixels:,} px that HemaView can set upright; save it upright."
            ).format(name=name, orientation=what.orientation, size=size, max_image_pixels=limits.max_image_pixels)
        )
    first = tiff.TiffFile(blob_of(path)).directories[what.pictures[0][0]]
    if tiff.TILE_OFFSETS not in first.entries or len(what.pictures) > 1:
        raise TooLarge(
            gettext(
                "{name} has {size}; a camera field may have {max_image_pixels:,} px at most: save it in tiles."
            ).format(name=name, size=size, max_image_pixels=limits.max_image_pixels)
        )


def _stage_of(source: Source) -> Stage | None:
    """What the source states; of DICOM that openslide reads, its attributes."""
    from hemaview.wsi.sources import dicomframes

    if source.facts.stage is None and source.facts.vendor == "dicom":
        return next((image.stage for image in dicomframes.images_of(source.files()[0])[:1]), None)
    return source.facts.stage


def _size_of(source: Source) -> PixelSize | None:
    """What the source states, or for DICOM what its other attributes give."""
    from hemaview.wsi.physical import PixelSize
    from hemaview.wsi.sources import dicomframes

    facts = source.facts
    if facts.mpp_xy is None and facts.vendor == "dicom":
        for image in dicomframes.images_of(source.files()[0])[:1]:
            return PixelSize(*image.mpp_xy, image.mpp_from) if image.mpp_xy else None
    return PixelSize(*facts.mpp_xy, facts.mpp_from) if facts.mpp_xy else None


def identity(path: Path, name: str) -> list[list[str]]:
    """What the file says of people, places, times and devices: kind, where, words of each (`hemaview.wsi.identity`)."""
    import openslide

    from hemaview.wsi.contents import kind_of
    from hemaview.wsi.identity import entries_of, entries_of_folder

    properties: dict[str, str] = {}
    beside: list[str] = []
    if path.is_dir():
        return [[e.kind, e.where, e.value] for e in entries_of_folder(path, name)]
    with contextlib.suppress(openslide.OpenSlideError), openslide.OpenSlide(path) as handle:
        properties = {k: v for k, v in handle.properties.items() if not k.startswith(("openslide.", "tiff."))}
        beside = [one for one in handle.associated_images if one in ("label", "macro")]
    return [[e.kind, e.where, e.value] for e in entries_of(path, name, kind_of(path), properties, beside)]


def _glance(slide: Slide) -> NDArray[np.uint8]:
    """The whole slide made small where that costs little, else a grid of squares of it."""
    import numpy as np

    last = slide.levels[-1]
    if last.width_px * last.height_px <= GLANCE_PX:
        return slide.read(0, 0, len(slide.levels) - 1, last.width_px, last.height_px)
    side, places = 256, np.linspace(0.05, 0.95, 6)
    w, h = slide.width_px - side, slide.height_px - side
    return np.vstack([np.hstack([slide.read(int(x * w), int(y * h), 0, side, side) for x in places]) for y in places])


def _probe_picture(
    path: Path, name: str, kind: str, what: Description, limits: Limits, choice: Choice
) -> dict[str, Any]:
    from hemaview.wsi.picture import read_pictures

    pixels = what.width_px * what.height_px * len(what.pictures)
    if pixels > limits.max_image_pixels:
        raise TooLarge(
            gettext(
                "{name} has {width_px} × {height_px} px; a camera field may have {max_image_pixels:,} px at most."
            ).format(
                name=name, width_px=what.width_px, height_px=what.height_px, max_image_pixels=limits.max_image_pixels
            )
        )
    pictures = read_pictures(path, name, kind, choice=choice)
    return {
        "kind": "picture",
        "width": what.width_px,
        "height": what.height_px,
        "mpp": what.size.um if what.size else None,
        "mpp_from": what.size.source if what.size else "",
        "vendor": "camera fields",
        "objective": None,
        "levels": 1,
        "associated": [],
        "notes": [note for picture in pictures for note in picture.notes],
        "focal_planes": len(what.planes),
        "together": list(what.together.items()),
    }

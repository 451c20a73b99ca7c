"""Several camera fields as one slide: laid out on a white sheet in the order of their names, nothing resampled."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyvips

from hemaview.wsi.errors import TooLarge, Unreadable
from hemaview.wsi.limits import Limits
from hemaview.wsi.sidepyramid import write_pyramid

GAP_PX = 32


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sorts field-2 before field-10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in re.split(r"(\d+)", name) if part]


def layout(sizes: list[tuple[int, int]], gap_px: int = GAP_PX) -> tuple[int, int, list[tuple[int, int]]]:
    """Width, height and the corner of each field (x, y) on a sheet that is about 4:3, row by row.

    All cells of the grid have the size of the largest field, so that a field's place tells its number.
    """
    cell_w = max(w for w, _ in sizes) + gap_px
    cell_h = max(h for _, h in sizes) + gap_px
    columns = min(len(sizes), max(1, round(math.sqrt(len(sizes) * 4 / 3 * cell_h / cell_w))))
    rows = -(-len(sizes) // columns)
    corners = [(gap_px + (i % columns) * cell_w, gap_px + (i // columns) * cell_h) for i in range(len(sizes))]
    return columns * cell_w + gap_px, rows * cell_h + gap_px, corners


def write_fields(
    paths: list[Path],
    out: Path,
    mpp: float | None,
    progress: Callable[[float], None] | None = None,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """Join the pictures to one pyramidal JPEG TIFF at `out`.

    Grey, alpha and 16-bit pictures become 8-bit sRGB (alpha on white). Returns width, height and `fields`, a list of
    {x, y, w, h, name} in level-0 px. Raises TooLarge, Unreadable.
    """
    limits = limits or Limits()
    if len(paths) > limits.max_images:
        raise TooLarge(f"{len(paths)} pictures are more than the {limits.max_images} one slide may be made of.")
    paths = sorted(paths, key=lambda p: natural_key(p.name))
    pictures = [_srgb(path) for path in paths]
    width, height, corners = layout([(p.width, p.height) for p in pictures])
    if width * height > limits.max_pixels or max(width, height) > limits.max_side_px:
        raise TooLarge(f"Together the pictures make {width} × {height} px, more than one slide may have.")
    sheet = pyvips.Image.black(width, height, bands=3).linear([1, 1, 1], [255, 255, 255]).cast("uchar")
    sheet = sheet.copy(interpretation="srgb")
    for picture, (x, y) in zip(pictures, corners, strict=True):
        sheet = sheet.insert(picture, x, y)
    if progress:
        sheet.set_progress(True)
        sheet.signal_connect("eval", lambda _image, state: progress(state.percent / 100))
    try:
        write_pyramid(sheet, out, mpp, quality=92)
    except pyvips.Error as error:
        raise Unreadable("One of the pictures is damaged and cannot be read to its end.") from error
    return {
        "width": width,
        "height": height,
        "fields": [
            {"x": x, "y": y, "w": p.width, "h": p.height, "name": path.stem}
            for p, (x, y), path in zip(pictures, corners, paths, strict=True)
        ],
    }


def _srgb(path: Path) -> pyvips.Image:
    """The picture as it looks: 8-bit sRGB, turned and mirrored as its orientation says (EXIF, or the TIFF's tag)."""
    try:
        image = pyvips.Image.new_from_file(str(path), access="sequential", fail_on="error")
        if image.hasalpha():
            image = image.flatten(background=[65535 if image.format == "ushort" else 255])
        if image.format != "uchar" or image.bands != 3 or image.interpretation != "srgb":
            image = image.colourspace("srgb").cast("uchar")
        if image.bands == 1:
            image = image.bandjoin([image, image])
        image = image.extract_band(0, n=3).copy(interpretation="srgb").copy_memory()
        # Turned last: what is read in sequence cannot be read from its end, and a large picture is not kept whole.
        return image.autorot().copy_memory()
    except pyvips.Error as error:
        raise Unreadable(f"{path.name} is damaged and cannot be read as a picture.") from error

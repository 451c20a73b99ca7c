"""First look at a file of unknown origin: runs in a child process that `sandbox` limits, and answers in JSON.

Called as `python -m hemaview.wsi.probe REQUEST` with REQUEST a JSON object; never import it for its effects elsewhere.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from hemaview.wsi.errors import SlideError, TooLarge, Unreadable, Unsupported
from hemaview.wsi.limits import Limits

_ORIENTATION = 0x0112
"""The tag of TIFF and EXIF that says how a picture is stored."""


def limit_self(limits: Limits) -> None:
    """Take the child's own rights away: memory, CPU, files it may write, descriptors, core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def probe_file(path: Path, name: str, limits: Limits) -> dict[str, Any]:
    """What the file is and how large (the fields of `sandbox.Probe`); raises SlideError with one sentence."""
    from hemaview.wsi.contents import check_content
    from hemaview.wsi.tiff import check_tiff

    if path.stat().st_size > limits.max_bytes:
        raise TooLarge(f"{name} has more than {limits.max_bytes // 1024**3} GiB.")
    kind = check_content(path, name)
    # NDPI beyond 4 GiB keeps 64-bit offsets in 32-bit fields, a dialect of its own that only its reader understands.
    if kind == "tiff" and not (Path(name).suffix.lower() == ".ndpi" and path.stat().st_size >= 2**32):
        check_tiff(path, limits.max_side_px, limits.max_pixels)
    import openslide

    vendor = openslide.OpenSlide.detect_format(path)
    # openslide shows a plain TIFF as it is stored; what is stored turned or mirrored comes in as a picture, which is set
    # upright.
    if vendor is not None and not (vendor == "generic-tiff" and _orientation(path) != 1):
        return _probe_slide(path, name, limits)
    if kind in ("jpeg", "png", "webp", "tiff"):
        return _probe_picture(path, name, kind, limits)
    raise Unsupported(f"{name} is not a slide format that HemaView reads (SVS, NDPI, MRXS, SCN, BIF, TIFF, DICOM).")


def _probe_slide(path: Path, name: str, limits: Limits) -> dict[str, Any]:
    from hemaview.wsi.slide import open_slide

    with open_slide(path) as slide:
        if slide.width_px * slide.height_px > limits.max_pixels:
            raise TooLarge(f"{name} has {slide.width_px} × {slide.height_px} px, more than HemaView takes.")
        for number, level in enumerate(slide.levels):
            for fx, fy in ((0, 0), (0.5, 0.5), (1, 1)):
                w, h = min(256, level.width_px), min(256, level.height_px)
                x, y = (
                    int((level.width_px - w) * fx * level.downsample),
                    int((level.height_px - h) * fy * level.downsample),
                )
                slide.read(x, y, number, w, h)
        return {
            "kind": "slide",
            "width": slide.width_px,
            "height": slide.height_px,
            "mpp": slide.mpp,
            "vendor": slide.vendor,
            "objective": slide.objective,
            "levels": len(slide.levels),
            "associated": list(slide.associated),
        }


def _orientation(path: Path) -> int:
    """1 to 8 as the tag of a TIFF's first picture says; 1, upright, where it says nothing that can be."""
    from hemaview.wsi.tiff import ORIENTATION, TiffFile

    said = TiffFile(path).directories[0].number(ORIENTATION, 1)
    return said if 1 <= said <= 8 else 1


def _probe_picture(path: Path, name: str, kind: str, limits: Limits) -> dict[str, Any]:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            if width * height > limits.max_image_pixels and kind == "tiff" and (turned := _orientation(path)) != 1:
                raise TooLarge(
                    f"{name} is stored turned or mirrored (orientation {turned}) and has {width} × {height} px, more than "
                    f"the {limits.max_image_pixels:,} px that HemaView can set upright; save it upright."
                )
            if width * height > limits.max_image_pixels:
                raise TooLarge(
                    f"{name} has {width} × {height} px; a camera field may have {limits.max_image_pixels:,} px at most."
                )
            resolution = picture.info.get("dpi") if picture.format == "TIFF" else None
            picture.load()
            if picture.getexif().get(_ORIENTATION) in (5, 6, 7, 8):
                width, height = height, width
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Unreadable(f"{name} is damaged or incomplete and cannot be read as a picture.") from error
    return {
        "kind": "picture",
        "width": width,
        "height": height,
        "mpp": _mpp_from_dpi(resolution),
        "vendor": "camera fields",
        "objective": None,
        "levels": 1,
        "associated": [],
    }


def _mpp_from_dpi(dpi: Any) -> float | None:
    """µm/px of a microscope's TIFF; screen and print resolutions (up to 2,400 dpi) say nothing of the specimen."""
    try:
        x, y = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    if x <= 2400 or abs(x - y) > 0.01 * x:
        return None
    return 25_400 / x


def prepare(path: Path, thumbnail: Path, side_pyramid: Path, index: Path, colour: str) -> dict[str, Any]:
    """Write the thumbnail, the levels that the file lacks, and the index of its tiles."""
    from hemaview.wsi.sidepyramid import needs_side_pyramid, write_side_pyramid
    from hemaview.wsi.slide import open_slide

    with open_slide(path) as slide:
        made = needs_side_pyramid(slide)
        if made:
            write_side_pyramid(slide, side_pyramid, _tell)
    answer = plan(path, side_pyramid if made else None, thumbnail, index, colour, None)
    return {**answer, "side_pyramid": made}


def plan(
    path: Path, low_levels: Path | None, thumbnail: Path, index: Path, colour: str, converted: Path | None
) -> dict[str, Any]:
    """Write the index of the tiles, and the thumbnail under the same colour."""
    from hemaview.wsi.colour import Colour
    from hemaview.wsi.deepzoom import encode_jpeg
    from hemaview.wsi.slide import open_slide
    from hemaview.wsi.tileplan import plan_tiles

    with open_slide(path) as slide:
        icc = slide.icc
    planned = plan_tiles(path, low_levels, index, colour, converted)
    with open_slide(low_levels or path) as source:
        source.apply_icc = icc if planned.colour == Colour.APPLIED else b""
        jpeg = encode_jpeg(source.thumbnail(), 85, icc if planned.colour == Colour.CARRIED else b"")
    part = thumbnail.with_name(f".{thumbnail.name}.{os.getpid()}.part")  # nobody is shown half of it
    part.write_bytes(jpeg)
    part.replace(thumbnail)
    return {
        "colour": planned.colour,
        "icc_bytes": len(icc),
        "levels": [{"width": v.width, "height": v.height, "stored": v.stored, "why": v.why} for v in planned.levels],
    }


def _tell(share: float) -> None:
    print(f"progress {share:.3f}", flush=True)


def main(argument: str) -> int:
    request = json.loads(argument)
    limits = Limits(**request["limits"])
    limit_self(limits)
    try:
        if request["do"] == "probe":
            answer: dict[str, Any] = {"files": []}
            for path, name in request["files"]:
                print("opening " + name.replace("\n", " "), flush=True)
                answer["files"].append(probe_file(Path(path), name, limits))
        elif request["do"] == "fields":
            from hemaview.wsi.fields import write_fields

            answer = write_fields(
                [Path(p) for p in request["paths"]],
                Path(request["out"]),
                request["mpp"],
                _tell,
            )
        elif request["do"] == "prepare":
            names = ("path", "thumbnail", "side_pyramid", "index")
            path, thumbnail, low, index = (Path(request[name]) for name in names)
            answer = prepare(path, thumbnail, low, index, request["colour"])
        elif request["do"] == "plan":
            answer = plan(
                Path(request["path"]),
                Path(request["low_levels"]) if request["low_levels"] else None,
                Path(request["thumbnail"]),
                Path(request["index"]),
                request["colour"],
                Path(request["converted"]) if request["converted"] else None,
            )
        else:
            from hemaview.wsi.convert import convert

            answer = convert(Path(request["path"]), Path(request["out"]), request["apply_profile"], _tell)
    except SlideError as error:
        answer = {"error": error.code, "message": error.message}
    except MemoryError:
        answer = {"error": TooLarge.code, "message": "The file needs more memory than a slide may take."}
    print("answer " + json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

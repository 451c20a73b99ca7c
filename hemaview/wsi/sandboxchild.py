"""What `sandbox` asks of its child process, which limits itself and answers in JSON.

Called as `python -m hemaview.wsi.sandboxchild REQUEST` with REQUEST a JSON object; never import it for its effects elsewhere.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from hemaview.confined import limit_self
from hemaview.wsi.errors import SlideError, TooLarge
from hemaview.wsi.limits import Limits
from hemaview.wsi.probe import identity, probe_file
from hemaview.wsi.sources.choice import Choice


def prepare(path: Path, thumbnail: Path, side_pyramid: Path, index: Path, colour: str) -> dict[str, Any]:
    """Write the thumbnail, the levels that the file lacks, and the index of its tiles."""
    from hemaview.wsi.sidepyramid import needs_side_pyramid, write_side_pyramid
    from hemaview.wsi.slide import open_slide

    with open_slide(path) as slide:
        needs_pyramid = needs_side_pyramid(slide)
        if needs_pyramid:
            write_side_pyramid(slide, side_pyramid, _tell)
    answer = plan(path, side_pyramid if needs_pyramid else None, thumbnail, index, colour, None)
    return {**answer, "side_pyramid": needs_pyramid}


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
    limit_self(limits.memory_bytes, limits.cpu_seconds)
    try:
        if request["do"] == "probe":
            answer: dict[str, Any] = {"files": []}
            for path, name in request["files"]:
                print("opening " + name.replace("\n", " "), flush=True)
                facts = probe_file(Path(path), name, limits, Choice(**request["choice"]))
                answer["files"].append({**facts, "identity": identity(Path(path), name)})
        elif request["do"] == "identity":
            answer = {"entries": [row for path, name in request["files"] for row in identity(Path(path), name)]}
        elif request["do"] == "dicom":
            from dataclasses import asdict

            from hemaview.wsi.dicomseries import read_instance

            answer = {"instances": []}
            for path, name in request["files"]:
                print("opening " + name.replace("\n", " "), flush=True)
                try:
                    answer["instances"].append(asdict(read_instance(Path(path), name)))
                except SlideError:
                    answer["instances"].append(None)
        elif request["do"] == "fields":
            from hemaview.wsi.fields import write_fields

            answer = write_fields(
                [Path(p) for p in request["paths"]],
                Path(request["out"]),
                request["mpp"],
                _tell,
                name_by_likeness=request["known"],
                choice=Choice(**request["choice"]),
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

            answer = convert(
                Path(request["path"]),
                Path(request["out"]),
                request["apply_profile"],
                _tell,
                Choice(**request["choice"]),
                request["in_place"],
            )
    except SlideError as error:
        answer = {"error": error.code, "message": error.message, "listed": getattr(error, "listed", [])}
    except MemoryError:
        answer = {"error": TooLarge.code, "message": "The file needs more memory than a slide may take."}
    print("answer " + json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

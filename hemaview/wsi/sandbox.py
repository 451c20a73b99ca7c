"""Open files of unknown origin in a child process with limits on memory, CPU and time.

Some files make openslide abort the process, others never end: neither may happen to a server or a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from hemaview.confined import Crashed, TookTooLong, ask
from hemaview.words import gettext
from hemaview.wsi.contents import Archive, NameRefused
from hemaview.wsi.dicomseries import Instance
from hemaview.wsi.errors import AlreadyThere, OutOfBounds, SeveralSeries, SlideError, TooLarge, Unreadable, Unsupported
from hemaview.wsi.identity import Entry
from hemaview.wsi.limits import Limits
from hemaview.wsi.sources.choice import NO_CHOICE, Choice

_ERRORS: dict[str, type[SlideError]] = {
    kind.code: kind for kind in (Unsupported, Unreadable, TooLarge, OutOfBounds, Archive, NameRefused, AlreadyThere)
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file turned out to be; `kind` is 'slide' or 'picture', mpp in µm/px or None."""

    kind: str
    width: int
    height: int
    mpp: float | None
    vendor: str
    objective: float | None
    levels: int
    associated: tuple[str, ...]
    mpp_from: str = ""
    """Where the µm/px stand in the file."""
    notes: tuple[str, ...] = ()
    """What a person should know of how the file was taken, a sentence each."""
    identity: tuple[Entry, ...] = field(default=(), repr=False)
    """What it says of people, places, times and devices; for nobody but who may know."""
    convert: bool = False
    """It is converted once, when it comes in, since it is not read in place."""
    focal_planes: int = 1
    """So many it holds of what was looked at; one of them is shown."""
    stage: dict[str, Any] | None = None
    """Where a slide lies on the stage (`stage.Stage.as_json`); photographs say it when they are joined."""
    together: tuple[tuple[int, str], ...] = ()
    """Pages or series that become fields of one slide unless one is chosen: number and name of each."""


def probe(path: Path, name: str | None = None, limits: Limits | None = None, choice: Choice = NO_CHOICE) -> Probe:
    """Look at a file in a limited child; raises a SlideError with one sentence, whatever the file does."""
    return probe_many([(path, name or path.name)], limits, choice)[0]


def probe_many(files: list[tuple[Path, str]], limits: Limits | None = None, choice: Choice = NO_CHOICE) -> list[Probe]:
    """Look at several files (path, name) in one limited child, in order; raises the first one's SlideError."""
    limits = limits or Limits()
    if len(files) > limits.max_images:
        raise TooLarge(
            gettext("{files} files are more than the {max_images} one slide may be made of.").format(
                files=len(files), max_images=limits.max_images
            )
        )
    request = {"do": "probe", "files": [[str(path), name] for path, name in files], "choice": asdict(choice)}
    # A child that dies says nothing; it names each file before it opens it, so that the sentence can.
    answer = _child(request, files[0][1], limits)
    lists = ("associated", "notes")
    return [
        Probe(
            **{
                **facts,
                **{k: tuple(facts[k]) for k in lists},
                "identity": tuple(Entry(*row) for row in facts["identity"]),
                "together": tuple((number, name) for number, name in facts.get("together", [])),
            }
        )
        for facts in answer["files"]
    ]


def identity_of(files: list[tuple[Path, str]], limits: Limits | None = None) -> list[Entry]:
    """What files (path, name) say of people, places, times and devices, read in a limited child; raises SlideError."""
    request = {"do": "identity", "files": [[str(path), name] for path, name in files]}
    return [Entry(*row) for row in _child(request, files[0][1], limits or Limits())["entries"]]


def dicom_instances(files: list[tuple[Path, str]], limits: Limits | None = None) -> list[Instance | None]:
    """What DICOM files (path, name) say of themselves, read in a limited child; None where one is damaged."""
    limits = limits or Limits()
    if len(files) > limits.max_images:
        raise TooLarge(
            gettext("{files} files are more than the {max_images} one slide may be made of.").format(
                files=len(files), max_images=limits.max_images
            )
        )
    request = {"do": "dicom", "files": [[str(path), name] for path, name in files]}
    return [facts and Instance(**facts) for facts in _child(request, files[0][1], limits)["instances"]]


@dataclass(frozen=True, slots=True)
class Tiles:
    """How a slide's tiles will be served: its colour option, its profile's size, and each level ({width, height,
    stored, why})."""

    colour: str
    icc_bytes: int
    levels: list[dict[str, Any]]
    side_pyramid: bool = False


def prepare(
    path: Path,
    thumbnail: Path,
    side_pyramid: Path,
    index: Path,
    colour: str = "",
    progress: Callable[[float], None] | None = None,
) -> Tiles:
    """Make the thumbnail, the missing low levels and the index of the tiles in a limited child."""
    paths = {"path": path, "thumbnail": thumbnail, "side_pyramid": side_pyramid, "index": index}
    request = {"do": "prepare", "colour": colour, **{k: str(v) for k, v in paths.items()}}
    return Tiles(**_child(request, path.name, _long(), progress))


def plan(
    path: Path, low_levels: Path | None, thumbnail: Path, index: Path, colour: str = "", converted: Path | None = None
) -> Tiles:
    """Make the index of the tiles, and the thumbnail, again in a limited child."""
    request = {
        "do": "plan",
        "path": str(path),
        "thumbnail": str(thumbnail),
        "index": str(index),
        "low_levels": str(low_levels or ""),
        "converted": str(converted or ""),
        "colour": colour,
    }
    return Tiles(**_child(request, path.name, _long()))


def convert(
    path: Path,
    out: Path,
    apply_profile: bool,
    progress: Callable[[float], None] | None = None,
    choice: Choice = NO_CHOICE,
    in_place: bool = True,
) -> dict[str, Any]:
    """Make a tiled JPEG pyramid of the slide, verified against it, in a limited child; the answer of `convert.convert`."""
    request = {
        "do": "convert",
        "path": str(path),
        "out": str(out),
        "apply_profile": apply_profile,
        "choice": asdict(choice),
        "in_place": in_place,
    }
    return _child(request, path.name, replace(_long(), cpu_seconds=24 * 3600, wall_seconds=24 * 3600), progress)


def join_fields(
    paths: list[Path],
    out: Path,
    mpp: float | None,
    progress: Callable[[float], None] | None = None,
    name_by_likeness: Mapping[str, str] | None = None,
    choice: Choice = NO_CHOICE,
) -> dict[str, Any]:
    """Join camera fields to one slide in a limited child; the answer of `fields.write_fields`."""
    request = {
        "do": "fields",
        "paths": [str(p) for p in paths],
        "out": str(out),
        "mpp": mpp,
        "known": dict(name_by_likeness or {}),
        "choice": asdict(choice),
    }
    return _child(request, out.name, _long(), progress)


def _long() -> Limits:
    return replace(Limits(), memory_bytes=6 * 1024**3, cpu_seconds=3600, wall_seconds=7200)


def _child(
    request: dict[str, Any], name: str, limits: Limits, progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    request = {**request, "limits": asdict(limits)}
    try:
        answer = ask(
            "hemaview.wsi.sandboxchild", request, name, limits.wall_seconds, progress, {"VIPS_CONCURRENCY": "2"}
        )
    except TookTooLong as error:
        raise TooLarge(
            gettext("{opening} took longer than {wall_seconds} s to open, so the attempt was stopped.").format(
                opening=error.opening, wall_seconds=limits.wall_seconds
            )
        ) from error
    except Crashed as error:
        raise Unreadable(
            gettext("{opening} is damaged: opening it fails in a way that an intact slide never does.").format(
                opening=error.opening
            )
        ) from error
    if "error" in answer:
        if answer["error"] == SeveralSeries.code:
            raise SeveralSeries(answer["message"], {int(k): v for k, v in answer["listed"].items()})
        raise _ERRORS.get(answer["error"], Unreadable)(answer["message"])
    return answer

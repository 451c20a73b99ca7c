"""Zeiss CZI by the optional package pylibCZIrw: scenes are series; converted once, when a slide comes in."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.blobs import Blob
from hemaview.words import all_of, gettext
from hemaview.wsi.errors import SeveralSeries, SlideError, Unreadable, Unsupported
from hemaview.wsi.focus import sharpest
from hemaview.wsi.sources.choice import NO_CHOICE, Choice, plane_note, refuse_missing
from hemaview.wsi.sources.source import Facts, Level, Source

MAGIC = b"ZISRAWFILE"
LOOK_PX = 1024
_SCALE = r'<Distance Id="{}"[^>]*>\s*<Value>([^<]+)</Value>'


class CziSource(Source):
    """One scene of a CZI in bright field, at the chosen focal plane or at the sharpest."""

    def __init__(self, blob: Blob, choice: Choice = NO_CHOICE) -> None:
        path = blob.path
        if path is None:
            raise Unsupported(
                gettext("{title} is a CZI, which can only be read from a local file.").format(title=blob.title)
            )
        try:
            from pylibCZIrw import czi
        except ImportError as error:
            raise Unsupported(
                gettext(
                    "{title} is a CZI, for which the package pylibCZIrw is missing: ask the administrator to "
                    "install requirements-formats.txt, or save the slide as TIFF or DICOM."
                ).format(title=blob.title)
            ) from error
        self._blob, self._lock, self._stack = blob, threading.Lock(), ExitStack()
        self._notes: list[str] = []
        try:
            self._file: Any = self._stack.enter_context(czi.open_czi(str(path)))
            self._begin(choice, blob.title)
        except SlideError:
            self._stack.close()
            raise
        except Exception as error:  # libCZI raises what it likes over a damaged file
            self._stack.close()
            raise Unreadable(
                gettext("{title} is damaged or incomplete and cannot be read as CZI.").format(title=blob.title)
            ) from error

    def _begin(self, choice: Choice, name: str) -> None:
        whole = self._file.total_bounding_box
        kinds = set(self._file.pixel_types.values())
        if kinds != {"Bgr24"}:
            raise Unsupported(
                gettext("{name} holds {kinds} samples, not an 8-bit bright-field colour picture.").format(
                    name=name, kinds=all_of(sorted(kinds))
                )
            )
        for axis, what in (("T", "time points"), ("C", "channels")):
            first, last = whole.get(axis, (0, 1))
            if last - first > 1:
                raise Unsupported(
                    gettext("{name} holds {last} {what}; save the one that is to be counted by itself.").format(
                        name=name, last=last - first, what=what
                    )
                )
        scenes = list(self._file.scenes_bounding_rectangle.items())
        first_z, last_z = whole.get("Z", (0, 1))
        refuse_missing(choice, name, max(1, len(scenes)), last_z - first_z)
        if len(scenes) > 1 and choice.series is None:
            listed = {
                i: gettext("scene {n}, {width} × {height} px").format(n=i, width=box.w, height=box.h)
                for i, (_, box) in enumerate(scenes, 1)
            }
            raise SeveralSeries.of(
                gettext("{name} holds {n} scenes ({listed}): choose one by its number, or take them all."),
                listed,
                name=name,
                n=len(scenes),
            )
        if scenes:
            self._scene, box = scenes[(choice.series or 1) - 1]
            self._corner, size = (box.x, box.y), (box.w, box.h)
        else:
            (x0, x1), (y0, y1) = whole["X"], whole["Y"]
            self._scene, self._corner, size = None, (x0, y0), (x1 - x0, y1 - y0)
        self.levels = (Level(size[0], size[1], 1.0),)
        if len(scenes) > 1:
            self._notes.append(gettext("Scene {n} of {scenes} was taken.").format(n=choice.series, scenes=len(scenes)))
        self._planes, self._first_z = last_z - first_z, first_z
        self._plane = first_z + (choice.plane or 1) - 1
        if last_z - first_z > 1:
            if not choice.plane:
                w, h = min(LOOK_PX, size[0]), min(LOOK_PX, size[1])
                x, y = (size[0] - w) // 2, (size[1] - h) // 2
                self._plane = first_z + sharpest(last_z - first_z, lambda z: self._rgb(x, y, w, h, first_z + z))
            self._notes.append(plane_note(self._plane - first_z + 1, last_z - first_z, bool(choice.plane)))

    @property
    def facts(self) -> Facts:
        metadata = str(self._file.raw_metadata)
        sides_um = [_um(metadata, axis) for axis in ("X", "Y")]
        mpp_xy = (sides_um[0], sides_um[1]) if sides_um[0] and sides_um[1] else None
        power = re.search(r"<NominalMagnification>([\d.]+)</NominalMagnification>", metadata)
        objective = float(power.group(1)) if power else None
        return Facts(
            "zeiss", mpp_xy, "its scaling" if mpp_xy else "", objective, tuple(self._notes), self._planes,
            plane=self._plane - self._first_z + 1, plane_step_um=_um(metadata, "Z"),
        )  # fmt: skip

    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        out = np.zeros((height_px, width_px, 4), np.uint8)
        size = self.levels[level]
        x, y = max(0, l0_x), max(0, l0_y)
        w, h = min(l0_x + width_px, size.width_px) - x, min(l0_y + height_px, size.height_px) - y
        if w > 0 and h > 0:
            part = out[y - l0_y : y - l0_y + h, x - l0_x : x - l0_x + w]
            try:
                part[..., :3] = self._rgb(x, y, w, h, self._plane)[..., ::-1]
            except Exception as error:  # as above
                raise Unreadable(
                    gettext("The picture data of this slide are damaged: a part cannot be decoded.")
                ) from error
            part[..., 3] = 255
        return out

    def _rgb(self, x: int, y: int, w: int, h: int, plane: int) -> NDArray[np.uint8]:
        """Where the scene has no tile it is white."""
        box = (self._corner[0] + x, self._corner[1] + y, w, h)
        with self._lock:
            bgr = self._file.read(
                roi=box, plane={"C": 0, "Z": plane, "T": 0}, scene=self._scene, background_pixel=(1.0, 1.0, 1.0)
            )
        return np.asarray(bgr[..., ::-1], np.uint8)

    def files(self) -> Sequence[Blob]:
        return [self._blob]

    def close(self) -> None:
        self._stack.close()


def _um(metadata: str, axis: str) -> float | None:
    """µm/px of an axis; CZI states metres."""
    match = re.search(_SCALE.format(axis), metadata)
    try:
        value = float(match.group(1)) * 1e6 if match else 0.0
    except ValueError:
        return None
    return value if value > 0 else None

"""OME-Zarr (NGFF 0.4, 0.5) by the optional package zarr: a folder on this machine, converted once when a slide comes in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.blobs import Blob, LocalBlobs
from hemaview.words import gettext
from hemaview.wsi.errors import SeveralSeries, SlideError, Unreadable, Unsupported
from hemaview.wsi.focus import sharpest
from hemaview.wsi.omexml import FLUORESCENT
from hemaview.wsi.sources.choice import NO_CHOICE, Choice, plane_note, refuse_missing
from hemaview.wsi.sources.source import Facts, Level, Source

MARKS = (".zgroup", "zarr.json")
LOOK_PX = 1024
_UM = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3, "meter": 1e6}
_COLOURS = {"FF0000": 0, "00FF00": 1, "0000FF": 2}


def is_zarr(path: Path) -> bool:
    """Whether a folder holds a Zarr group."""
    return path.is_dir() and any((path / mark).is_file() for mark in MARKS)


def folder_of(blob: Blob) -> Path | None:
    """The folder of that name, where there is one on this machine."""
    path = blob.store.folder / blob.name if isinstance(blob.store, LocalBlobs) else None
    return path if path is not None and path.is_dir() else None


class OmeZarrSource(Source):
    """One image of an OME-Zarr in colour, at the chosen focal plane or at the sharpest."""

    def __init__(self, blob: Blob, choice: Choice = NO_CHOICE) -> None:
        path = folder_of(blob)
        if path is None or not is_zarr(path):
            raise Unsupported(gettext("{title} is a folder that holds no OME-Zarr.").format(title=blob.title))
        try:
            import zarr
        except ImportError as error:
            raise Unsupported(
                gettext(
                    "{title} is an OME-Zarr, for which the package zarr is missing: ask the administrator to "
                    "install requirements-formats.txt, or save the slide as TIFF or DICOM."
                ).format(title=blob.title)
            ) from error
        self._path, self._title = path, blob.title
        self._notes: list[str] = []
        try:
            self._begin(zarr.open_group(str(path), mode="r"), choice)
        except SlideError:
            raise
        except Exception as error:  # zarr raises what it likes over a folder that contradicts itself
            raise Unreadable(
                gettext("{title} is damaged or incomplete and cannot be read as OME-Zarr.").format(title=blob.title)
            ) from error

    def _begin(self, root: Any, choice: Choice) -> None:
        group, name = root, self._title
        attributes = _attributes_of(group)
        if "plate" in attributes or "well" in attributes:
            raise Unsupported(gettext("{name} contains a plate of many images; import one of them.").format(name=name))
        if "multiscales" not in attributes:
            images = sorted((key for key in group.group_keys() if key.isdigit()), key=int)
            if not images:
                raise Unsupported(gettext("{name} holds no image that OME-Zarr describes.").format(name=name))
            refuse_missing(choice, name, len(images))
            if len(images) > 1 and choice.series is None:
                raise SeveralSeries.of(
                    gettext("{name} holds {n} images ({listed}): choose one by its number, or take them all."),
                    {i: gettext("image {key}").format(key=key) for i, key in enumerate(images, 1)},
                    name=name,
                    n=len(images),
                )
            group = group[images[(choice.series or 1) - 1]]
            attributes = _attributes_of(group)
        else:
            refuse_missing(choice, name)
        scales = attributes["multiscales"][0]
        axes = [axis if isinstance(axis, str) else axis["name"] for axis in scales.get("axes", list("tczyx"))]
        self._axes = axes
        self._arrays = [group[one["path"]] for one in scales["datasets"]]
        sizes = dict(zip(axes, self._arrays[0].shape, strict=True))
        self._order = _order(attributes, sizes, str(self._arrays[0].dtype), name)
        shapes = [dict(zip(axes, array.shape, strict=True)) for array in self._arrays]
        self.levels = tuple(Level(s["x"], s["y"], sizes["x"] / s["x"]) for s in shapes)
        um = _um_by_axis(scales, axes)
        self._mpp = (um["x"], um["y"]) if "x" in um and "y" in um else None
        self._step_um = um.get("z")
        self._planes = planes = sizes.get("z", 1)
        refuse_missing(choice, name, choice.series or 1, planes)
        self._plane = (choice.plane or 1) - 1
        if planes > 1:
            if not choice.plane:
                w, h = min(LOOK_PX, sizes["x"]), min(LOOK_PX, sizes["y"])
                x, y = (sizes["x"] - w) // 2, (sizes["y"] - h) // 2
                self._plane = sharpest(planes, lambda z: self._rgb(0, z, x, y, w, h))
            self._notes.append(plane_note(self._plane + 1, planes, bool(choice.plane)))

    @property
    def facts(self) -> Facts:
        source = "its OME-Zarr scale" if self._mpp else ""
        return Facts(
            "OME-Zarr", self._mpp, source, notes=tuple(self._notes), focal_planes=self._planes,
            plane=self._plane + 1, plane_step_um=self._step_um,
        )  # fmt: skip

    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        out = np.zeros((height_px, width_px, 4), np.uint8)
        size = self.levels[level]
        left, top = round(l0_x / size.downsample), round(l0_y / size.downsample)
        x, y = max(0, left), max(0, top)
        w, h = min(left + width_px, size.width_px) - x, min(top + height_px, size.height_px) - y
        if w > 0 and h > 0:
            part = out[y - top : y - top + h, x - left : x - left + w]
            try:
                part[..., :3] = self._rgb(level, self._plane, x, y, w, h)[..., ::-1]
            except Exception as error:  # as above
                raise Unreadable(
                    gettext("The picture data of this slide are damaged: a part cannot be decoded.")
                ) from error
            part[..., 3] = 255
        return out

    def _rgb(self, level: int, plane: int, x: int, y: int, w: int, h: int) -> NDArray[np.uint8]:
        where = {"t": 0, "z": plane, "c": slice(None), "y": slice(y, y + h), "x": slice(x, x + w)}
        samples = np.asarray(self._arrays[level][tuple(where[axis] for axis in self._axes)])
        axes = [axis for axis in self._axes if axis in "cyx"]
        return np.ascontiguousarray(np.transpose(samples, [axes.index(a) for a in "yxc"])[..., self._order])

    def files(self) -> Sequence[Blob]:
        store = LocalBlobs(self._path)
        return [Blob(store, name) for name in store.names()]

    def close(self) -> None:
        """zarr opens each chunk when it is read."""


def _attributes_of(group: Any) -> dict[str, Any]:
    """What NGFF keeps in a group's attributes: below `ome` from 0.5 on."""
    attributes: dict[str, Any] = group.attrs.asdict()
    own: dict[str, Any] = attributes.get("ome", attributes)
    return own


def _order(attributes: dict[str, Any], sizes: dict[str, int], dtype: str, name: str) -> list[int]:
    """Which channels are red, green and blue; raises Unsupported for what is no colour picture in bright field."""
    if sizes.get("t", 1) > 1:
        raise Unsupported(
            gettext("{name} holds {sizes} time points; save the one that is to be counted by itself.").format(
                name=name, sizes=sizes["t"]
            )
        )
    channels = attributes.get("omero", {}).get("channels", [])
    labels = ", ".join(str(c.get("label", "unnamed")) for c in channels)
    if any(word in labels.lower() for word in FLUORESCENT):
        raise Unsupported(
            gettext("{name} shows fluorescence ({labels}), not a stained film in bright field.").format(
                name=name, labels=labels
            )
        )
    if sizes.get("c", 1) != 3:
        raise Unsupported(
            gettext("{name} holds {channels} channels, not a bright-field colour picture.").format(
                name=name, channels=sizes.get("c", 1)
            )
        )
    if dtype != "uint8":
        raise Unsupported(gettext("{name} holds {dtype} samples; save it with 8 bits.").format(name=name, dtype=dtype))
    places = {_COLOURS.get(str(c.get("color", "")).upper()): i for i, c in enumerate(channels)}
    return [places[i] for i in range(3)] if set(places) == {0, 1, 2} else [0, 1, 2]


def _um_by_axis(scales: dict[str, Any], axes: list[str]) -> dict[str, float]:
    """µm from one level-0 px, or focal plane, to the next, of each axis that has a scale and a unit of length."""
    units = {a["name"]: _UM.get(a.get("unit", "")) for a in scales.get("axes", []) if isinstance(a, dict)}
    factors = dict.fromkeys(axes, 1.0)
    steps = [*scales["datasets"][0].get("coordinateTransformations", []), *scales.get("coordinateTransformations", [])]
    scaled = False
    for step in steps:
        if step.get("type") == "scale":
            scaled = True
            factors = {axis: factors[axis] * float(v) for axis, v in zip(axes, step["scale"], strict=True)}
    return {axis: factors[axis] * unit for axis, unit in units.items() if unit and scaled}

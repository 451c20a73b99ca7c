"""What OME-XML says of the pictures of a TIFF: series, channels, focal planes, time points, µm/px.

Source: Open Microscopy Environment, OME-XML schema 2016-06.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree import ElementTree

from hemaview.words import gettext
from hemaview.wsi.errors import Unreadable

MAX_XML_BYTES = 16 * 1024**2
_UM = {
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "Å": 1e-4,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
    "in": 25_400.0,
}
FLUORESCENT = ("fluo", "dapi", "hoechst", "fitc", "tritc", "cy3", "cy5", "gfp", "rfp", "mcherry", "texas red", "alexa")
_COLOURS = {0xFF0000FF: "red", 0x00FF00FF: "green", 0x0000FFFF: "blue"}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its name, its samples per pixel, the colour it stands for ("" where unsaid)."""

    name: str
    samples: int
    colour: str
    fluorescent: bool


@dataclass(frozen=True, slots=True)
class OmeImage:
    """One series: size in px, planes by z, t and channel; µm/px across and down (None where unsaid)."""

    name: str
    width_px: int
    height_px: int
    z: int
    t: int
    channels: tuple[Channel, ...]
    um_x: float | None
    um_y: float | None
    significant_bits: int
    order: str = "XYZCT"
    """How its planes follow each other, the quickest first."""
    stage_um: tuple[float, float] | None = None
    """Where on the stage its first plane was taken, x and y; None where unsaid, or in units of no length."""
    um_z: float | None = None
    """From one focal plane to the next; None where unsaid."""

    @property
    def planes(self) -> int:
        return self.z * self.t * len(self.channels)


def read_ome(xml: bytes, name: str) -> list[OmeImage]:
    """The series that OME-XML lists, in its order; raises Unreadable, naming the file `name`."""
    if len(xml) > MAX_XML_BYTES or b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise Unreadable(
            gettext("{name} holds an OME-XML description that is too large or defines entities of its own.").format(
                name=name
            )
        )
    try:
        root = ElementTree.fromstring(xml.rstrip(b"\0").strip())
        return [_image(element) for element in root.iter() if _tag(element) == "Image" and _pixels(element) is not None]
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unreadable(
            gettext("{name} holds an OME-XML description that cannot be read.").format(name=name)
        ) from error


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _pixels(image: ElementTree.Element) -> ElementTree.Element | None:
    return next((e for e in image if _tag(e) == "Pixels"), None)


def _image(element: ElementTree.Element) -> OmeImage:
    pixels = _pixels(element)
    assert pixels is not None
    size = {k: int(pixels.get(f"Size{k}", "1")) for k in "XYZCT"}
    if min(size.values()) < 1:
        raise ValueError("a series of no size")
    channels = [_channel(e) for e in pixels if _tag(e) == "Channel"]
    missing = size["C"] - sum(c.samples for c in channels)
    channels += [Channel("", 1, "", False)] * max(0, missing)
    return OmeImage(
        name=element.get("Name", ""),
        width_px=size["X"],
        height_px=size["Y"],
        z=size["Z"],
        t=size["T"],
        channels=tuple(channels),
        um_x=_um(pixels, "X"),
        um_y=_um(pixels, "Y"),
        significant_bits=int(pixels.get("SignificantBits", "0")),
        order=pixels.get("DimensionOrder", "XYZCT"),
        stage_um=_stage_um(pixels),
        um_z=_um(pixels, "Z"),
    )


def _channel(element: ElementTree.Element) -> Channel:
    name = element.get("Name", "") or element.get("Fluor", "")
    words = f"{name} {element.get('ContrastMethod', '')} {element.get('IlluminationType', '')}".lower()
    emits = element.get("EmissionWavelength") is not None or element.get("Fluor") is not None
    colour = _COLOURS.get(int(element.get("Color", "-1")) & 0xFFFFFFFF, "")
    for own in ("red", "green", "blue"):
        if name.strip().lower() in (own, own[0]):
            colour = own
    return Channel(
        name, int(element.get("SamplesPerPixel", "1")), colour, emits or any(word in words for word in FLUORESCENT)
    )


def _stage_um(pixels: ElementTree.Element) -> tuple[float, float] | None:
    plane = next((e for e in pixels if _tag(e) == "Plane"), None)
    if plane is None:
        return None
    factors = [_UM.get(plane.get(f"Position{axis}Unit", "reference frame")) for axis in "XY"]
    stated = [plane.get(f"Position{axis}") for axis in "XY"]
    if None in factors or None in stated:
        return None
    x, y = (float(str(value)) * float(factor or 0) for value, factor in zip(stated, factors, strict=True))
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _um(pixels: ElementTree.Element, axis: str) -> float | None:
    stated = pixels.get(f"PhysicalSize{axis}")
    factor = _UM.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    if stated is None or factor is None:
        return None
    value = float(stated) * factor
    return value if math.isfinite(value) and value > 0 else None

"""TIFF, OME-TIFF and ImageJ files of the matrix, written by tifffile."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from hemaview.wsi.sources.choice import Choice
from tests.wsi.matrix.cases import LOSSY, Case
from tests.wsi.matrix.looks import CLEAR_FROM_ROW, WIDE, Expected, deep, film, half, icc, in_srgb, soft, turned

_TILINGS: dict[str, dict[str, Any]] = {
    "strips": {}, "strips of 7 rows": {"rowsperstrip": 7}, "one strip": {"rowsperstrip": 1 << 16},
    "tiles 64": {"tile": (64, 64)}, "tiles 256": {"tile": (256, 256)}, "tiles 48 × 80": {"tile": (80, 48)},
}  # fmt: skip
_CODINGS: dict[str, dict[str, Any]] = {
    "none": {}, "jpeg": {"compression": "jpeg", "compressionargs": {"level": 96}},
    "jpeg 420": {"compression": "jpeg", "compressionargs": {"level": 96}, "subsampling": (2, 2)},
    "jpeg2000": {"compression": "jpeg2000", "compressionargs": {"level": 0}},
    "webp": {"compression": "webp", "compressionargs": {"lossless": True}},
    "jpegxl": {"compression": "jpegxl", "compressionargs": {"lossless": True}},
}  # fmt: skip
_SCALES: dict[str, tuple[dict[str, Any], float | None]] = {
    "none": ({}, None), "screen": ({"resolution": (72, 72), "resolutionunit": "INCH"}, None),
    "cm": ({"resolution": (40_000, 40_000), "resolutionunit": "CENTIMETER"}, 0.25),
    "inch": ({"resolution": (50_800, 50_800), "resolutionunit": "INCH"}, 0.5),
    "oblong": ({"resolution": (40_000, 20_000), "resolutionunit": "CENTIMETER"}, None),
    "text": ({}, 0.25), "ome µm": ({}, 0.25), "ome nm": ({}, 0.25), "ome mm": ({}, 0.25), "imagej": ({}, 0.25),
    "contradiction": ({"resolution": (50_800, 50_800), "resolutionunit": "INCH"}, 0.25),
}  # fmt: skip
_STATED: dict[str, dict[str, Any]] = {
    "ome µm": {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25},
    "ome nm": {"PhysicalSizeX": 250.0, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 250.0, "PhysicalSizeYUnit": "nm"},
    "ome mm": {"PhysicalSizeX": 2.5e-4, "PhysicalSizeXUnit": "mm", "PhysicalSizeY": 2.5e-4, "PhysicalSizeYUnit": "mm"},
}
_APERIO = "Aperio Image Library v11.2.1 \r\n160x120 [0,0 160x120] (64x64)|AppMag = 40|Filename = 7"
BY_PAGE = ("pages", "bgr pages")


def write(case: Case, folder: Path) -> tuple[Path, Expected]:
    """The file and how it must come in."""
    suffix = {"aperio": ".svs"}.get(case.container, ".ome.tif" if case.container.startswith("ome") else ".tif")
    path = folder / f"made{suffix}"
    expected = _expected(case)
    big, order = "big" in case.container, ">" if ">" in case.container else "<"
    with tifffile.TiffWriter(
        path, bigtiff=big, byteorder=order, ome=case.container.startswith("ome"), imagej=case.container == "imagej"
    ) as out:
        if case.pages == "focal planes":
            _write(out, case, np.stack([_samples(case, soft(film(1), s)) for s in (4, 0, 2)]), {"axes": "Z"})
        elif case.pages in ("two fields", "two sizes"):
            for seed, h in ((1, 120), (2, 120 if case.pages == "two fields" else 100)):
                _write(out, case, _samples(case, film(seed, h)))
        else:
            own = _samples(case, film(1))
            _write(out, case, own, **({"subifds": 1} if case.pages == "subifds" else {}))
            if case.pages in ("subifds", "smaller pages"):
                _write(out, case, half(own), sub=True)
            elif case.pages == "label":
                out.write(np.full((30, 50, 3), 220, np.uint8), photometric="rgb", metadata=None)
    _prove(path, case)
    return path, expected


def _prove(path: Path, case: Case) -> None:
    """What was written is what another decoder finds: a writer's fault is no fault of ours."""
    if case.coding in LOSSY or case.pages == "focal planes" or case.planes in BY_PAGE:
        return
    with tifffile.TiffFile(path) as file:
        samples = file.pages[0].asarray()
    samples = np.moveaxis(samples, 0, 2) if case.planes == "separate" else samples
    assert np.array_equal(samples, _samples(case, film(1))), "tifffile reads it otherwise than it was written"


def _expected(case: Case) -> Expected:
    seeds = {"two fields": ((1, 120), (2, 120)), "two sizes": ((2, 100),)}.get(case.pages, ((1, 120),))
    expected = Expected([_look(case, film(seed, h)) for seed, h in seeds], mpp=_SCALES[case.scale][1])
    if case.profile in WIDE and case.planes not in ("grey", "white is 0", "palette"):
        expected.worst, expected.mean = 3, 1.2
        expected.says.append("converted to sRGB")
    if case.planes == "lab":
        expected.worst, expected.mean = 12, 3
    if case.planes == "ycbcr samples":  # rounded once more
        expected.worst, expected.mean = expected.worst + 4, expected.mean + 1
    if case.coding in LOSSY:
        expected.worst, expected.mean = 120, 4  # at edges of colour
    if case.profile == "broken":
        expected.says.append("was left out")
    if case.planes == "rgba":
        expected.says.append("transparent")
    if case.planes == "rgb + unsaid":
        expected.says.append("unstated meaning")
    if case.pages == "two fields":
        expected.says.append("fields")
    if case.pages == "label":
        expected.says.append("left out")
    if case.pages == "focal planes":
        expected.says.append("Focal plane 2 of 3, the sharpest")
    if case.pages == "two sizes":
        expected.choice = Choice(series=2)
    if case.scale == "contradiction":
        expected.says.append("It states 0.25 µm/px in OME-XML but 0.5")
    grey = case.planes in ("grey", "white is 0")
    refusals = []
    if case.scale == "oblong":
        refusals.append("across but")
    if case.bits == "32 integer":
        refusals.append("32 bits a sample")
    if grey and case.pages == "two fields" and not case.container.startswith("ome"):
        refusals.append("grey pages")
    if grey and case.pages == "focal planes":
        refusals.append("focal planes in grey")
    expected.refused = "|".join(refusals)
    return expected


def _look(case: Case, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if case.planes in ("grey", "white is 0"):
        grey = picture.mean(axis=2).astype(np.uint8)
        return np.stack([grey] * 3, axis=-1)
    look = in_srgb(picture, case.profile if case.planes not in ("palette",) else "none")
    if case.planes == "rgba":
        look = look.copy()
        look[CLEAR_FROM_ROW:] = 255
    return look


def _samples(case: Case, picture: NDArray[np.uint8]) -> NDArray[Any]:
    """As stored but for the place of the planes: (h, w) or (h, w, samples), turned."""
    samples: NDArray[Any] = picture
    if case.planes in ("grey", "white is 0"):
        samples = picture.mean(axis=2).astype(np.uint8)
    elif case.planes == "palette":
        samples = np.unique(picture.reshape(-1, 3), axis=0, return_inverse=True)[1].reshape(picture.shape[:2])
        samples = samples.astype(np.uint8)
    elif case.planes == "lab":
        to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        lab = ImageCms.applyTransform(Image.fromarray(picture), to_lab)
        assert lab is not None
        samples = np.asarray(lab)
    elif case.planes == "ycbcr samples":
        samples = np.asarray(Image.fromarray(picture).convert("YCbCr"))
    elif case.planes == "rgba":
        samples = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
        samples[CLEAR_FROM_ROW:, :, 3] = 0
    elif case.planes == "rgb + unsaid":
        samples = np.dstack([picture, picture[..., 0] // 2])
    if case.bits == "32 float":
        samples = (samples / 255).astype(np.float32)
    elif case.bits == "32 integer":
        samples = samples.astype(np.uint32) << 8
    elif case.depth > 8:
        samples = deep(samples, case.depth)
    if case.planes == "white is 0":
        samples = np.asarray((1 << max(8, case.depth)) - 1 - samples.astype(np.int64)).astype(samples.dtype)
    return turned(samples, case.orientation)


def _write(out: tifffile.TiffWriter, case: Case, samples: NDArray[Any], axes: dict[str, str] | None = None,
           sub: bool = False, **how: Any) -> None:  # fmt: skip
    prefix = axes["axes"] if axes else ""
    colours = samples.shape[-1] if samples.ndim - len(prefix) == 3 else 1
    in_planes = case.planes in ("separate", *BY_PAGE) and colours > 1
    if in_planes:
        samples = np.moveaxis(samples, -1, len(prefix))
    if case.planes == "bgr pages":
        samples = samples[..., ::-1, :, :] if not prefix else samples[:, ::-1]
    samples = np.ascontiguousarray(samples)
    how |= _TILINGS[case.tiling]
    coding = case.coding.removesuffix(" predicted")
    how |= deepcopy(_CODINGS.get(coding, {"compression": coding}))  # tifffile adds to what it is given
    if case.coding.endswith("predicted"):
        how["predictor"] = True
    scale, _ = _SCALES[case.scale]
    how |= scale
    tags: list[tuple[Any, ...]] = [(274, "H", 1, case.orientation, True)] if case.container != "imagej" else []
    if case.profile != "none":
        how["iccprofile"] = icc(case.profile)
    if case.bits.endswith("stated") and not case.container.startswith("ome"):
        tags.append((281, "H", 1, (1 << case.depth) - 1, True))
    if case.bits.endswith("packed"):
        how["bitspersample"] = case.depth
    if case.planes == "rgba":
        how["extrasamples"] = ["unassalpha"]
    elif case.planes == "rgb + unsaid":
        how["extrasamples"] = ["unspecified"]
    if case.planes == "palette":
        colours_of = np.unique(film(1).reshape(-1, 3), axis=0).astype(np.uint16) * 257
        map_ = np.zeros((3, 256), np.uint16)
        map_[:, : len(colours_of)] = colours_of.T
        how["colormap"] = map_
    kinds = {
        "grey": "minisblack",
        "white is 0": "miniswhite",
        "palette": "palette",
        "lab": "cielab",
        "ycbcr samples": "ycbcr",
    }
    how["photometric"] = "minisblack" if case.planes in BY_PAGE else kinds.get(case.planes, "rgb")
    if case.planes == "ycbcr samples":
        how["subsampling"] = (1, 1)
    if case.planes == "separate" and in_planes:
        how["planarconfig"] = "separate"
    if sub:
        how |= {"subfiletype": 1, "metadata": None}
    elif case.container == "imagej":
        how["metadata"] = {"axes": prefix + ("CYX" if in_planes else "YXS")}
        if case.planes == "pages":
            how["metadata"]["mode"] = "composite"
        if case.scale == "imagej":
            how |= {"resolution": (4, 4)}
            how["metadata"]["unit"] = "um"
    elif case.container.startswith("ome"):
        own = ("CYX" if case.planes in BY_PAGE else "SYX") if in_planes else "YXS" if colours > 1 else "YX"
        how["metadata"] = {"axes": prefix + own, **_STATED.get(case.scale, {})}
        if case.scale == "contradiction":
            how["metadata"] |= _STATED["ome µm"]
        if case.bits.endswith("stated"):
            how["metadata"]["SignificantBits"] = case.depth
        if case.planes == "bgr pages":
            how["metadata"]["Channel"] = {"Name": ["Blue", "Green", "Red"]}
    else:
        how["metadata"] = None
        words = [_APERIO] if case.container == "aperio" else []
        words += ["MPP = 0.25"] if case.scale == "text" else []
        if words:
            how["description"] = "|".join(words)
    out.write(samples, extratags=tags, **how)

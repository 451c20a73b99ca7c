"""Whole-slide DICOM, OME-Zarr and pyramids of stored JPEG tiles of the matrix; pydicom, zarr and tifffile say what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import tifffile
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from hemaview.wsi.sources.choice import SHARPEST, Choice
from tests.dicoms import write_dicom as written
from tests.tiffs import Dialect, halves, picture, write_tiff
from tests.wsi.matrix.cases import Case
from tests.wsi.matrix.looks import WIDE, Expected, film, half, icc, in_srgb, soft

_SYNTAXES = {
    "none": "1.2.840.10008.1.2.1", "implicit": "1.2.840.10008.1.2", "jpeg": "1.2.840.10008.1.2.4.50",
    "jpeg 422": "1.2.840.10008.1.2.4.50", "jpeg2000": "1.2.840.10008.1.2.4.90", "jpegls": "1.2.840.10008.1.2.4.80",
    "rle": "1.2.840.10008.1.2.5",
}  # fmt: skip
W, H = 512, 256


def write_dicom(case: Case, folder: Path) -> tuple[Path, Expected]:
    """A series of one instance, or two where it has a smaller level."""
    rgb, series = film(1, H, W), "1.2.826.0.1.3680043.8.498.27"
    path = _instance(case, folder / "made.dcm", rgb, series)
    if case.pages == "smaller pages":
        _instance(case, folder / "smaller.dcm", half(rgb), series)
    lossy = case.coding in ("jpeg", "jpeg 422")
    plane = _decoded(path)[1 if case.pages == "focal planes" else 0] if lossy else rgb
    expected = Expected([in_srgb(plane, case.profile)], 3, 0.6, mpp=None if case.scale == "none" else 0.25)
    if case.coding == "jpeg 422" and case.pages == "smaller pages":
        expected.worst, expected.mean = 60, 2  # each level is a JPEG of its own
    if case.profile in WIDE:
        expected.worst, expected.mean = 8, 2
        expected.says.append("converted to sRGB")
    if case.pages == "focal planes":
        expected.says.append("Focal plane 2 of 3, the sharpest")
        expected.choice = Choice(plane=SHARPEST)  # as `apps.slides.incoming` asks
    refusals = ["across but"] if case.scale == "oblong" else []
    refusals += ["in no fixed order"] if (case.tiling, case.planes) == ("sparse", "separate") else []
    expected.refused = "|".join(refusals)
    return path, expected


def _instance(case: Case, path: Path, rgb: NDArray[np.uint8], series: str) -> Path:
    planes = np.stack([soft(rgb, s) for s in (4, 0, 2)]) if case.pages == "focal planes" else rgb[None]
    written(path, np.ascontiguousarray(np.zeros((256, 256, 3), np.uint8)), series)
    data = pydicom.dcmread(path)
    side = 64 if case.tiling == "tiles 64" else 256
    h, w = planes.shape[1:3]
    tiles = [
        _padded(plane[y : y + side, x : x + side], side)
        for plane in planes for y in range(0, h, side) for x in range(0, w, side)
    ]  # fmt: skip
    data.Rows = data.Columns = side
    data.TotalPixelMatrixColumns, data.TotalPixelMatrixRows, data.NumberOfFrames = w, h, len(tiles)
    data.TotalPixelMatrixFocalPlanes = len(planes)
    data.PlanarConfiguration = 1 if case.planes == "separate" else 0
    data.PhotometricInterpretation = {
        "jpeg 422": "YBR_FULL_422", "jpeg2000": "YBR_RCT", "jpeg": "RGB",
    }.get(case.coding, "RGB")  # fmt: skip
    data.LossyImageCompression = "01" if case.coding.startswith("jpeg ") or case.coding == "jpeg" else "00"
    if case.profile in WIDE:
        data.OpticalPathSequence[0].ICCProfile = icc(case.profile)
    mm = 0.00025 * (W // w)
    measures = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.PixelSpacing = [mm * 2, mm] if case.scale == "oblong" else [mm, mm]
    data.ImagedVolumeWidth, data.ImagedVolumeHeight = w * mm, h * mm
    if case.scale in ("volume", "none"):
        del data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    if case.scale == "none":
        del data.ImagedVolumeWidth, data.ImagedVolumeHeight
    if case.tiling == "sparse":
        _sparse(data, w, side)
    frames = [_frame(case, tile) for tile in tiles]
    data.file_meta.TransferSyntaxUID = _SYNTAXES[case.coding]
    if case.coding in ("none", "implicit"):
        data.PixelData = b"".join(frames)
        data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", False
    else:
        data.PixelData = encapsulate(frames)
        data["PixelData"].is_undefined_length = True
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.save_as(path, enforce_file_format=True, implicit_vr=case.coding == "implicit", little_endian=True)
    return path


def _padded(tile: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    h, w = tile.shape[:2]
    return np.ascontiguousarray(np.pad(tile, ((0, side - h), (0, side - w), (0, 0)), mode="edge"))


def _sparse(data: Dataset, width: int, side: int) -> None:
    """Each frame says where it lies, and they lie from right to left (C.7.6.17.3)."""
    data.DimensionOrganizationType = "TILED_SPARSE"
    rows = []
    for i in range(int(data.NumberOfFrames)):
        across = width // side
        column, row = i % across, i // across
        place, one = Dataset(), Dataset()
        place.ColumnPositionInTotalImagePixelMatrix, place.RowPositionInTotalImagePixelMatrix = (
            column * side + 1,
            row * side + 1,
        )
        place.XOffsetInSlideCoordinateSystem = place.YOffsetInSlideCoordinateSystem = 0.0
        place.ZOffsetInSlideCoordinateSystem = 0.0
        one.PlanePositionSlideSequence = [place]
        rows.append(one)
    data.PerFrameFunctionalGroupsSequence = rows


def _frame(case: Case, tile: NDArray[np.uint8]) -> bytes:
    if case.coding in ("none", "implicit"):
        return (np.moveaxis(tile, 2, 0) if case.planes == "separate" else tile).tobytes()
    if case.coding == "jpeg":
        return bytes(imagecodecs.jpeg8_encode(tile, level=97, colorspace="RGB", outcolorspace="RGB"))
    if case.coding == "jpeg 422":
        return bytes(
            imagecodecs.jpeg8_encode(tile, level=97, colorspace="RGB", outcolorspace="YCBCR", subsampling="422")
        )
    if case.coding == "jpeg2000":
        return bytes(imagecodecs.jpeg2k_encode(tile, level=0, reversible=True, codecformat="j2k", mct=True))
    if case.coding == "jpegls":
        return bytes(imagecodecs.jpegls_encode(tile))
    from pydicom.pixels.encoders import RLELosslessEncoder

    return bytes(
        RLELosslessEncoder.encode(
            tile.tobytes(), index=0, rows=tile.shape[0], columns=tile.shape[1], samples_per_pixel=3, bits_allocated=8,
            bits_stored=8, pixel_representation=0, photometric_interpretation="RGB", number_of_frames=1,
            planar_configuration=0, transfer_syntax_uid=_SYNTAXES["rle"], encoding_plugin="pydicom",
        )
    )  # fmt: skip


def _decoded(path: Path) -> list[NDArray[np.uint8]]:
    """By focal plane, as pydicom decodes it."""
    data = pydicom.dcmread(path)
    tiles = pydicom.pixels.pixel_array(data, raw=False)
    tiles = tiles if tiles.ndim == 4 else tiles[None]
    across, down = (
        -(-int(data.TotalPixelMatrixColumns) // data.Columns),
        -(-int(data.TotalPixelMatrixRows) // data.Rows),
    )
    per = across * down
    planes = []
    for start in range(0, len(tiles), per):
        rows = [np.hstack(list(tiles[start + i : start + i + across])) for i in range(0, per, across)]
        planes.append(np.vstack(rows)[: int(data.TotalPixelMatrixRows), : int(data.TotalPixelMatrixColumns)])
    return planes


_UNITS = {
    "none": (None, 1.0),
    "ome µm": ("micrometer", 0.25),
    "ome nm": ("nanometer", 250.0),
    "ome mm": ("millimeter", 2.5e-4),
}


def write_zarr(case: Case, folder: Path) -> tuple[Path, Expected]:
    """A folder of NGFF 0.4 (Zarr 2) or 0.5 (Zarr 3)."""
    import zarr

    path, rgb = folder / "made.zarr", film(1)
    group = zarr.open_group(str(path), mode="w", zarr_format=3 if case.container == "zarr 3" else 2)
    unit, size = _UNITS[case.scale]
    channels = [{"label": n, "color": c} for n, c in (("Red", "FF0000"), ("Green", "00FF00"), ("Blue", "0000FF"))]
    if case.planes == "bgr":
        channels.reverse()

    def put(where: Any, picture: NDArray[np.uint8]) -> None:
        planes = np.stack([soft(picture, s) for s in (4, 0, 2)]) if case.pages == "focal planes" else picture[None]
        names = "yxc" if case.planes == "channels last" else "czyx" if len(planes) > 1 else "cyx"
        full = (
            planes[0]
            if names == "yxc"
            else np.moveaxis(planes, 3, 0)
            if names == "czyx"
            else np.moveaxis(planes[0], 2, 0)
        )
        full = full[::-1] if case.planes == "bgr" else full
        steps = (1, 2) if case.pages == "smaller pages" else (1,)
        datasets = []
        for number, step in enumerate(steps):
            cut = tuple(slice(None, None, step) if a in "xy" else slice(None) for a in names)
            side = (64, 64) if case.tiling == "tiles 64" else (80, 48)
            chunks = tuple({"y": side[0], "x": side[1]}.get(a, full.shape[i]) for i, a in enumerate(names))
            one = where.create_array(str(number), shape=full[cut].shape, dtype="uint8", chunks=chunks)
            one[...] = full[cut]
            scale = [size * step if a in "xy" else 1.0 for a in names]
            datasets.append({"path": str(number), "coordinateTransformations": [{"type": "scale", "scale": scale}]})
        kinds = {"c": "channel"}
        axes = [
            {"name": a, "type": kinds.get(a, "space"), **({"unit": unit} if unit and a in "xyz" else {})} for a in names
        ]
        metadata = {
            "multiscales": [{"axes": axes, "datasets": datasets, "version": "0.4"}],
            "omero": {"channels": channels},
        }
        where.attrs.update({"ome": {"version": "0.5", **metadata}} if case.container == "zarr 3" else metadata)

    expected = Expected([rgb], mpp=0.25 if unit else None)
    if case.pages == "two images":
        for number, seed in enumerate((2, 1)):
            put(group.create_group(str(number)), film(seed))
        expected.choice = Choice(series=2)
    else:
        put(group, rgb)
    if case.pages == "focal planes":
        expected.says.append("Focal plane 2 of 3, the sharpest")
    return path, expected


def write_scan(case: Case, folder: Path) -> tuple[Path, Expected]:
    """A pyramid of JPEG tiles written byte by byte."""
    path, rgb = folder / "made.tif", picture(700, 500)
    sparse = (1,) if case.pages == "sparse" else ()
    how = Dialect(
        rgb=case.planes == "rgb without conversion", quality=94, subsampling=case.coding,
        tile=int(case.tiling.split()[1]), big=case.container.startswith("big"),
        order=">" if ">" in case.container else "<", tables_in_file=case.profile == "tables in file", sparse=sparse,
    )  # fmt: skip
    write_tiff(path, halves(rgb, 2 if case.pages == "smaller pages" else 0), how)
    with tifffile.TiffFile(path) as file:
        decoded = file.pages[0].asarray()
    if sparse:
        side = how.tile
        decoded = decoded.copy()
        decoded[:side, side : 2 * side] = 255
    expected = Expected([np.asarray(decoded)], worst=6, mean=0.6)
    if case.pages == "smaller pages":
        expected.worst, expected.mean = 200, 40  # smaller levels are of their own coding; level 0 decides
    return path, expected

"""Whole-slide DICOM that a test writes: one level of JPEG frames, as small as openslide takes it (PS3.3 A.32.8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, generate_uid

SIDE = 256


def write_dicom(
    path: Path, rgb: NDArray[np.uint8], series: str, mpp: float = 0.25, step_um: float | None = None, **facts: Any
) -> Path:
    """`rgb` (sides multiples of SIDE) as one VOLUME instance of `series`; `facts` are further attributes by keyword.

    A stack (planes, height, width, 3) becomes that many focal planes, `step_um` from each other.
    """
    planes = rgb[None] if rgb.ndim == 3 else rgb
    height, width = planes.shape[1:3]
    frames = [
        simplejpeg.encode_jpeg(
            np.ascontiguousarray(plane[y : y + SIDE, x : x + SIDE]), quality=95, colorsubsampling="422"
        )
        for plane in planes
        for y in range(0, height, SIDE)
        for x in range(0, width, SIDE)
    ]
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.77.1.6", generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = generate_uid(entropy_srcs=[series, "study"]), series
    data.Modality, data.SeriesNumber, data.InstanceNumber, data.FrameOfReferenceUID = "SM", 1, 1, "1.2.3.4.5"
    data.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    data.DimensionOrganizationType, data.PhotometricInterpretation = "TILED_FULL", "YBR_FULL_422"
    data.SamplesPerPixel, data.PlanarConfiguration, data.NumberOfFrames = 3, 0, len(frames)
    data.Rows, data.Columns, data.BitsAllocated, data.BitsStored, data.HighBit = SIDE, SIDE, 8, 8, 7
    data.PixelRepresentation, data.LossyImageCompression = 0, "01"
    data.TotalPixelMatrixColumns, data.TotalPixelMatrixRows = width, height
    data.ImagedVolumeWidth, data.ImagedVolumeHeight = width * mpp / 1000, height * mpp / 1000
    data.NumberOfOpticalPaths, data.TotalPixelMatrixFocalPlanes = 1, len(planes)
    light = Dataset()
    light.OpticalPathIdentifier = "1"
    data.OpticalPathSequence = [light]
    measures, kind, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [mpp / 1000, mpp / 1000], 0.001
    if step_um is not None:
        measures.SpacingBetweenSlices = step_um / 1000
    kind.FrameType = data.ImageType
    shared.PixelMeasuresSequence, shared.WholeSlideMicroscopyImageFrameTypeSequence = [measures], [kind]
    data.SharedFunctionalGroupsSequence = [shared]
    for keyword, value in facts.items():
        setattr(data, keyword, value)
    data.PixelData = encapsulate(frames)
    data["PixelData"].is_undefined_length = True
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    data.save_as(path, enforce_file_format=True)
    return path

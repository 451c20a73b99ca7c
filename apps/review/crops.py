"""Pictures of single cells, under the same colour policy as the tiles."""

from __future__ import annotations

from apps.analysis.models import Job
from apps.slides.tiles import opened
from hemaview.wsi.deepzoom import encode_jpeg

CROP_SHARE = 1.6
LEAST_UM = 12.0


def crop_jpeg(job: Job, x: float, y: float, w: float, h: float, out_px: int) -> bytes:
    """A square around the cell, 1.6 times its box and at least 12 µm, as JPEG of out_px; may raise SlideError."""
    slide = job.slide
    mpp = job.mpp or slide.mpp or 0.25
    side = max(CROP_SHARE * max(w, h), LEAST_UM / mpp)
    with opened(slide) as (reader, icc):
        rgb = reader.read_scaled(x - side / 2, y - side / 2, side, side, out_px, out_px)
    return encode_jpeg(rgb, quality=88, icc=icc)

"""Slides: open, read a region, Deep Zoom, import of camera fields, synthetic films."""

from hemaview.wsi.errors import OutOfBounds, SlideError, TooLarge, Unreadable, Unsupported
from hemaview.wsi.limits import Limits
from hemaview.wsi.slide import Level, Slide, open_slide

__all__ = [
    "Level",
    "Limits",
    "OutOfBounds",
    "Slide",
    "SlideError",
    "TooLarge",
    "Unreadable",
    "Unsupported",
    "open_slide",
]

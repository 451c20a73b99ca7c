"""A slide's pixels for Django's own pictures (Deep Zoom, thumbnails, crops, reports): open readers, one colour policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from apps.slides.models import Slide
from hemaview.wsi.colour import Colour
from hemaview.wsi.readers import ReaderCache
from hemaview.wsi.slide import Slide as ReadableSlide

readers = ReaderCache()


@contextmanager
def opened(slide: Slide) -> Iterator[tuple[ReadableSlide, bytes]]:
    """The open slide under its colour option, and the profile to send along with pictures of it (mostly b"").

    Raises SlideError.
    """
    with readers.reader(slide.file, slide.colour) as reader:
        yield reader, reader.icc if slide.colour == Colour.CARRIED else b""


@contextmanager
def low_levels(slide: Slide) -> Iterator[ReadableSlide | None]:
    """The side pyramid with the levels that the file lacks, or None; its pixels are as stored."""
    if not slide.side_pyramid:
        yield None
        return
    with readers.reader(slide.side_pyramid_file) as low:
        yield low

"""Camera fields as one slide: each picture as it looks, laid out on a white sheet, nothing resampled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyvips
from numpy.typing import NDArray

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.contents import kind_of_bytes
from hemaview.wsi.errors import Unsupported
from hemaview.wsi.picture import describe, read_pictures
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from hemaview.wsi.sources.source import Facts, Level, Source

GAP_PX = 32


class PictureSource(Source):
    """The pictures of one file, in memory."""

    def __init__(self, blob: Blob, choice: Choice = NO_CHOICE) -> None:
        from hemaview.wsi.fields import layout, sheet_of

        kind = kind_of_bytes(blob.read(0, 512), blob.title)
        self._what = describe(blob, blob.title, kind, choice)
        pictures = read_pictures(blob, blob.title, kind, choice=choice)
        if not pictures:
            raise Unsupported(gettext("{title} holds no picture.").format(title=blob.title))
        self._blob, self._notes = blob, tuple(note for picture in pictures for note in picture.notes)
        if len(pictures) == 1:
            self._sheet: pyvips.Image = pictures[0].image
        else:
            width, height, corners = layout([(p.image.width, p.image.height) for p in pictures])
            self._sheet = sheet_of([p.image for p in pictures], corners, width, height).copy_memory()
        self.levels = (Level(self._sheet.width, self._sheet.height, 1.0),)

    @property
    def facts(self) -> Facts:
        size = self._what.size
        stated = ((size.um_x, size.um_y), size.source) if size else (None, "")
        return Facts("camera fields", stated[0], stated[1], notes=self._notes, focal_planes=len(self._what.planes))

    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        out = np.zeros((height_px, width_px, 4), np.uint8)
        x, y = max(0, l0_x), max(0, l0_y)
        w = min(l0_x + width_px, self._sheet.width) - x
        h = min(l0_y + height_px, self._sheet.height) - y
        if w > 0 and h > 0:
            part = out[y - l0_y : y - l0_y + h, x - l0_x : x - l0_x + w]
            part[..., :3] = self._sheet.crop(x, y, w, h).numpy()[..., ::-1]
            part[..., 3] = 255
        return out

    def files(self) -> Sequence[Blob]:
        return [self._blob]

    def close(self) -> None:
        """Pictures go with the last reference to them."""

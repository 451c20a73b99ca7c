"""A region put together from the tiles of a level, with few decoded ones kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hemaview.wsi.sources.source import Level

Tile = NDArray[np.uint8]
KEPT_BYTES = 64 * 1024**2


class TileCache:
    """Decoded tiles, least recently used first out."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._tiles: OrderedDict[tuple[int, int, int], Tile | None] = OrderedDict()
        self._lock, self._bytes, self._most = threading.Lock(), 0, most_bytes

    def tile(self, key: tuple[int, int, int], make: Callable[[], Tile | None]) -> Tile | None:
        """The tile (level, column, row) as uint8 (h, w, 3), made where it is not kept; None where the file has none."""
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        tile = make()
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = tile
                self._bytes += tile.nbytes if tile is not None else 0
            while self._bytes > self._most and len(self._tiles) > 1:
                gone = self._tiles.popitem(last=False)[1]
                self._bytes -= gone.nbytes if gone is not None else 0
        return tile


def region(
    level: Level,
    tile_px: tuple[int, int],
    l0_corner: tuple[int, int],
    size_px: tuple[int, int],
    tile: Callable[[int, int], Tile | None],
) -> NDArray[np.uint8]:
    """uint8 (h, w, 4), premultiplied BGRA of a region; `tile(column, row)` gives RGB of a tile or None.

    Corner in level-0 px, sizes in px of the level. Tiles may be padded beyond the level's edge; the padding is cut.
    """
    (tile_w, tile_h), (w, h) = tile_px, size_px
    x0, y0 = round(l0_corner[0] / level.downsample), round(l0_corner[1] / level.downsample)
    out = np.zeros((h, w, 4), np.uint8)
    x1, y1 = min(x0 + w, level.width_px), min(y0 + h, level.height_px)
    for row in range(max(0, y0) // tile_h, -(-y1 // tile_h)):
        for column in range(max(0, x0) // tile_w, -(-x1 // tile_w)):
            rgb = tile(column, row)
            if rgb is None:
                continue
            left, top = column * tile_w, row * tile_h
            a, b = max(x0, left, 0), max(y0, top, 0)
            c, d = min(x1, left + rgb.shape[1]), min(y1, top + rgb.shape[0])
            if a < c and b < d:
                part = out[b - y0 : d - y0, a - x0 : c - x0]
                part[..., :3] = rgb[b - top : d - top, a - left : c - left, ::-1]
                part[..., 3] = 255
    return out


def spread(columns: int, rows: int, most: int = 3) -> list[tuple[int, int]]:
    """Up to most × most tiles (column, row) spread over a grid."""
    across = sorted({round(v) for v in np.linspace(0, columns - 1, min(most, columns))})
    down = sorted({round(v) for v in np.linspace(0, rows - 1, min(most, rows))})
    return [(c, r) for r in down for c in across]

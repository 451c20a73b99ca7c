"""An ICC profile made of what a file says in other words: primaries, white and the exponent of its curve (ICC.1:2010, 8.3)."""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
SRGB: tuple[Point, Point, Point, Point] = ((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
"""White, red, green and blue of sRGB as x, y (IEC 61966-2-1)."""
ADOBE_RGB: tuple[Point, Point, Point, Point] = ((0.3127, 0.3290), (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
"""Those of Adobe RGB (1998), whose exponent is 563 / 256."""
ADOBE_EXPONENT = 563 / 256
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@lru_cache(maxsize=8)
def matrix_profile(points: tuple[Point, Point, Point, Point], exponent: float, name: str) -> bytes:
    """A profile of RGB with white, red, green and blue at `points` (x, y) and samples raised to `exponent`.

    Raises ValueError for points that span no colours.
    """
    columns = _primaries(points)
    if not np.isfinite(columns).all() or not 0.2 <= exponent <= 5:
        raise ValueError("no colours")
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256)) + bytes(2)
    text = name.encode("ascii", "replace")
    described = b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + bytes(1 + 78)
    described += bytes(-len(described) % 4)
    rights = b"text" + bytes(4) + b"No copyright\0"
    rights += bytes(-len(rights) % 4)
    parts = {
        b"desc": described, b"cprt": rights, b"wtpt": _xyz(_D50), b"rXYZ": _xyz(columns[:, 0]), b"gXYZ": _xyz(columns[:, 1]),
        b"bXYZ": _xyz(columns[:, 2]), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }  # fmt: skip
    table, body = b"", b""
    start = 128 + 4 + 12 * len(parts)
    for tag, data in parts.items():
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(_D50) + bytes(48)
    return head + struct.pack(">I", len(parts)) + table + body


def _primaries(points: tuple[Point, Point, Point, Point]) -> NDArray[np.float64]:
    """Columns: XYZ of red, green and blue seen under D50 (Bradford)."""
    if any(y <= 0 or not 0 <= x <= 1 for x, y in points):
        raise ValueError("no colours")
    white, *rgb = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in points)
    try:
        columns = np.column_stack(rgb)
        columns = columns * np.linalg.solve(columns, white)
        cones = _BRADFORD @ white
        adapt = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ _D50) / cones) @ _BRADFORD
    except np.linalg.LinAlgError as error:
        raise ValueError("no colours") from error
    return np.asarray(adapt @ columns)


def _fixed(values: NDArray[np.float64]) -> bytes:
    return struct.pack(">3i", *(round(float(v) * 65536) for v in values))


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)

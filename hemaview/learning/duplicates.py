"""Refuse data whose sides share pictures: a near-duplicate of a test picture in train makes every score a lie."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.learning import data

SIDES = ("train", "val", "test")
BITS = 256
NEAR_BITS = 20
"""Of 256 bits of the difference hash; pairs this near are looked at again as small grey pictures."""
NEAR_GREY = 6.0
"""Mean difference of 32 × 32 px grey pictures, in grey levels, up to which two pictures are the same."""


def refuse_shared(root: Path, names: tuple[str, ...], cache: Path | None = None) -> None:
    """Raise DataError naming the first pair of near-duplicates that lie on two sides of a set.

    What was looked at once is remembered in `cache`, by the listings of the sides.
    """
    for name in names:
        if data.drawn(name):
            continue
        sides = [s for s in SIDES if data.has(root, name, s)]
        if len(sides) < 2:
            continue
        listing = b"".join((root / name / s / "labels.csv").read_bytes() for s in sides)
        seen = cache / f"{name}-sides-{hashlib.sha256(listing).hexdigest()[:12]}.ok" if cache else None
        if seen is not None and seen.exists():
            continue
        looks = {s: _looks(root, name, s) for s in sides}
        for i, one in enumerate(sides):
            for other in sides[i + 1 :]:
                pair = shared(*looks[one], *looks[other])
                if pair is not None:
                    a, b = data.files(root, name, one)[pair[0]], data.files(root, name, other)[pair[1]]
                    raise data.DataError(
                        f"{name} shows the same picture on two sides: {one}/{a} and {other}/{b}; take one out."
                    )
        if seen is not None:
            seen.parent.mkdir(parents=True, exist_ok=True)
            seen.touch()


def shared(
    hashes: NDArray[np.uint8], greys: NDArray[np.float32], others: NDArray[np.uint8], other_greys: NDArray[np.float32]
) -> tuple[int, int] | None:
    """The first pair (row of hashes, row of others) of the same picture, or None. Hashes are packed uint8 (n, 32)."""
    ones = np.array([bin(i).count("1") for i in range(256)], np.uint8)
    for row, own in enumerate(hashes):
        distance = ones[others ^ own].sum(axis=1, dtype=np.int32)
        for near in np.flatnonzero(distance <= NEAR_BITS):
            if float(np.abs(greys[row] - other_greys[near]).mean()) <= NEAR_GREY:
                return row, int(near)
    return None


def look(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(difference hash as packed uint8 (32,), grey float32 (32, 32)) of a picture uint8 (H, W, 3)."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (17, 16), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = small[:, 1:] > small[:, :-1]
    return np.packbits(bits.ravel()), cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)


def _looks(root: Path, name: str, side: str) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    found = [look(data.image(root, name, side, file)) for file in data.files(root, name, side)]
    return np.stack([h for h, _ in found]), np.stack([g for _, g in found])

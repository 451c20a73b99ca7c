"""What an incoming file may cost before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the child process that first opens an uploaded file, and of what it may hold."""

    max_bytes: int = 20 * 1024**3
    max_pixels: int = 40_000_000_000
    max_side_px: int = 1_000_000
    max_image_pixels: int = 200_000_000
    max_images: int = 2_000
    memory_bytes: int = 3 * 1024**3
    cpu_seconds: int = 60
    wall_seconds: int = 90

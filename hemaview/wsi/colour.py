"""One colour policy for tile, thumbnail, gallery and model.

A slide's pixels are taken as stored; what happens to an embedded ICC profile is the slide's option, and every reader
of the slide follows it. Transparent pixels are put on white.
"""

from __future__ import annotations

import io
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from hemaview.words import gettext, gettext_noop

CARRIED_AT_MOST = 8 * 1024
"""A profile of more bytes is not put into every tile unless somebody asks for it: it would weigh as much as the tile."""


LEFT_OUT = gettext_noop("Its colour profile is damaged or does not fit this kind of picture, and was left out.")
_LONGEST_NAME = 80


class Colour(StrEnum):
    """What happens to the profile: left out, sent along for the browser to apply, or applied here (sRGB)."""

    STORED = "stored"
    CARRIED = "carried"
    APPLIED = "applied"


_POLICIES = {
    Colour.STORED: "as-stored-srgb/1",
    Colour.CARRIED: "as-stored-icc-carried/1",
    Colour.APPLIED: "icc-applied-srgb/1",
}


def policy(colour: str) -> str:
    """The policy's name as jobs and cards record it. A model sees the same numbers under `stored` and `carried`."""
    return _POLICIES[Colour(colour)]


def colour_of(name: str) -> Colour:
    """The option under a policy's name; stored for a name that is not known."""
    return next((colour for colour, policy_name in _POLICIES.items() if policy_name == name), Colour.STORED)


def default_for(icc: bytes) -> Colour:
    """Carried where the file has a small profile, else as stored."""
    return Colour.CARRIED if 0 < len(icc) <= CARRIED_AT_MOST else Colour.STORED


def to_srgb(rgb: NDArray[np.uint8], icc: bytes) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) in the profile's space to sRGB, perceptual intent; unchanged where the profile cannot be used."""
    transform = _transform(icc)
    if transform is None:
        return rgb
    changed = ImageCms.applyTransform(Image.fromarray(rgb), transform)
    return rgb if changed is None else np.asarray(changed)


def usable(icc: bytes) -> bool:
    """Whether the profile describes RGB pixels and can be read."""
    return bool(icc) and _transform(icc) is not None


def profile_name(icc: bytes) -> str:
    """What a profile calls itself, on one line, "" where it has no name; raises ValueError where it cannot be read."""
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc)))
    except (OSError, ImageCms.PyCMSError) as error:
        raise ValueError("no profile") from error
    return " ".join(name.split())[:_LONGEST_NAME]


def brought_from(name: str) -> str:
    """The sentence about colours that were changed."""
    if not name:
        return gettext("Its colours were converted to sRGB from a profile without a name.")
    return gettext("Its colours were converted to sRGB from the profile {name}.").format(name=name)


@lru_cache(maxsize=8)
def _transform(icc: bytes) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except (OSError, ImageCms.PyCMSError, ValueError):
        return None

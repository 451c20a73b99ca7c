"""A profile that goes out with tiles gives the same colours and says nothing of devices, people or dates."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ImageCms

from hemaview.wsi.colour import profile_name, to_srgb, usable
from hemaview.wsi.iccwords import without_words
from tests.wsi.matrix.looks import film, icc

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def with_serial(profile: bytes) -> bytes:
    """The profile with a device's serial number where its words are."""
    for words in (b"wide", b"none", "sRGB".encode("utf-16-be")):
        profile = profile.replace(words, b"SN42"[: len(words)].ljust(len(words), b"2"))
    return profile


@pytest.mark.parametrize(
    "profile", [icc("p3"), icc("swapped"), SRGB], ids=["version 2", "other primaries", "version 4"]
)
def test_colours_stay_and_words_go(profile: bytes) -> None:
    spoken = with_serial(profile)
    assert b"SN42" in spoken and usable(spoken)
    silent = without_words(spoken)
    assert b"SN42" not in silent and len(silent) <= len(spoken) + 64
    assert np.array_equal(to_srgb(film(), silent), to_srgb(film(), spoken))
    assert profile_name(silent) == "Slide"
    assert ImageCms.ImageCmsProfile(io.BytesIO(silent)).profile.manufacturer is None


@pytest.mark.parametrize("broken", [b"", b"no profile at all", SRGB[:140], SRGB[:128] + b"\xff" * 40])
def test_what_is_no_profile_stays_what_it_is(broken: bytes) -> None:
    assert without_words(broken) == broken

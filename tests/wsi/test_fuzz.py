"""Our own parsers over broken bytes: they answer or raise a sentence, whatever comes; nothing else, and in bounded time.

`make prove` tries a million inputs (HEMAVIEW_FUZZ_INPUTS changes that); each failure prints its seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pydicom
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from hemaview.blobs import Blob, Blobs, NoBlob
from hemaview.wsi import jpegstream
from hemaview.wsi.contents import kind_of_bytes
from hemaview.wsi.describe import describe_tiff
from hemaview.wsi.errors import SlideError
from hemaview.wsi.iccwords import without_words
from hemaview.wsi.jpeglevels import StoredLevel, stored_levels
from hemaview.wsi.omexml import read_ome
from hemaview.wsi.sources import dicomframes
from hemaview.wsi.sources.mrxs import missing_files
from hemaview.wsi.tiff import check_tiff
from tests.dicoms import write_dicom
from tests.tiffs import Dialect, halves, picture, write_tiff
from tests.wsi.matrix.looks import icc

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
INPUTS = int(os.environ.get("HEMAVIEW_FUZZ_INPUTS", "1000000"))
IN_TEST = 400


class Memory(Blobs):
    """One file in memory."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def size(self, name: str) -> int:
        if name != "s":
            raise NoBlob(name)
        return len(self.raw)

    def read(self, name: str, offset: int = 0, count: int | None = None) -> bytes:
        self.size(name)
        return self.raw[offset : None if count is None else offset + count]

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        raise OSError("for reading")

    def delete(self, name: str) -> None:
        raise OSError("for reading")

    def names(self, prefix: str = "") -> Iterator[str]:
        yield "s"


def answered(use: Callable[[], object]) -> None:
    """Whatever it answers is right here, and so is a refusal in one sentence."""
    message = "."
    try:
        use()
    except SlideError as error:
        message = error.message
    assert message.endswith("."), message


def tiff(raw: bytes) -> None:
    blob = Blob(Memory(raw), "s")
    answered(lambda: check_tiff(blob, 10**6, 10**10))
    answered(lambda: describe_tiff(blob, "s.tif"))
    levels(blob)


def levels(blob: Blob) -> None:
    for level in stored_levels(blob):
        if isinstance(level, StoredLevel):
            answered(partial(level.tile, level.columns - 1, level.rows - 1))


def jpeg(raw: bytes) -> None:
    answered(lambda: jpegstream.header(raw))
    answered(lambda: jpegstream.prefix(raw[: len(raw) // 3], raw, True))


def dicom(raw: bytes) -> None:
    blob = Blob(Memory(raw), "s")
    for image in dicomframes.images_of(blob):
        answered(partial(dicomframes.native, image))
        answered(partial(dicomframes.encapsulated, image, image.frames))
    levels(blob)


def texts(raw: bytes) -> None:
    answered(lambda: read_ome(raw, "s.tif"))
    answered(lambda: missing_files(["a"], raw))
    answered(lambda: kind_of_bytes(raw[:512], "s"))


def profile(raw: bytes) -> None:
    answered(lambda: without_words(raw))


PARSERS: dict[str, Callable[[bytes], None]] = {
    "tiff": tiff, "jpeg": jpeg, "dicom": dicom, "texts": texts, "profile": profile,
}  # fmt: skip


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Small sound files of each kind, to be broken."""
    folder = tmp_path_factory.mktemp("seeds")
    path, small = folder / "s", picture(96, 64)
    tiffs = []
    for how in (Dialect(tile=32), Dialect(tile=32, big=True, order=">", tables_in_file=False, rgb=True)):
        write_tiff(path, halves(small, 1), how)
        tiffs.append(path.read_bytes())
    for axes in ("ZCYX", "CYX"):
        shape = (2, 3, 16, 16)[-len(axes) :]
        tifffile.imwrite(
            folder / "o.ome.tif", np.full(shape, 200, np.uint8), photometric="minisblack", metadata={"axes": axes}
        )
        tiffs.append((folder / "o.ome.tif").read_bytes())
    tifffile.imwrite(folder / "i.tif", np.full((3, 16, 16), 200, np.uint8), imagej=True, metadata={"axes": "CYX"})
    tiffs.append((folder / "i.tif").read_bytes())
    how: dict[str, Any] = {"photometric": "ycbcr", "subsampling": (1, 1), "metadata": None}
    tifffile.imwrite(folder / "y.tif", np.full((16, 16, 3), 128, np.uint8), **how)
    plane = {"PositionX": [1.0], "PositionY": [2.0], "PositionXUnit": ["µm"], "PositionYUnit": ["mm"]}
    how = {
        "photometric": "rgb",
        "metadata": {"axes": "YXS", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2, "Plane": plane},
    }
    tifffile.imwrite(folder / "p.ome.tif", np.full((16, 16, 3), 200, np.uint8), **how)
    tiffs += [(folder / name).read_bytes() for name in ("y.tif", "p.ome.tif")]
    import simplejpeg

    stream = bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(small[:32, :32]), quality=80))
    origin = pydicom.Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 12.5, 30.0
    facts = {"TotalPixelMatrixOriginSequence": [origin], "ImageOrientationSlide": [0, -1, 0, -1, 0, 0]}
    write_dicom(path, np.zeros((256, 256, 3), np.uint8), "1.2.3", **facts)
    xml = tifffile.tiffcomment(folder / "o.ome.tif").encode()
    ini = b"[DATAFILE]\nFILE_COUNT = 2\nFILE_0 = a\nFILE_1 = b\n[HIERARCHICAL]\nINDEXFILE = Index.dat\n"
    return {
        "tiff": tiffs,
        "jpeg": [stream],
        "dicom": [path.read_bytes()],
        "texts": [xml, ini],
        "profile": [icc("p3"), icc("srgb")],
    }


def broken(raw: bytes, rng: random.Random) -> bytes:
    """The bytes with a few changes: bits, numbers at their limits, parts cut, doubled or moved."""
    out = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(max(1, len(out)))
        head = rng.randrange(max(1, min(len(out), 700)))  # most of what decides stands at the beginning
        at = rng.choice((at, head))
        what = rng.randrange(6)
        if what == 0 and out:
            out[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            n = rng.choice((1, 2, 4, 8))
            limit = rng.choice((0, 1, 2 ** (8 * n - 1) - 1, 2 ** (8 * n - 1), 2 ** (8 * n) - 1))
            out[at : at + n] = limit.to_bytes(n, rng.choice(("little", "big")))
        elif what == 2:
            del out[at:]
        elif what == 3:
            out[at:at] = out[at : at + rng.randrange(64)]
        elif what == 4:
            del out[at : at + rng.randrange(1, 32)]
        else:
            out[at : at + 4] = rng.randbytes(4)
    return bytes(out)


def attack(name: str, seeds: list[bytes], inputs: int) -> None:
    for seed in range(inputs):
        rng = random.Random(seed)
        raw = broken(rng.choice(seeds), rng)
        try:
            PARSERS[name](raw)
        except Exception as error:
            raise AssertionError(f"{name}, input {seed}: {type(error).__name__}: {error}") from error


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_broken_files_are_answered_or_refused(name: str, seeds: dict[str, list[bytes]]) -> None:
    attack(name, seeds[name], IN_TEST)


@pytest.mark.prove
@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_million_broken_files_are_answered_or_refused(name: str, seeds: dict[str, list[bytes]]) -> None:
    attack(name, seeds[name], INPUTS // len(PARSERS))


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_any_bytes_are_answered_or_refused(name: str) -> None:
    heads = st.sampled_from(
        [b"", b"II*\0\x08\0\0\0", b"MM\0+\0\x08\0\0", b"\xff\xd8\xff", b"\0" * 128 + b"DICM", b"<OME"]
    )

    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(heads, st.binary(max_size=400))
    def any_bytes(head: bytes, rest: bytes) -> None:
        PARSERS[name](head + rest)

    any_bytes()

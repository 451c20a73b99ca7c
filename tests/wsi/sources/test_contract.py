"""What every source of slides must do, also those that packages bring: add a case of the new one to `CASES`."""

from __future__ import annotations

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from hemaview.blobs import Blob, Blobs, NoBlob, blob_of, check_name
from hemaview.wsi.errors import SlideError
from hemaview.wsi.sources import dicom, openslidefile, pictures, tiledtiff
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from hemaview.wsi.sources.registry import open_source, source_kinds
from hemaview.wsi.sources.source import Source
from tests.dicoms import write_dicom
from tests.tiffs import Dialect, halves, picture, write_tiff

SERIES = "1.2.826.0.1.3680043.8.498.7"
W, H = 601, 403


def scene() -> NDArray[np.uint8]:
    return picture(W, H)


def jpeg_tiff(folder: Path) -> Path:
    write_tiff(folder / "s.tif", halves(scene(), 1), Dialect(rgb=True, quality=95, subsampling="444"))
    return folder / "s.tif"


def planar_pyramid(folder: Path) -> Path:
    with tifffile.TiffWriter(folder / "s.ome.tif") as out:
        how: dict[str, Any] = {
            "tile": (128, 128),
            "photometric": "rgb",
            "planarconfig": "separate",
            "compression": "deflate",
        }
        out.write(np.moveaxis(scene(), 2, 0), subifds=1, metadata={"axes": "SYX", "PhysicalSizeX": 0.25}, **how)
        out.write(np.moveaxis(scene()[::2, ::2], 2, 0), subfiletype=1, **how)
    return folder / "s.ome.tif"


def twelve_bits(folder: Path) -> Path:
    deep = scene().astype(np.uint16) << 4
    deep[0, 0] = 4095
    tifffile.imwrite(folder / "s.tif", deep, tile=(128, 128), photometric="rgb", compression="zlib", predictor=True)
    return folder / "s.tif"


def series(folder: Path) -> Path:
    return write_dicom(folder / "s.dcm", picture(768, 512), SERIES)


def png(folder: Path) -> Path:
    Image.fromarray(scene()).save(folder / "s.png")
    return folder / "s.png"


def zeiss(folder: Path) -> Path:
    from pylibCZIrw import czi

    with czi.create_czi(str(folder / "s.czi")) as out:
        out.write(data=np.ascontiguousarray(scene()[..., ::-1]), plane={"C": 0}, location=(100, 50), scene=0)
        out.write_metadata(document_name="film", scale_x=0.25e-6, scale_y=0.25e-6)
    return folder / "s.czi"


def read_by_libczi(blob: Blob, choice: Choice) -> Source:
    from hemaview.wsi.sources.czi import CziSource

    return CziSource(blob, choice)


@dataclass(frozen=True)
class Case:
    """One source with a file of it: how far its pixels may be from the second decoder's, by the worst sample."""

    opens: Callable[[Blob, Choice], Source]
    write: Callable[[Path], Path]
    truth: Callable[[Path], NDArray[np.generic]]
    worst: int
    local_only: bool = False
    levels: int = 1


def by_tifffile(path: Path) -> NDArray[np.generic]:
    pixels = tifffile.imread(path, key=0)
    return np.moveaxis(pixels, 0, 2) if pixels.shape[0] == 3 else pixels


def by_pydicom(path: Path) -> NDArray[np.generic]:
    import pydicom

    data = pydicom.dcmread(path)
    tiles = pydicom.pixels.pixel_array(data, raw=False)
    across = data.TotalPixelMatrixColumns // data.Columns
    rows = [np.hstack(list(tiles[i : i + across])) for i in range(0, len(tiles), across)]
    return np.vstack(rows)


CASES = {
    "openslide": Case(openslidefile.OpenSlideSource, jpeg_tiff, by_tifffile, 2, local_only=True, levels=2),
    "openslide, dicom": Case(openslidefile.OpenSlideSource, series, by_pydicom, 4, local_only=True),
    "tiled tiff": Case(tiledtiff.TiledTiffSource, jpeg_tiff, by_tifffile, 2),
    "planes with subifds": Case(tiledtiff.TiledTiffSource, planar_pyramid, by_tifffile, 0, levels=2),
    "twelve bits": Case(tiledtiff.TiledTiffSource, twelve_bits, lambda p: by_tifffile(p) >> 4, 0),
    "dicom": Case(dicom.DicomSource, series, by_pydicom, 4),
    **({"czi": Case(read_by_libczi, zeiss, lambda p: scene(), 0, local_only=True)} if find_spec("pylibCZIrw") else {}),
    "picture": Case(pictures.PictureSource, png, lambda p: np.asarray(Image.open(p)), 0),
}


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def opened(case: Case, tmp_path: Path) -> Iterator[tuple[Source, NDArray[np.int16]]]:
    path = case.write(tmp_path)
    source = case.opens(blob_of(path), NO_CHOICE)
    yield source, case.truth(path).astype(np.int16)
    source.close()


def rgb(bgra: NDArray[np.uint8]) -> NDArray[np.int16]:
    assert (bgra[..., 3] == 255).all()
    return bgra[..., 2::-1].astype(np.int16)


def test_every_pixel_of_the_largest_level_is_what_a_second_decoder_reads(
    case: Case, opened: tuple[Source, NDArray[np.int16]]
) -> None:
    source, truth = opened
    size = source.levels[0]
    assert (size.height_px, size.width_px, size.downsample) == (*truth.shape[:2], 1.0)
    pixels = rgb(source.read_bgra(0, 0, 0, size.width_px, size.height_px))
    assert np.abs(pixels - truth).max() <= case.worst


def test_any_rectangle_is_a_cut_of_the_whole_and_outside_is_nothing(opened: tuple[Source, NDArray[np.int16]]) -> None:
    source, truth = opened
    h, w = truth.shape[:2]
    whole = source.read_bgra(0, 0, 0, w, h)
    for x, y, cw, ch in ((0, 0, 1, 1), (127, 255, 3, 2), (255, 1, 129, 130), (w - 1, h - 1, 1, 1)):
        assert np.array_equal(source.read_bgra(x, y, 0, cw, ch), whole[y : y + ch, x : x + cw])
    edge = source.read_bgra(w - 5, h - 5, 0, 10, 10)
    assert np.array_equal(edge[:5, :5], whole[-5:, -5:]) and not edge[5:].any() and not edge[:, 5:].any()
    before = source.read_bgra(-5, -5, 0, 10, 10)
    assert np.array_equal(before[5:, 5:], whole[:5, :5]) and not before[:5].any() and not before[:, :5].any()
    assert not source.read_bgra(-900, 0, 0, 20, 20).any()


def test_levels_shrink_and_show_the_same(case: Case, opened: tuple[Source, NDArray[np.int16]]) -> None:
    source, truth = opened
    assert len(source.levels) >= case.levels
    for number, level in enumerate(source.levels[1:], 1):
        assert level.width_px < source.levels[number - 1].width_px and level.downsample > 1
        low = source.read_bgra(0, 0, number, level.width_px, level.height_px)
        assert np.abs(rgb(low).mean(axis=(0, 1)) - truth.mean(axis=(0, 1))).max() < 3


def test_threads_read_what_one_reads(opened: tuple[Source, NDArray[np.int16]]) -> None:
    source, truth = opened
    whole = source.read_bgra(0, 0, 0, truth.shape[1], truth.shape[0])
    places = [(x, y) for x in range(0, truth.shape[1] - 90, 90) for y in range(0, truth.shape[0] - 90, 90)] * 3
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda at: source.read_bgra(*at, 0, 90, 90), places))
    for (x, y), part in zip(places, parts, strict=True):
        assert np.array_equal(part, whole[y : y + 90, x : x + 90])


def test_a_description_says_what_is_there(opened: tuple[Source, NDArray[np.int16]]) -> None:
    source, _ = opened
    facts = source.facts
    assert facts.vendor and bool(facts.mpp_xy) == bool(facts.mpp_from)
    assert all(note.endswith(".") for note in facts.notes)
    with pytest.raises(SlideError):
        source.associated_image("no such picture")
    assert isinstance(source.icc, bytes) and set(source.associated) <= {"label", "macro", "thumbnail"}


def test_stored_tiles_are_jpegs_of_the_same_pixels(case: Case, opened: tuple[Source, NDArray[np.int16]]) -> None:
    import simplejpeg

    from hemaview.wsi.jpeglevels import StoredLevel

    source, truth = opened
    for level in source.stored_levels():
        if isinstance(level, StoredLevel) and level.width_px == truth.shape[1]:
            pixels = simplejpeg.decode_jpeg(level.tile(0, 0), "RGB", fastdct=False, fastupsample=False).astype(np.int16)
            h, w = min(pixels.shape[0], truth.shape[0]), min(pixels.shape[1], truth.shape[1])
            assert np.abs(pixels[:h, :w] - truth[:h, :w]).max() <= case.worst


def test_a_fingerprint_stays_with_the_bytes_and_changes_with_them(case: Case, tmp_path: Path) -> None:
    path = case.write(tmp_path)
    prints = []
    for _ in range(2):
        source = case.opens(blob_of(path), NO_CHOICE)
        prints.append(source.fingerprint())
        source.close()
    raw = bytearray(path.read_bytes())
    raw[-2] ^= 1
    source = case.opens(blob_of(path), NO_CHOICE)
    path.write_bytes(bytes(raw))
    assert prints[0] == prints[1] != source.fingerprint() and len(prints[0]) == 32
    source.close()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_file_is_refused_with_a_sentence_when_opened_or_read(case: Case, share: float, tmp_path: Path) -> None:
    path = case.write(tmp_path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(SlideError) as refused:  # noqa: PT012
        source = case.opens(blob_of(path), NO_CHOICE)
        size = source.levels[0]
        source.read_bgra(0, 0, 0, size.width_px, size.height_px)
    assert refused.value.message.endswith(".") and "Traceback" not in refused.value.message


def test_what_it_does_not_hold_is_refused(case: Case, tmp_path: Path) -> None:
    blob = blob_of(case.write(tmp_path))
    with pytest.raises(SlideError):
        case.opens(blob, Choice(plane=99)).close()


@pytest.mark.parametrize(
    "raw", [b"", b"a list of patients" * 40, b"II*\0" + b"\xff" * 60, b"\0" * 128 + b"DICM" + b"\0" * 9]
)
def test_what_is_no_slide_is_refused_by_the_registry(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.tif").write_bytes(raw)
    with pytest.raises(SlideError) as refused:
        open_source(blob_of(tmp_path / "s.tif"))
    assert refused.value.message.endswith(".")


def test_kinds_are_asked_by_priority_and_only_openslide_reads_in_place() -> None:
    kinds = source_kinds()
    assert [k.priority for k in kinds] == sorted((k.priority for k in kinds), reverse=True)
    assert [k.key for k in kinds if k.in_place] == ["openslide"]


# --- bytes from elsewhere: all that a store over HTTP, S3 or DICOMweb must say ---------------------------------------


class HttpBlobs(Blobs):
    """A folder behind a web server that answers ranges."""

    def __init__(self, base: str, listed: list[str]) -> None:
        self.base, self.listed, self.fetched = base, listed, 0

    def size(self, name: str) -> int:
        return int(self._ask(name, "HEAD", {})[1]["Content-Length"])

    def read(self, name: str, offset: int = 0, count: int | None = None) -> bytes:
        count = self.size(name) - offset if count is None else min(count, self.size(name) - offset)
        if count <= 0:
            return b""
        raw = self._ask(name, "GET", {"Range": f"bytes={offset}-{offset + count - 1}"})[0]
        self.fetched += len(raw)
        return raw

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        raise OSError("This store is for reading.")

    delete = put  # type: ignore[assignment]

    def names(self, prefix: str = "") -> Iterator[str]:
        yield from sorted(name for name in self.listed if name.startswith(prefix))

    def _ask(self, name: str, method: str, headers: dict[str, str]) -> tuple[bytes, Any]:
        request = urllib.request.Request(f"{self.base}/{check_name(name)}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            raise NoBlob(f"There is no {name}.") from error


@pytest.fixture
def served(tmp_path: Path) -> Iterator[HttpBlobs]:
    folder = tmp_path / "served"
    folder.mkdir()

    class Ranges(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            path = folder / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            raw = path.read_bytes()
            byte_range = self.headers.get("Range", "").removeprefix("bytes=")
            if byte_range:
                first, last = (int(v) for v in byte_range.split("-"))
                raw = raw[first : last + 1]
            self.send_response(206 if byte_range else 200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if body:
                self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    store = HttpBlobs(f"http://127.0.0.1:{server.server_port}", [])
    store.folder = folder  # type: ignore[attr-defined]
    yield store
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", sorted(k for k, c in CASES.items() if not c.local_only))
def test_a_slide_over_http_is_read_range_by_range(name: str, served: HttpBlobs) -> None:
    case = CASES[name]
    path = case.write(served.folder)  # type: ignore[attr-defined]
    served.listed = [path.name]
    truth = case.truth(path).astype(np.int16)
    source = open_source(Blob(served, path.name))
    assert type(source) is case.opens
    pixels = rgb(source.read_bgra(300, 200, 0, 100, 100))
    assert np.abs(pixels - truth[200:300, 300:400]).max() <= case.worst
    source.close()


def test_of_a_remote_slide_only_what_is_looked_at_is_fetched(served: HttpBlobs) -> None:
    rng = np.random.default_rng(1)
    path = served.folder / "big.tif"  # type: ignore[attr-defined]
    tifffile.imwrite(path, rng.integers(0, 255, (2048, 2048, 3), np.uint8), tile=(256, 256), photometric="rgb")
    source = open_source(Blob(served, "big.tif"))
    source.read_bgra(1000, 1000, 0, 10, 10)
    assert served.fetched < path.stat().st_size / 20
    source.close()


def test_a_package_brings_a_source_by_its_entry_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from importlib.metadata import EntryPoint

    from hemaview.wsi.sources import names, registry

    monkeypatch.setattr(names, "KINDS", list(names.KINDS))
    monkeypatch.setattr(registry, "KINDS", names.KINDS)
    point = EntryPoint("toy", "tests.wsi.sources.toy:KIND", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    registry.source_kinds.cache_clear()
    try:
        assert "toy" in [k.key for k in source_kinds()] and names.may_come("film.toy")
        (tmp_path / "film.toy").write_bytes(b"TOY" + bytes([10, 20, 30]))
        source = open_source(blob_of(tmp_path / "film.toy"))
        assert source.read_bgra(0, 0, 0, 2, 2)[0, 0].tolist() == [30, 20, 10, 255]
    finally:
        registry.source_kinds.cache_clear()


def test_a_scan_too_large_for_a_picture_is_converted_and_looks_as_it_should(tmp_path: Path) -> None:
    from hemaview.wsi.convert import convert
    from hemaview.wsi.limits import Limits
    from hemaview.wsi.sandbox import probe
    from hemaview.wsi.slide import open_slide

    path = twelve_bits(tmp_path)
    small = Limits(max_image_pixels=100_000)
    facts = probe(path, limits=small)
    assert (facts.kind, facts.convert, facts.width, facts.height) == ("slide", True, W, H)
    assert any("12 bits" in note for note in facts.notes)
    convert(path, tmp_path / "out.tif", in_place=False)
    with open_slide(tmp_path / "out.tif") as slide:
        assert np.abs(slide.read(0, 0, 0, W, H).astype(int) - scene()).mean() < 6
    tifffile.imwrite(tmp_path / "strips.tif", scene().astype(np.uint16) << 4, photometric="rgb")
    with pytest.raises(SlideError, match="save it in tiles"):
        probe(tmp_path / "strips.tif", limits=small)


@pytest.mark.skipif(not find_spec("pylibCZIrw"), reason="reads CZI by an optional package")
def test_scenes_of_a_czi_are_a_choice_and_its_sharpest_plane_is_converted(tmp_path: Path) -> None:
    import scipy.ndimage
    from pylibCZIrw import czi

    from hemaview.wsi.convert import convert
    from hemaview.wsi.errors import SeveralSeries
    from hemaview.wsi.sandbox import probe
    from hemaview.wsi.slide import open_slide

    path = tmp_path / "film.czi"
    with czi.create_czi(str(path)) as out:
        for z, sigma in enumerate((3, 0, 2)):
            plane = scipy.ndimage.gaussian_filter(scene(), (sigma, sigma, 0))
            out.write(data=np.ascontiguousarray(plane[..., ::-1]), plane={"Z": z}, location=(7, 9), scene=0)
        out.write(data=np.ascontiguousarray(scene()[:300, :200, ::-1]), plane={"Z": 0}, location=(5000, 9), scene=1)
        out.write_metadata(document_name="film of Zwiebelmann", scale_x=0.25e-6, scale_y=0.25e-6)
    with pytest.raises(SeveralSeries, match="1: scene 1, 601 × 403 px; 2: scene 2, 200 × 300 px"):
        probe(path)
    facts = probe(path, choice=Choice(series=1))
    assert (facts.width, facts.height, facts.convert, facts.mpp) == (W, H, True, pytest.approx(0.25))
    assert "Focal plane 2 of 3, the sharpest, was taken." in facts.notes
    assert any("Zwiebelmann" in entry.value for entry in facts.identity)
    convert(path, tmp_path / "out.tif", choice=Choice(series=1))
    with open_slide(tmp_path / "out.tif") as slide:
        assert np.abs(slide.read(0, 0, 0, W, H).astype(int) - scene()).mean() < 6
    assert b"Zwiebelmann" not in (tmp_path / "out.tif").read_bytes()


def test_without_its_package_a_czi_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pylibCZIrw", None)
    (tmp_path / "film.czi").write_bytes(b"ZISRAWFILE" + bytes(500))
    with pytest.raises(SlideError, match="for which the package pylibCZIrw is missing"):
        open_source(blob_of(tmp_path / "film.czi"))

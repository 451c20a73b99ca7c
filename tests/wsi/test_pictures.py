"""A picture comes in as it looks, or is refused for the true reason: planes, pages, depth, profiles, transparency, codings."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from hemaview.wsi.contents import kind_of
from hemaview.wsi.errors import SeveralSeries, SlideError, Unreadable, Unsupported
from hemaview.wsi.fields import GAP_PX, write_fields
from hemaview.wsi.picture import Picture, read_pictures
from hemaview.wsi.sandbox import probe
from hemaview.wsi.slide import open_slide
from hemaview.wsi.sources.choice import Choice


def film(seed: int = 1, h: int = 120, w: int = 160) -> NDArray[np.uint8]:
    """A lit ground with a red, a green and a blue square, and soft detail that differs with `seed`."""
    rng = np.random.default_rng(seed)
    ground = np.kron(rng.integers(180, 230, (h // 20, w // 20, 3)), np.ones((20, 20, 1)))
    rgb = ground.astype(np.uint8)
    for i in range(3):
        rgb[20:40, 20 + 40 * i : 40 + 40 * i] = np.eye(3, dtype=np.uint8)[i] * 200
    return rgb


def read(path: Path) -> list[Picture]:
    return read_pictures(path, path.name, kind_of(path))


def pixels(path: Path) -> NDArray[np.int16]:
    (picture,) = read(path)
    return picture.image.numpy().astype(np.int16)


def refused(path: Path, kind: type[SlideError] = Unsupported) -> str:
    with pytest.raises(kind) as error:
        probe(path)
    assert error.value.message.endswith(".") and path.name in error.value.message
    return error.value.message


@pytest.mark.parametrize("tile", [{}, {"tile": (64, 64)}], ids=["strips", "tiles"])
@pytest.mark.parametrize("container", ["ome", "imagej", "planar"])
def test_red_green_and_blue_as_planes_come_in_in_colour(container: str, tile: dict[str, Any], tmp_path: Path) -> None:
    path, planes = tmp_path / "planes.tif", np.moveaxis(film(), 2, 0)
    if container == "ome":
        path = tmp_path / "planes.ome.tif"
        tifffile.imwrite(path, planes, photometric="minisblack", metadata={"axes": "CYX"}, **tile)
    elif container == "imagej":
        tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "CYX", "mode": "composite"})
    else:
        tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate", **tile)
    assert np.array_equal(pixels(path), film())
    assert probe(path).kind == "picture"


def test_planes_that_name_their_colours_are_put_in_order(tmp_path: Path) -> None:
    path = tmp_path / "bgr.ome.tif"
    names = {"axes": "CYX", "Channel": {"Name": ["Blue", "Green", "Red"]}}
    tifffile.imwrite(path, np.moveaxis(film()[..., ::-1], 2, 0), photometric="minisblack", metadata=names)
    assert np.array_equal(pixels(path), film())


@pytest.mark.parametrize(
    ("axes", "shape", "words"),
    [("ZYX", (5, 60, 80), "5 focal planes"), ("TYX", (4, 60, 80), "4 time points"), ("CYX", (2, 60, 80), "2 channels"),
     ("CYX", (4, 60, 80), "4 channels"), ("TCYX", (2, 3, 60, 80), "2 time points")],
)  # fmt: skip
@pytest.mark.parametrize("imagej", [False, True], ids=["ome", "imagej"])
def test_what_would_be_lost_is_refused_by_name(
    axes: str, shape: tuple[int, ...], words: str, imagej: bool, tmp_path: Path
) -> None:
    path = tmp_path / ("many.tif" if imagej else "many.ome.tif")
    stack = np.full(shape, 200, np.uint8)
    tifffile.imwrite(path, stack, imagej=imagej, photometric="minisblack", metadata={"axes": axes})
    assert words in refused(path)


def stack_of(tmp_path: Path, imagej: bool = False, interleaved: bool = False, **how: Any) -> Path:
    """A file of three focal planes of film(7), the second one sharp."""
    import scipy.ndimage

    sharp = film(7)
    soft = [scipy.ndimage.gaussian_filter(sharp, (s, s, 0)) for s in (4, 2)]
    planes = np.stack([soft[0], sharp, soft[1]])
    path = tmp_path / ("stack.tif" if imagej else "stack.ome.tif")
    axes, photometric = ("ZYXS", "rgb") if interleaved else ("ZCYX", "minisblack")
    stack = planes if interleaved else np.moveaxis(planes, 3, 1)
    tifffile.imwrite(path, stack, imagej=imagej, photometric=photometric, metadata={"axes": axes}, **how)
    return path


@pytest.mark.parametrize(("imagej", "interleaved"), [(False, False), (False, True), (True, False)])
def test_of_several_focal_planes_the_sharpest_or_the_chosen_one_is_taken_and_told(
    imagej: bool, interleaved: bool, tmp_path: Path
) -> None:
    path = stack_of(tmp_path, imagej, interleaved)
    (sharpest,) = read(path)
    assert np.array_equal(sharpest.image.numpy(), film(7))
    assert "Focal plane 2 of 3, the sharpest, was taken." in sharpest.notes
    (third,) = read_pictures(path, path.name, "tiff", choice=Choice(plane=3))
    assert not np.array_equal(third.image.numpy(), film(7)) and third.image.numpy()[0, 0].min() > 100
    assert "Focal plane 3 of 3, chosen, was taken." in third.notes
    with pytest.raises(Unsupported, match="3 focal planes; there is no number 4"):
        read_pictures(path, path.name, "tiff", choice=Choice(plane=4))


def test_series_and_pages_of_several_sizes_are_a_choice(tmp_path: Path) -> None:
    ome, plain = tmp_path / "series.ome.tif", tmp_path / "pages.tif"
    for path, how in ((ome, {"axes": "YXS"}), (plain, None)):
        with tifffile.TiffWriter(path) as out:
            for seed, h in ((1, 120), (2, 100)):
                out.write(film(seed, h), photometric="rgb", metadata=how)
        with pytest.raises(SeveralSeries, match=r"1: .*160 × 120 px; 2: .*160 × 100 px.*choose one") as several:
            read(path)
        assert len(several.value.listed) == 2
        (second,) = read_pictures(path, path.name, "tiff", choice=Choice(series=2))
        assert np.array_equal(second.image.numpy(), film(2, 100))


def test_series_and_pages_of_different_scale_are_a_choice_and_the_chosen_one_is_noted(tmp_path: Path) -> None:
    ome, plain = tmp_path / "scales.ome.tif", tmp_path / "scales.tif"
    with tifffile.TiffWriter(ome) as out:
        for seed, um in ((1, 0.19), (2, 0.25)):
            facts = {"axes": "YXS", "PhysicalSizeX": um, "PhysicalSizeY": um}
            out.write(film(seed), photometric="rgb", metadata=facts)
    with tifffile.TiffWriter(plain) as out:
        for seed, per_cm in ((1, 52_000), (2, 40_000)):
            out.write(film(seed), photometric="rgb", metadata=None, resolution=(per_cm, per_cm), resolutionunit=3)
    for path, words, note in (
        (ome, "different µm/px", "Series 2 of 2"),
        (plain, "different resolutions", "Page 2 of 2"),
    ):
        with pytest.raises(SeveralSeries, match=words):
            read(path)
        (second,) = read_pictures(path, path.name, "tiff", choice=Choice(series=2))
        assert np.array_equal(second.image.numpy(), film(2)) and f"{note} was taken." in second.notes


def test_channels_of_fluorescence_are_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "dyes.ome.tif"
    metadata = {"axes": "CYX", "Channel": {"Name": ["DAPI", "FITC", "Cy3"]}}
    tifffile.imwrite(path, np.moveaxis(film(), 2, 0), photometric="minisblack", metadata=metadata)
    assert "fluorescence (DAPI, FITC, Cy3)" in refused(path)


def test_several_pages_in_colour_become_fields_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as out:
        for seed in (1, 2, 3):
            out.write(film(seed), photometric="rgb")
    sheet = write_fields([path], tmp_path / "out.tif", None)
    assert [f["name"] for f in sheet["fields"]] == ["pages page 1", "pages page 2", "pages page 3"]
    assert any("3 pages were taken as 3 fields" in note for note in sheet["notes"])


def test_several_series_become_fields_and_a_label_stays_out(tmp_path: Path) -> None:
    path = tmp_path / "series.ome.tif"
    with tifffile.TiffWriter(path) as out:
        for name, rgb in (("a", film(1)), ("b", film(2)), ("label", film(3)[:60])):
            out.write(rgb, photometric="rgb", metadata={"axes": "YXS", "Name": name})
    pictures = read(path)
    assert len(pictures) == 2 and any("label" in note and "left out" in note for note in pictures[0].notes)


def test_grey_pages_and_pages_of_other_sizes_are_refused(tmp_path: Path) -> None:
    grey, sizes = tmp_path / "grey.tif", tmp_path / "sizes.tif"
    tifffile.imwrite(grey, np.full((3, 60, 80), 200, np.uint8), photometric="minisblack", metadata=None)
    with tifffile.TiffWriter(sizes) as out:
        out.write(film(), photometric="rgb")
        out.write(film(2, 100, 140), photometric="rgb")
    assert "3 grey pages" in refused(grey) and "different sizes" in refused(sizes)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_a_camera_that_uses_fewer_bits_than_its_file_is_as_bright_as_it_took(bits: int, tmp_path: Path) -> None:
    bright = film()
    bright[0, 0] = 255
    tifffile.imwrite(tmp_path / "a.tif", bright.astype(np.uint16) << (bits - 8), photometric="rgb")
    assert np.array_equal(pixels(tmp_path / "a.tif"), bright)


def test_a_darker_picture_of_a_set_stays_darker(tmp_path: Path) -> None:
    dark, bright = film(1) // 5 + 20, film(2)
    bright[0, 0] = 255
    for name, rgb in (("1.tif", dark), ("2.tif", bright)):
        tifffile.imwrite(tmp_path / name, rgb.astype(np.uint16) << 4, photometric="rgb")
    sheet = write_fields([tmp_path / "1.tif", tmp_path / "2.tif"], tmp_path / "out.tif", None)
    first = sheet["fields"][0]
    with open_slide(tmp_path / "out.tif") as slide:
        pixels_of_first = slide.read(first["x"], first["y"], 0, first["w"], first["h"])
    assert abs(float(pixels_of_first.mean()) - float(dark.mean())) < 3


def test_bits_that_a_file_states_are_believed(tmp_path: Path) -> None:
    tag = [(281, "H", 1, 4095, True)]
    tifffile.imwrite(tmp_path / "a.tif", (film() // 8).astype(np.uint16) << 4, photometric="rgb", extratags=tag)
    assert np.array_equal(pixels(tmp_path / "a.tif"), film() // 8)


def exif(space: int, interop: str) -> Image.Exif:
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0xA001] = space
    if interop:
        tags.get_ifd(0x8769)[0xA005] = {1: interop}
    return tags


@pytest.mark.parametrize(("space", "interop", "converted"), [(2, "", True), (0xFFFF, "R03", True), (1, "R98", False)])
def test_adobe_rgb_of_a_camera_is_brought_to_srgb(space: int, interop: str, converted: bool, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (150, 200, 120)).save(tmp_path / "a.jpg", quality=100, exif=exif(space, interop))
    (picture,) = read(tmp_path / "a.jpg")
    colour = picture.image.numpy()[32, 32].astype(int)
    wanted = (125, 202, 115) if converted else (150, 200, 120)  # by the matrices of both standards
    assert np.abs(colour - wanted).max() <= 2
    assert any("Adobe RGB (1998)" in note for note in picture.notes) == converted


def test_chromaticities_of_a_png_are_honoured(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (234, 51, 35)).save(tmp_path / "p3.png")
    raw = (tmp_path / "p3.png").read_bytes()
    points = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000]  # Display P3
    body = b"cHRM" + struct.pack(">8I", *points)
    chunk = struct.pack(">I", 32) + body + struct.pack(">I", zlib.crc32(body))
    body = b"gAMA" + struct.pack(">I", 45455)
    chunk += struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "p3.png").write_bytes(raw[:33] + chunk + raw[33:])
    (picture,) = read(tmp_path / "p3.png")
    red, green, blue = picture.image.numpy()[0, 0].astype(int)
    assert red == 255 and green < 15 and blue < 15
    assert any("chromaticities of its PNG" in note for note in picture.notes)


def test_a_jpeg_of_several_pictures_says_that_the_first_was_taken(tmp_path: Path) -> None:
    first, second = (Image.fromarray(film(seed)) for seed in (1, 2))
    first.save(tmp_path / "phone.jpg", format="MPO", save_all=True, append_images=[second], quality=95)
    (picture,) = read(tmp_path / "phone.jpg")
    assert "It holds 2 pictures, as some cameras write; the first one was taken." in picture.notes


def nuclei() -> NDArray[np.uint8]:
    grey = np.full((256, 256), 4, np.uint8)
    for y in range(16, 256, 48):
        for x in range(16, 256, 48):
            grey[y : y + 10, x : x + 10] = 220
    return grey


@pytest.mark.parametrize("name", ["grey16.tif", "rgb.png", "tiled.tif"])
def test_a_black_ground_is_refused_as_not_bright_field(name: str, tmp_path: Path) -> None:
    path, grey = tmp_path / name, nuclei()
    if name == "grey16.tif":
        tifffile.imwrite(path, grey.astype(np.uint16) << 4)
    elif name == "rgb.png":
        Image.fromarray(np.stack([grey * 0, grey * 0, grey], axis=-1)).save(path)
    else:
        tifffile.imwrite(path, np.stack([grey] * 3, axis=-1), photometric="rgb", tile=(128, 128))
    assert "bright-field" in refused(path)


def test_a_photograph_through_an_eyepiece_is_no_black_ground(tmp_path: Path) -> None:
    rgb = np.zeros((300, 400, 3), np.uint8)
    rgb[90:210, 130:270] = film(1, 120, 140)
    Image.fromarray(rgb).save(tmp_path / "rim.png")
    assert np.array_equal(pixels(tmp_path / "rim.png"), rgb)


def profile(*primaries: tuple[float, float, float]) -> bytes:
    """A matrix profile, gamma 2.2, of the D50 XYZ of red, green and blue (ICC.1:2004, 8.3)."""

    def xyz(values: tuple[float, float, float]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + b"\0" * 78 + b"\0"
    tags = {b"desc": text, b"wtpt": xyz((0.9642, 1.0, 0.8249)), b"cprt": b"text\0\0\0\0none\0\0\0\0"}
    tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, primaries), strict=True))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data
    size = 128 + len(table) + len(body)
    head = struct.pack(
        ">I4s4s4s4s4s12s4s", size, b"none", b"\x02\x10\0\0", b"mntr", b"RGB ", b"XYZ ", b"\0" * 12, b"acsp"
    )
    head += b"\0" * 28 + struct.pack(">iii", *(round(v * 65536) for v in (0.9642, 1.0, 0.8249)))
    return head.ljust(128, b"\0") + table + body


DISPLAY_P3 = profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_colours_of_a_profile_are_brought_to_srgb(name: str, tmp_path: Path) -> None:
    rgb = film()
    rgb[80:120, 100:160] = (234, 51, 35)
    how: dict[str, Any] = {"quality": 98} if name in ("a.jpg", "a.webp") else {}
    Image.fromarray(rgb).save(tmp_path / name, icc_profile=DISPLAY_P3, **how)
    red = pixels(tmp_path / name)[100, 130]
    assert red[0] >= 252 and red[1] <= 12 and red[2] <= 16
    assert "sRGB" in read(tmp_path / name)[0].notes[0]


def test_a_profile_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(film()).save(tmp_path / "a.png", icc_profile=srgb)
    assert np.array_equal(pixels(tmp_path / "a.png"), film()) and not read(tmp_path / "a.png")[0].notes


@pytest.mark.parametrize("broken", [b"no profile at all", DISPLAY_P3[:200]])
def test_a_broken_profile_is_left_out_with_a_note(broken: bytes, tmp_path: Path) -> None:
    Image.fromarray(film()).save(tmp_path / "a.png", icc_profile=broken)
    assert np.array_equal(pixels(tmp_path / "a.png"), film())
    assert "left out" in read(tmp_path / "a.png")[0].notes[0]


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_what_is_transparent_is_put_on_white_and_told(name: str, tmp_path: Path) -> None:
    rgba = np.dstack([film(), np.full((120, 160), 255, np.uint8)])
    rgba[60:, :, 3] = 0
    how: dict[str, Any] = {"lossless": True} if name == "a.webp" else {}
    Image.fromarray(rgba).save(tmp_path / name, **how)
    rgb = pixels(tmp_path / name)
    assert np.array_equal(rgb[:60], film()[:60]) and rgb[60:].min() == 255
    assert any("transparent" in note for note in read(tmp_path / name)[0].notes)


@pytest.mark.parametrize("compression", ["lzw", "zstd"])
@pytest.mark.parametrize("kind", ["assocalpha", "unassalpha"])
def test_what_is_half_transparent_is_half_as_strong_however_it_is_stored(
    kind: str, compression: str, tmp_path: Path
) -> None:
    alpha = np.full((120, 160, 1), 255.0)
    alpha[60:] = 128
    stored = film() * (alpha / 255 if kind == "assocalpha" else 1)
    rgba = np.rint(np.dstack([stored, alpha])).astype(np.uint8)
    path = tmp_path / "a.tif"
    how: dict[str, Any] = {"photometric": "rgb", "extrasamples": [kind], "compression": compression, "metadata": None}
    tifffile.imwrite(path, rgba, **how)
    wanted = film() * (alpha / 255) + 255 - alpha
    assert np.abs(pixels(path) - wanted).max() <= 2


@pytest.mark.parametrize("number", [33003, 33005, 34712])
def test_jpeg_2000_of_every_number_is_in_its_colours(number: int, tmp_path: Path) -> None:
    stored = np.asarray(Image.fromarray(film()).convert("YCbCr")) if number == 33003 else film()
    how: dict[str, Any] = {"compressionargs": {"level": 0, "mct": False, "codecformat": "j2k"}, "tile": (64, 64)}
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", compression=number, metadata=None, **how)
    assert np.abs(pixels(tmp_path / "a.tif") - film()).max() <= 3


@pytest.mark.parametrize(
    ("photometric", "words"),
    [("cfa", "raw data of a camera's sensor"), ("linear_raw", "raw data of a camera's sensor"), ("mask", "a mask"),
     ("logl", "logarithms of brightness"), ("itulab", r"ITU L*a*b*")],
)  # fmt: skip
def test_what_is_no_picture_in_colours_is_refused_by_its_name(photometric: str, words: str, tmp_path: Path) -> None:
    samples = film() if photometric in ("linear_raw", "itulab") else film()[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric=photometric, metadata=None)
    assert f"holds {words}, not a picture in colours" in refused(tmp_path / "a.tif")


def test_samples_of_brightness_and_colour_that_are_thinned_out_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", film(), photometric="ycbcr", subsampling=(1, 1), metadata=None)
    raw = bytearray((tmp_path / "a.tif").read_bytes())
    at = raw.index(struct.pack("<HHI", 530, 3, 2))
    raw[at + 8 : at + 12] = struct.pack("<HH", 2, 2)
    (tmp_path / "a.tif").write_bytes(bytes(raw))
    assert "stores brightness and colour differences in a way" in refused(tmp_path / "a.tif")


@pytest.mark.parametrize("other", ["depth", "orientation", "coding", "profile"])
def test_pages_that_are_stored_otherwise_than_the_first_are_a_choice(other: str, tmp_path: Path) -> None:
    path, second = tmp_path / "a.tif", film(2)
    how: dict[str, Any] = {
        "depth": {}, "orientation": {"extratags": [(274, "H", 1, 3, True)]}, "coding": {"compression": "zstd"},
        "profile": {"iccprofile": DISPLAY_P3},
    }[other]  # fmt: skip
    stored = second.astype(np.uint16) << 8 if other == "depth" else second
    with tifffile.TiffWriter(path) as out:
        out.write(film(1), photometric="rgb", metadata=None)
        out.write(stored, photometric="rgb", metadata=None, **how)
    with pytest.raises(SeveralSeries, match="stored in different ways"):
        read(path)
    (page,) = read_pictures(path, path.name, "tiff", choice=Choice(series=2))
    if other in ("depth", "coding"):
        assert np.array_equal(page.image.numpy(), second)
    elif other == "orientation":
        assert np.array_equal(page.image.numpy(), second[::-1, ::-1])
    else:
        assert any("converted to sRGB" in note for note in page.notes)


def test_a_palette_and_cmyk_look_as_they_are(tmp_path: Path) -> None:
    few = np.where(film() > 100, 200, 0).astype(np.uint8)
    Image.fromarray(few).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "p.png")
    Image.fromarray(few).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "p.tif")
    Image.fromarray(few).convert("CMYK").save(tmp_path / "c.jpg", quality=98)
    assert np.array_equal(pixels(tmp_path / "p.png"), few) and np.array_equal(pixels(tmp_path / "p.tif"), few)
    red = pixels(tmp_path / "c.jpg")[30, 30]
    assert red[0] > 120 and red[0] - red[1:].max() > 60


def test_lab_samples_are_shown_in_colour(tmp_path: Path) -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.fromarray(film()), to_lab)
    assert lab is not None
    lab.save(tmp_path / "lab.tif")
    assert np.abs(pixels(tmp_path / "lab.tif") - film()).mean() < 3


@pytest.mark.parametrize("tile", [{}, {"tile": (64, 64)}], ids=["strips", "tiles"])
def test_grey_of_which_zero_is_white_and_packed_bits_are_shown_by_their_bits(
    tile: dict[str, Any], tmp_path: Path
) -> None:
    grey = film().mean(axis=2).astype(np.uint8)
    grey[0, 0] = 0
    stored = (255 - grey.astype(np.uint16)) << 4
    tifffile.imwrite(tmp_path / "white.tif", stored, photometric="miniswhite", **tile)
    tifffile.imwrite(
        tmp_path / "packed.tif", film().astype(np.uint16) << 4, photometric="rgb", bitspersample=12, **tile
    )
    assert np.abs(pixels(tmp_path / "white.tif")[..., 0] - grey).max() <= 1
    assert np.array_equal(pixels(tmp_path / "packed.tif"), film())


def with_gamma(path: Path, rgb: NDArray[np.uint8], gamma: float) -> None:
    """A PNG with a gAMA chunk before its pixels."""
    Image.fromarray(rgb).save(path)
    raw = path.read_bytes()
    body = b"gAMA" + struct.pack(">I", round(gamma * 100_000))
    path.write_bytes(raw[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + raw[33:])


def test_the_gamma_of_a_png_is_followed(tmp_path: Path) -> None:
    linear = np.full((40, 40, 3), 55, np.uint8)
    with_gamma(tmp_path / "linear.png", linear, 1.0)
    with_gamma(tmp_path / "usual.png", linear, 0.45455)
    assert abs(int(pixels(tmp_path / "linear.png")[5, 5, 0]) - 128) <= 1  # 55/255 linear is 128 in sRGB
    assert pixels(tmp_path / "usual.png")[5, 5, 0] == 55


@pytest.mark.parametrize("compression", ["lzw", "deflate", "zstd", "lzma", "jpeg2000", "webp", "jpegxl", "packbits"])
@pytest.mark.parametrize("tile", [{}, {"tile": (64, 64)}], ids=["strips", "tiles"])
def test_every_coding_is_decoded(compression: str, tile: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    lossless = {"webp": {"level": 100}, "jpegxl": {"lossless": True}, "jpeg2000": {"level": 0}}
    how: dict[str, Any] = {"compressionargs": lossless[compression]} if compression in lossless else {}
    tifffile.imwrite(path, film(), photometric="rgb", compression=compression, **how, **tile)
    assert np.abs(pixels(path) - film()).max() <= 3
    assert probe(path).width == 160


def test_a_sound_file_whose_coding_is_not_known_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, film(), photometric="rgb", compression="lzw")
    raw = bytearray(path.read_bytes())
    at = raw.index(struct.pack("<HHIH", 259, 3, 1, 5))
    raw[at + 8 : at + 10] = struct.pack("<H", 65000)
    path.write_bytes(bytes(raw))
    assert "compression that HemaView cannot decode (number 65000)" in refused(path)


def test_a_file_cut_short_is_called_damaged(tmp_path: Path) -> None:
    Image.fromarray(film()).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    assert "damaged" in refused(tmp_path / "a.jpg", Unreadable)


def test_the_same_picture_is_taken_once_even_where_it_was_saved_again(tmp_path: Path) -> None:
    Image.fromarray(film(1)).save(tmp_path / "1.png")
    Image.fromarray(film(1)).save(tmp_path / "2.jpg", quality=85)
    Image.fromarray(film(2)).save(tmp_path / "3.png")
    sheet = write_fields(sorted(tmp_path.iterdir()), tmp_path / "out.tif", None)
    assert [f["name"] for f in sheet["fields"]] == ["1", "3"]
    assert [n for n in sheet["notes"] if "same picture" in n] == [
        "2 is the same picture as 1; it was left out, so that its cells are counted once."
    ]


def test_one_photograph_turned_or_mirrored_is_taken_once(tmp_path: Path) -> None:
    pixels = film(1)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(pixels).save(tmp_path / f"{orientation}.jpg", quality=90, exif=exif)
    Image.fromarray(np.rot90(film(2))).save(tmp_path / "9.jpg", quality=90)
    sheet = write_fields(sorted(tmp_path.iterdir()), tmp_path / "out.tif", None)
    assert [f["name"] for f in sheet["fields"]] == ["1", "9"]
    laid = ["mirrored", "turned", "mirrored", "mirrored", "turned", "mirrored", "turned"]
    assert [n for n in sheet["notes"] if "same picture" in n] == [
        f"{n} is the same picture as 1, {how}; it was left out, so that its cells are counted once."
        for n, how in enumerate(laid, 2)
    ]
    (tmp_path / "later").mkdir()
    Image.fromarray(np.rot90(pixels)).save(tmp_path / "later" / "a.jpg", quality=75)
    Image.fromarray(film(3)).save(tmp_path / "later" / "b.jpg")
    name_by_likeness = dict.fromkeys(sheet["likenesses"], "first set")
    later = write_fields(
        sorted((tmp_path / "later").iterdir()), tmp_path / "later.tif", None, name_by_likeness=name_by_likeness
    )
    assert [f["name"] for f in later["fields"]] == ["b"]
    assert later["notes"][0].startswith("a is already in this case, in first set, turned;")


def test_empty_pictures_of_nearly_one_colour_are_each_taken(tmp_path: Path) -> None:
    for level in (200, 202):
        Image.fromarray(np.full((120, 160, 3), level, np.uint8)).save(tmp_path / f"{level}.png")
    assert len(write_fields(sorted(tmp_path.iterdir()), tmp_path / "out.tif", None)["fields"]) == 2


def test_pictures_of_different_sizes_are_told(tmp_path: Path) -> None:
    Image.fromarray(film(1)).save(tmp_path / "1.png")
    Image.fromarray(film(2, 60, 80)).save(tmp_path / "2.png")
    sheet = write_fields(sorted(tmp_path.iterdir()), tmp_path / "out.tif", None)
    assert len(sheet["fields"]) == 2 and "differ in size" in sheet["notes"][0]
    assert sheet["fields"][0]["x"] == GAP_PX

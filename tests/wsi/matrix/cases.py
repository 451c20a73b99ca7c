"""Which files the matrix holds: draws from what writers of pictures do, each axis as often as its neighbours."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields

SEED = 27
PLAIN = ("tiff <", "tiff >", "bigtiff <", "bigtiff >", "aperio")
OME = ("ome <", "ome >", "ome big")
CANDIDATES = 24
"""Of so many sound draws the one whose values are the rarest so far is taken."""
LOSSY = ("jpeg", "jpeg 420")
WITHOUT_16_BITS = (*LOSSY, "webp")


@dataclass(frozen=True)
class Case:
    """One file. `bits`: a number, with `in 16`, `stated`, `packed` or `float`; `pages`: what else the file holds."""

    container: str
    planes: str = "rgb"
    bits: str = "8"
    orientation: int = 1
    profile: str = "none"
    coding: str = "none"
    tiling: str = "strips"
    scale: str = "none"
    pages: str = "one"

    def __str__(self) -> str:
        return ", ".join(str(v) for v, f in zip(astuple(self), fields(self), strict=True) if v != f.default)

    @property
    def depth(self) -> int:
        return int(self.bits.split()[0])

    @property
    def tiled(self) -> bool:
        return self.tiling.startswith("tiles")


AXES: dict[str, tuple[tuple[str, ...], dict[str, tuple[object, ...]]]] = {
    "tiff": (
        (*PLAIN, *OME),
        {
            "planes": ("rgb", "separate", "pages", "bgr pages", "grey", "white is 0", "rgba", "rgb + unsaid", "palette",
                       "lab", "ycbcr", "ycbcr samples"),
            "bits": ("8", "10 in 16", "12 in 16", "14 in 16", "16", "10 stated", "12 stated", "12 packed", "32 float",
                     "32 integer"),
            "orientation": (1, 1, 1, 2, 3, 4, 5, 6, 7, 8),
            "profile": ("none", "none", "p3", "adobe", "swapped", "srgb", "broken"),
            "coding": ("none", "lzw", "lzw predicted", "deflate", "deflate predicted", "zstd", "packbits", "lzma", "jpeg",
                       "jpeg 420", "jpeg2000", "webp", "jpegxl", "png"),
            "tiling": ("strips", "strips of 7 rows", "one strip", "tiles 64", "tiles 256", "tiles 48 × 80"),
            "scale": ("none", "screen", "cm", "inch", "text", "ome µm", "ome nm", "ome mm", "contradiction", "oblong"),
            "pages": ("one", "one", "two fields", "subifds", "smaller pages", "label", "focal planes", "two sizes"),
        },
    ),
    "imagej": (
        ("imagej",),
        {
            "planes": ("rgb", "pages"),
            "bits": ("8", "12 in 16", "16"),
            "orientation": (1,),
            "scale": ("none", "imagej"),
            "pages": ("one", "focal planes"),
        },
    ),
    "jpeg": (
        ("jpeg",),
        {
            "planes": ("rgb", "grey", "rgb without conversion"),
            "orientation": tuple(range(1, 9)),
            "profile": ("none", "p3", "adobe", "swapped", "srgb", "broken", "exif adobe"),
            "coding": ("444", "420", "progressive", "restarts"),
            "scale": ("none", "screen", "cm", "inch", "text", "oblong"),
            "pages": ("one", "one", "phone's two"),
        },
    ),
    "png": (
        ("png",),
        {
            "planes": ("rgb", "rgba", "grey", "palette"),
            "bits": ("8", "10 in 16", "12 in 16", "16"),
            "orientation": (1, 1, *range(2, 9)),
            "profile": ("none", "p3", "adobe", "swapped", "srgb", "broken", "gamma 1", "chromaticities"),
            "coding": ("none", "interlaced"),
            "scale": ("none", "screen", "cm", "text", "oblong"),
        },
    ),
    "webp": (
        ("webp",),
        {
            "planes": ("rgb", "rgba"),
            "orientation": tuple(range(1, 9)),
            "profile": ("none", "p3", "swapped", "srgb", "broken"),
            "coding": ("lossless", "lossy"),
        },
    ),
    "dicom": (
        ("dicom",),
        {
            "planes": ("rgb", "separate", "ycbcr"),
            "profile": ("none", "p3", "swapped"),
            "coding": ("none", "implicit", "jpeg", "jpeg 422", "jpeg2000", "jpegls", "rle"),
            "tiling": ("tiles 256", "tiles 64", "sparse"),
            "scale": ("spacing", "volume", "none", "oblong"),
            "pages": ("one", "focal planes", "smaller pages"),
        },
    ),
    "zarr": (
        ("zarr 2", "zarr 3"),
        {
            "planes": ("channels first", "bgr", "channels last"),
            "scale": ("none", "ome µm", "ome nm", "ome mm"),
            "tiling": ("tiles 64", "tiles 48 × 80"),
            "pages": ("one", "smaller pages", "focal planes", "two images"),
        },
    ),
    "scan": (
        ("tiff <", "bigtiff <", "bigtiff >"),
        {
            "planes": ("ycbcr", "rgb without conversion"),
            "coding": ("444", "422", "420"),
            "tiling": ("tiles 256", "tiles 64"),
            "pages": ("one", "smaller pages", "sparse"),
            "profile": ("tables in file", "tables in tiles"),
        },
    ),
}  # fmt: skip
AXES["tiled"] = (
    (*PLAIN, *OME),
    AXES["tiff"][1]
    | {
        "orientation": (1,),
        "tiling": ("tiles 64", "tiles 256", "tiles 48 × 80"),
        "pages": ("one", "subifds", "smaller pages", "label", "focal planes"),
        "scale": ("none", "cm", "text", "ome nm", "contradiction"),
    },
)
DRAWN = {"tiff": 420, "tiled": 84, "imagej": 12, "jpeg": 70, "png": 70, "webp": 36, "dicom": 60, "zarr": 36, "scan": 36}


def draw_cases(kind: str, n: int) -> list[Case]:
    """Up to `n` sound cases of a kind, each another one; always the same."""
    containers, axes = AXES[kind]
    values: dict[str, tuple[object, ...]] = {"container": containers, **axes}
    chance, counts = random.Random(f"{SEED} {kind}"), Counter[tuple[str, object]]()
    cases: dict[Case, None] = {}
    pool = list(_pool(kind, values, chance, CANDIDATES * n))
    for _ in range(n):
        some = [c for c in chance.sample(pool, min(len(pool), 4 * CANDIDATES)) if c not in cases]
        if not some:
            break
        case = min(some, key=lambda c: sum(counts[axis, getattr(c, axis)] / _share(values[axis]) for axis in values))
        cases[case] = None
        counts.update((axis, getattr(case, axis)) for axis in values)
    return list(cases)


def _pool(kind: str, values: dict[str, tuple[object, ...]], chance: random.Random, n: int) -> Iterator[Case]:
    """Sound draws; a value that its neighbours forbid is drawn again, one axis at a time."""
    for _ in range(n):
        drawn_values = {axis: chance.choice(choices) for axis, choices in values.items()}
        for _ in range(40):
            case = Case(**drawn_values)  # type: ignore[arg-type]
            if SOUND[kind](case):
                yield case
                break
            axis = chance.choice(list(values))
            drawn_values[axis] = chance.choice(values[axis])


def _share(choices: tuple[object, ...]) -> float:
    return 1 / len(set(choices))


def _tiff(c: Case) -> bool:
    """Whether a writer makes such a TIFF."""
    ome = c.container.startswith("ome")
    eight, by_page = c.bits == "8", c.planes in ("pages", "bgr pages")
    sound = (
        (not by_page or ome)
        and (c.planes not in ("palette", "lab", "ycbcr", "ycbcr samples", "rgba", "rgb + unsaid") or (eight and not ome))
        and (c.planes != "ycbcr" or c.coding == "jpeg 420")
        and (c.coding != "jpeg 420" or c.planes == "ycbcr")
        and (c.planes not in ("palette", "lab") or c.coding in ("none", "lzw", "deflate", "packbits", "zstd"))
        and (c.planes != "ycbcr samples" or c.coding in ("none", "lzw", "deflate", "packbits", "zstd", "lzma", "jpeg2000"))
        and (c.planes != "lab" or c.profile == "none")
        and (c.planes not in ("grey", "white is 0", "palette") or c.profile in ("none", "broken"))
        and (c.planes != "white is 0" or (c.bits in ("8", "16", "12 in 16") and not ome))
        # tifffile packs and hands over big-endian samples as they lie, so that such a file holds another picture.
        and (">" not in c.container or eight or c.coding not in ("png", "jpegxl"))
        and (c.bits != "12 packed" or (">" not in c.container and c.coding == "none" and not ome and c.planes in ("rgb", "grey")))
        and (not c.bits.endswith(("float", "integer")) or c.coding in ("none", "lzw", "deflate", "zstd", "lzma"))
        and (eight or c.coding not in WITHOUT_16_BITS)
        and (c.bits == "16" or eight or c.coding not in ("png", "jpegxl"))
        and (c.coding not in ("webp", "png", "jpegxl") or c.planes in ("rgb", "rgba"))
        and (c.coding not in ("webp", "jpegxl", "png") or c.tiling in ("tiles 64", "tiles 256", "one strip"))
        and (c.coding != "jpeg2000" or c.planes in ("rgb", "grey", "separate", "ycbcr samples"))
        and (c.coding != "jpeg2000" or eight or ">" not in c.container)
        and (c.coding != "jpeg2000" or c.tiling in ("tiles 64", "tiles 256", "one strip"))
        and (c.coding not in LOSSY or (c.planes in ("rgb", "grey", "ycbcr", "separate") and not ome))
        and (c.coding not in LOSSY or c.tiling in ("tiles 64", "tiles 256", "one strip"))
        and (c.tiling != "tiles 48 × 80" or c.coding not in LOSSY)
        and (c.container != "aperio" or (c.tiled and c.scale in ("none", "text") and c.planes in ("rgb", "separate", "ycbcr")))
        and (c.container != "aperio" or c.pages in ("one", "smaller pages"))
        and (not c.scale.startswith(("ome", "contradiction")) or ome)
        and (c.scale != "text" or c.container in PLAIN)
        and (c.pages not in ("two fields", "two sizes") or c.planes not in ("palette", "lab"))
        and (c.pages != "focal planes" or ome)
        and (c.pages != "label" or not ome)
        and (c.pages not in ("subifds", "smaller pages") or not by_page)
        and (c.pages != "smaller pages" or not ome)
        and (c.pages not in ("subifds", "smaller pages") or c.planes in ("rgb", "separate", "ycbcr"))
    )  # fmt: skip
    return sound


def _imagej(c: Case) -> bool:
    return c.planes == "pages" or c.bits == "8"


def _jpeg(c: Case) -> bool:
    sound = (
        (c.planes != "grey" or c.profile in ("none", "broken"))
        and (c.planes != "rgb without conversion" or c.coding == "444")
        and (c.pages == "one" or c.planes == "rgb")
        and (c.scale in ("none", "text") or c.planes == "rgb")
    )
    return sound


def _png(c: Case) -> bool:
    sound = (
        (c.planes not in ("grey", "palette") or c.profile in ("none", "broken", "gamma 1"))
        and (c.planes != "palette" or (c.bits == "8" and c.profile != "gamma 1"))
        and (c.planes != "rgba" or c.bits == "8")
        and (c.planes != "grey" or c.bits == "8" or c.profile == "none")
    )
    return sound


def _dicom(c: Case) -> bool:
    jpeg = c.coding in ("jpeg", "jpeg 422")
    sound = (
        (c.planes != "separate" or c.coding in ("none", "implicit"))
        and ((c.planes == "ycbcr") == (c.coding == "jpeg 422"))
        and (c.tiling != "sparse" or ((jpeg or c.coding == "none") and c.pages == "one"))
    )
    return sound


def _zarr(c: Case) -> bool:
    return c.planes != "channels last" or c.pages != "focal planes"


def _scan(c: Case) -> bool:
    return c.planes == "ycbcr" or c.coding == "444"


SOUND: dict[str, Callable[[Case], bool]] = {
    "tiff": _tiff, "tiled": _tiff, "imagej": _imagej, "jpeg": _jpeg, "png": _png, "webp": lambda c: True,
    "dicom": _dicom, "zarr": _zarr, "scan": _scan,
}  # fmt: skip
EVERY = [case for kind, n in DRAWN.items() for case in draw_cases(kind, n)]

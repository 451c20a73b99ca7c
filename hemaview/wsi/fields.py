"""Several camera fields as one slide: laid out on a white sheet in the order of their names, nothing resampled."""

from __future__ import annotations

import base64
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from hemaview.words import all_of, gettext, ngettext
from hemaview.wsi.contents import kind_of
from hemaview.wsi.errors import AlreadyThere, TooLarge, Unreadable
from hemaview.wsi.limits import Limits
from hemaview.wsi.overlap import OnFilm, on_film, overlaps
from hemaview.wsi.picture import Picture, bits_in_use, read_pictures
from hemaview.wsi.sidepyramid import write_pyramid
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from hemaview.wsi.sources.pictures import GAP_PX
from hemaview.wsi.taken import taken_at

LIKE_PX = 16
"""Squares a side of the grid by which copies of a picture are known."""
RESAVED, LEAST_DETAIL = 8, 4.0
"""Levels of 255 by which saving a JPEG again changes a square at most; standard deviation of a picture with anything on it."""
MOST_NAMED = 3


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sorts field-2 before field-10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in re.split(r"(\d+)", name) if part]


def layout(sizes: list[tuple[int, int]], gap_px: int = GAP_PX) -> tuple[int, int, list[tuple[int, int]]]:
    """Width, height and the corner of each field (x, y) on a sheet that is about 4:3, row by row.

    All cells of the grid have the size of the largest field, so that a field's place tells its number.
    """
    cell_w = max(w for w, _ in sizes) + gap_px
    cell_h = max(h for _, h in sizes) + gap_px
    columns = min(len(sizes), max(1, round(math.sqrt(len(sizes) * 4 / 3 * cell_h / cell_w))))
    rows = -(-len(sizes) // columns)
    corners = [(gap_px + (i % columns) * cell_w, gap_px + (i // columns) * cell_h) for i in range(len(sizes))]
    return columns * cell_w + gap_px, rows * cell_h + gap_px, corners


def sheet_of(images: list[pyvips.Image], corners: list[tuple[int, int]], width: int, height: int) -> pyvips.Image:
    """The pictures on a white sheet, each with its upper left corner where `corners` says."""
    sheet = pyvips.Image.black(width, height, bands=3).linear([1, 1, 1], [255, 255, 255]).cast("uchar")
    sheet = sheet.copy(interpretation="srgb")
    for image, (x, y) in zip(images, corners, strict=True):
        sheet = sheet.insert(image, x, y)
    return sheet


def write_fields(
    paths: list[Path],
    out: Path,
    mpp: float | None,
    progress: Callable[[float], None] | None = None,
    limits: Limits | None = None,
    name_by_likeness: Mapping[str, str] | None = None,
    choice: Choice = NO_CHOICE,
) -> dict[str, Any]:
    """Join the pictures to one pyramidal JPEG TIFF at `out`, each as it looks (`picture.read_pictures`), each once.

    `name_by_likeness`: likenesses of pictures that the case has already, each with the name of its slide; such are left out.
    Returns width, height, `fields` ({x, y, w, h, name}, level-0 px; of one that overlaps others also its place on the `film`
    beside them, `OnFilm.as_json`), the `likenesses` of the fields, `stages` (where each lies on the stage, `Stage.as_json` with
    its `photograph`), `notes`, and the focal planes of the sheet (`planes`, the `plane` that it shows, `plane_step_um`). Raises
    SlideError.
    """
    limits = limits or Limits()
    if len(paths) > limits.max_images:
        raise TooLarge(
            gettext("{paths} pictures are more than the {max_images} one slide may be made of.").format(
                paths=len(paths), max_images=limits.max_images
            )
        )
    pictures, notes = _each_once(_read(as_taken(paths), choice), name_by_likeness or {})
    if not pictures:
        raise AlreadyThere(gettext("Each of these pictures is already in the case."))
    sizes = [(p.image.width, p.image.height) for p, _ in pictures]
    notes += _mixed_sizes(sizes)
    width, height, corners = layout(sizes)
    if width * height > limits.max_pixels or max(width, height) > limits.max_side_px:
        raise TooLarge(
            gettext("Together the pictures make {width} × {height} px, more than one slide may have.").format(
                width=width, height=height
            )
        )
    sheet = sheet_of([picture.image for picture, _ in pictures], corners, width, height)
    if progress:
        sheet.set_progress(True)
        sheet.signal_connect("eval", lambda _image, state: progress(state.percent / 100))
    try:
        write_pyramid(sheet, out, mpp, quality=92)
    except pyvips.Error as error:
        raise Unreadable(gettext("One of the pictures is damaged and cannot be read to its end.")) from error
    places, sentences = _on_film([picture for picture, _ in pictures])
    notes += sentences
    stack, sentences = _stack([picture for picture, _ in pictures])
    notes += sentences
    return {
        "width": width,
        "height": height,
        "fields": [
            {"x": x, "y": y, "w": w, "h": h, "name": picture.name} | ({"film": place.as_json()} if place else {})
            for (picture, _), (x, y), (w, h), place in zip(pictures, corners, sizes, places, strict=True)
        ],
        "stages": [
            {"photograph": picture.name, **picture.stage.moved(x, y).as_json()}
            for (picture, _), (x, y) in zip(pictures, corners, strict=True)
            if picture.stage is not None
        ],
        "likenesses": [like for _, like in pictures],
        "notes": notes,
        **stack,
    }


def as_taken(paths: list[Path]) -> list[Path]:
    """By the time at which each was taken where all say it, else by name."""
    times = {path: taken_at(path) for path in paths}
    by_time = all(times.values())
    return sorted(paths, key=lambda p: (times[p] if by_time else "", natural_key(p.name)))


def _on_film(pictures: list[Picture]) -> tuple[list[OnFilm | None], list[str]]:
    """Where each picture lies beside those that show a part of the same film, and what is said of each that does."""
    sizes = [(p.image.width, p.image.height) for p in pictures]
    pairs = overlaps(lambda i: np.asarray(pictures[i].image.numpy()), sizes)
    earlier: dict[int, list[str]] = {}
    for pair in pairs:
        earlier.setdefault(pair.second, []).append(pictures[pair.first].name)
    notes = [
        ngettext(
            "{name} shows a part that {others} also shows: cells there are counted once, each in the picture that shows more "
            "around it.",
            "{name} shows a part that {others} also show: cells there are counted once, each in the picture that shows more "
            "around it.",
            len(names),
        ).format(name=pictures[i].name, others=all_of(names))
        for i, names in sorted(earlier.items())
    ]
    return on_film(pairs, sizes), notes


def likeness(image: pyvips.Image) -> str:
    """What a picture shares with its copies, resaved ones too: its colours on a grid of LIKE_PX squares, as base64."""
    small = image.thumbnail_image(LIKE_PX, height=LIKE_PX, size="force").numpy()
    return base64.b64encode(np.ascontiguousarray(small[..., :3]).astype(np.uint8).tobytes()).decode()


class Copies:
    """Pictures by their likenesses, in which copies of another are looked for: as they are, turned and mirrored.

    Cameras write one field upright or lying, as they are held. Of 251,640 pairs of real fields of four sets none differ by less
    than 13 levels once one is turned or mirrored; turned copies, saved again at JPEG quality 75, differ by 7 at most.
    """

    def __init__(self, name_by_likeness: Mapping[str, str]) -> None:
        self._names: list[str] = []
        self._likes: list[str] = []
        self._grids: list[NDArray[np.int16]] = []
        self._means: list[NDArray[np.float64]] = []
        for like, name in name_by_likeness.items():
            self.add(like, name)

    def add(self, like: str, name: str) -> None:
        grid = _grid(like)
        self._likes.append(like)
        self._names.append(name)
        self._grids.append(grid)
        self._means.append(grid.mean(axis=(0, 1)))

    def of(self, like: str) -> tuple[str, str] | None:
        """The name of the first picture that this one is a copy of, and how it lies: "", "turned" or "mirrored".

        Pictures without detail are copies only where they are the same.
        """
        if like in self._likes:
            return self._names[self._likes.index(like)], ""
        grid = _grid(like)
        if not self._names or grid.reshape(-1, 3).std(axis=0).mean() <= LEAST_DETAIL:
            return None
        near = np.abs(np.stack(self._means) - grid.mean(axis=(0, 1))).max(axis=1) <= RESAVED  # turning keeps the mean
        for i in np.flatnonzero(near):
            for how, laid in _laid(grid):
                if int(np.abs(self._grids[i] - laid).max()) <= RESAVED:
                    return self._names[i], how
        return None


def _grid(like: str) -> NDArray[np.int16]:
    return np.frombuffer(base64.b64decode(like), np.uint8).reshape(LIKE_PX, LIKE_PX, 3).astype(np.int16)


def _laid(grid: NDArray[np.int16]) -> Iterator[tuple[str, NDArray[np.int16]]]:
    """The eight ways in which a picture can lie, with a word for each."""
    for mirrored in (False, True):
        for quarters in range(4):
            how = "mirrored" if mirrored else "turned" if quarters else ""
            yield how, np.rot90(grid[:, ::-1] if mirrored else grid, quarters)


def _stack(pictures: list[Picture]) -> tuple[dict[str, Any], list[str]]:
    """How many focal planes there are of the whole sheet, which one it shows, the step between them; and a note where
    its pictures show different ones."""
    stacks = {(p.planes, p.plane, p.plane_step_um) for p in pictures}
    planes, plane, step_um = min(stacks, key=lambda stack: stack[:2])
    if len(stacks) == 1 or max(n for n, _, _ in stacks) == 1:
        return {"planes": planes, "plane": plane, "plane_step_um": step_um}, []
    note = gettext("Its pictures show different focal planes, each its sharpest; the others cannot be looked at.")
    return {"planes": 1, "plane": 1, "plane_step_um": None}, [note]


def _read(paths: list[Path], choice: Choice) -> list[Picture]:
    """Every picture of every file, those of one camera by the bits that the brightest of them uses."""
    kinds = {path: kind_of(path) for path in paths}
    bits = max(bits_in_use(path, path.name, kinds[path], choice) for path in paths)
    return [picture for path in paths for picture in read_pictures(path, path.name, kinds[path], bits, choice)]


def _each_once(
    pictures: list[Picture], name_by_likeness: Mapping[str, str]
) -> tuple[list[tuple[Picture, str]], list[str]]:
    """The pictures with their likenesses, doubles left out, and what is to be said of it and of each."""
    once: list[tuple[Picture, str]] = []
    notes: list[str] = []
    sentences: dict[str, list[str]] = {}
    here, in_case = Copies({}), Copies(name_by_likeness)
    for picture in pictures:
        like = likeness(picture.image)
        double, there = here.of(like), in_case.of(like)
        if double is not None:
            notes.append(
                gettext(
                    "{name} is the same picture as {other}; it was left out, so that its cells are counted once."
                ).format(name=picture.name, other=_and_how(*double))
            )
        elif there is not None:
            notes.append(
                gettext(
                    "{name} is already in this case, in {slide}; it was left out, so that its cells are counted once."
                ).format(name=picture.name, slide=_and_how(*there))
            )
        else:
            once.append((picture, like))
            here.add(like, picture.name)
            for note in picture.notes:
                sentences.setdefault(note, []).append(picture.name)
    for note, names in sentences.items():
        listed, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
        if more > 0:
            listed = gettext("{names} and {n} more").format(names=listed, n=more)
        notes.append(f"{listed}: {note}" if len(pictures) > 1 else note)
    return once, notes


def _and_how(name: str, how: str) -> str:
    if how == "turned":
        return gettext("{name}, turned").format(name=name)
    return gettext("{name}, mirrored").format(name=name) if how else name


def _mixed_sizes(sizes: list[tuple[int, int]]) -> list[str]:
    counts = Counter(sizes).most_common()
    if len(counts) == 1:
        return []
    listed = ", ".join(
        gettext("{n} of {width} × {height} px").format(n=n, width=w, height=h) for (w, h), n in counts[:MOST_NAMED]
    )
    sentence = gettext("The pictures differ in size ({listed}): they may differ in scale too, so check their µm/px.")
    return [sentence.format(listed=listed)]

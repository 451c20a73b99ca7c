"""Which pages of a TIFF make which picture: planes of one colour each, focal planes, series, fields."""

from __future__ import annotations

import re

from hemaview.words import gettext
from hemaview.wsi import tiff
from hemaview.wsi.errors import SeveralSeries, Unsupported
from hemaview.wsi.omexml import OmeImage
from hemaview.wsi.sources.choice import Choice, plane_note, refuse_missing

PALETTE = 3
ASIDE = re.compile(r"label|macro|thumb|overview|barcode", re.IGNORECASE)
"""Names of pictures that stand beside a slide; label and macro can show who the patient is."""
SAME_SCALE = 0.01
"""So little may stated µm/px of the fields of one slide differ, relative."""
SMALL_SHARE = 0.25
"""Other pictures of a TIFF up to this share of the first one's area stand beside it."""

Pages = list[tuple[int, tiff.Directory]]
"""Numbers and directories of the pages that may be pictures."""
Pictures = tuple[tuple[int, ...], ...]
"""Of each picture the pages that make it: one, or three where red, green and blue are planes of their own."""


def of_pages(
    pages: Pages, name: str, notes: list[str], choice: Choice, together: dict[int, str]
) -> tuple[Pictures, ...]:
    """Pages that nothing describes: those of one size are fields, where they are in colour. One focal plane.

    `together` is given the number and the size of each page that becomes a field beside others.
    """
    first = pages[0][1]
    same = [(i, d) for i, d in pages if _shape(d) == _shape(first)]
    others = _others(pages, first, notes)
    refuse_missing(choice, name, len(pages))
    if choice.series is not None:
        notes.append(gettext("Page {n} of {pages} was taken.").format(n=choice.series, pages=len(pages)))
        return (((pages[choice.series - 1][0],),),)
    if others:
        listed = {number: _size(_shape(d)) for number, (_, d) in enumerate(pages, 1) if not _small(d, first)}
        raise SeveralSeries.of(
            gettext("{name} holds pictures of different sizes ({listed}): choose one by its number, or take them all."),
            listed,
            name=name,
        )
    if len(same) == 1:
        return (((same[0][0],),),)
    if not all(_in_colour(d) for _, d in same):
        raise Unsupported(
            gettext(
                "{name} holds {same} grey pages of one size and does not say whether they are colours, "
                "focal planes or fields; save each field as one colour picture."
            ).format(name=name, same=len(same))
        )
    notes.append(gettext("Its {n} pages were taken as {n} fields.").format(n=len(same)))
    own = {i for i, _ in same}
    together |= {
        number: gettext("page {n}, {size}").format(n=number, size=_size(_shape(d)))
        for number, (i, d) in enumerate(pages, 1)
        if i in own
    }
    return (tuple((i,) for i, _ in same),)


def of_imagej(pages: Pages, text: str, name: str, notes: list[str], choice: Choice) -> tuple[Pictures, ...]:
    """The pictures of an ImageJ stack by focal plane; its pages run over channels, then planes."""
    counts = {k: int(v) for k, v in re.findall(r"^(images|channels|slices|frames)=(\d{1,9})$", text, re.MULTILINE)}
    images, channels = counts.get("images", 1), counts.get("channels", 1)
    if (frames := counts.get("frames", 1)) > 1:
        raise _more(name, frames, "time points")
    slices = counts.get("slices", 1 if channels > 1 else images)
    if channels not in (1, 3) or slices < 1:
        raise Unsupported(
            gettext("{name} holds {channels} channels, not a bright-field colour picture.").format(
                name=name, channels=channels
            )
        )
    refuse_missing(choice, name, planes=slices)
    _note_plane(notes, choice, slices)
    if max(channels, slices) == 1:
        return (((pages[0][0],),),)
    if slices > 1 and channels == 1 and not _in_colour(pages[0][1]):
        raise _more(name, slices, "focal planes in grey")
    if len(pages) < channels * slices:
        raise Unsupported(
            gettext(
                "{name} holds its {channels} planes behind one page; save it from ImageJ as an RGB picture."
            ).format(name=name, channels=channels * slices)
        )
    planes = [tuple(i for i, _ in pages[z * channels : (z + 1) * channels]) for z in range(slices)]
    return tuple((pages_of_z,) for pages_of_z in _planes(planes, name, choice))


def of_ome(
    pages: Pages, series: list[OmeImage], name: str, notes: list[str], choice: Choice, together: dict[int, str]
) -> tuple[tuple[Pictures, ...], list[OmeImage]]:
    """The pictures by focal plane, and the series of each; raises Unsupported where channels would be lost,
    SeveralSeries where one must be chosen. `together`: as in `of_pages`, of series."""
    if sum(s.planes for s in series) > len(pages):
        raise Unsupported(
            gettext(
                "{name} describes {sum} planes but holds {pages}: the others lie in other files; save them as one file."
            ).format(name=name, sum=sum(s.planes for s in series), pages=len(pages))
        )
    main, at = series[0], 0
    slides: list[tuple[int, OmeImage, tuple[int, ...]]] = []
    for number, one in enumerate(series, 1):
        indices = tuple(i for i, _ in pages[at : at + one.planes])
        at += one.planes
        if choice.series is None and number > 1 and (ASIDE.search(one.name) or _beside(one, main)):
            # Its name can be the patient's: of names only the word that says what it is goes into a note.
            kind = aside.group().lower() if (aside := ASIDE.search(one.name)) else gettext("small")
            notes.append(
                gettext("Series {n} ({kind}, {width} × {height} px) was left out.").format(
                    n=number, kind=kind, width=one.width_px, height=one.height_px
                )
            )
        else:
            slides.append((number, one, indices))
    refuse_missing(choice, name, len(series), max(one.z for one in series))
    _note_plane(notes, choice, max(one.z for one in series))
    if choice.series is not None:
        notes.append(gettext("Series {n} of {every} was taken.").format(n=choice.series, every=len(series)))
        slides = [slides[choice.series - 1]]
        main = slides[0][1]
    elif any((one.width_px, one.height_px) != (main.width_px, main.height_px) for _, one, _ in slides):
        raise SeveralSeries.of(
            gettext("{name} holds {n} series ({listed}): choose one by its number, or take them all."),
            _listed(slides),
            name=name,
            n=len(series),
        )
    elif any(not _of_one_scale(one, main) for _, one, _ in slides):
        raise SeveralSeries.of(
            gettext(
                "{name} holds {n} series of different µm/px ({listed}): choose one by its number, or take them all."
            ),
            _listed(slides),
            name=name,
            n=len(series),
        )
    if len(slides) > 1:
        together |= _listed(slides)
        notes.append(gettext("Its {n} series were taken as {n} fields.").format(n=len(slides)))
    if at < len(pages):
        notes.append(gettext("{n} pages that its description does not name were left out.").format(n=len(pages) - at))
    by_series = [_colours(one, indices, name, choice) for _, one, indices in slides]
    if len({len(planes) for planes in by_series}) > 1:
        raise Unsupported(
            gettext("{name} holds series of different numbers of focal planes; choose one with --series.").format(
                name=name
            )
        )
    return tuple(zip(*by_series, strict=True)), [one for _, one, _ in slides]


def _note_plane(notes: list[str], choice: Choice, planes: int) -> None:
    if choice.plane_number is not None and planes > 1:
        notes.append(plane_note(choice.plane_number, planes, True))


def _of_one_scale(one: OmeImage, other: OmeImage) -> bool:
    """Whether both state the same µm/px, or none: fields of one slide have one scale."""
    pairs = ((one.um_x, other.um_x), (one.um_y, other.um_y))
    return all(a == b or (a is not None and b is not None and abs(a / b - 1) < SAME_SCALE) for a, b in pairs)


def _listed(slides: list[tuple[int, OmeImage, tuple[int, ...]]]) -> dict[int, str]:
    return {n: f"{s.name or 'unnamed'}, {_size((s.width_px, s.height_px))}" for n, s, _ in slides}


def _shape(directory: tiff.Directory) -> tuple[int, int]:
    return directory.number(tiff.IMAGE_WIDTH), directory.number(tiff.IMAGE_LENGTH)


def _in_colour(directory: tiff.Directory) -> bool:
    return directory.number(tiff.SAMPLES, 1) >= 3 or directory.number(tiff.PHOTOMETRIC, 1) == PALETTE


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} × {shape[1]} px"


def _planes(planes: list[tuple[int, ...]], name: str, choice: Choice) -> list[tuple[int, ...]]:
    """All focal planes, or the one that was chosen."""
    refuse_missing(choice, name, planes=len(planes), series=choice.series or 1)
    return planes if choice.plane_number is None else [planes[choice.plane_number - 1]]


def _reduced(page: tiff.Directory, first: tiff.Directory) -> bool:
    """Whether a page has the shape of the first one made smaller."""
    (w0, h0), (w, h) = _shape(first), _shape(page)
    return w0 / w > 1.2 and abs(h0 * w / w0 - h) <= 1.5


def _small(page: tiff.Directory, first: tiff.Directory) -> bool:
    (w0, h0), (w, h) = _shape(first), _shape(page)
    return page is not first and (_reduced(page, first) or w * h <= SMALL_SHARE * w0 * h0)


def _others(pages: Pages, first: tiff.Directory, notes: list[str]) -> bool:
    """Say what happens to pages that are not of the first one's size; whether one is no small matter."""
    w0, h0 = _shape(first)
    for number, (_, page) in enumerate(pages[1:], 2):
        w, h = _shape(page)
        if (w, h) == (w0, h0):
            continue
        if _reduced(page, first):
            sentence = gettext("Page {n} ({width} × {height} px) was taken as a smaller copy of the first.")
            notes.append(sentence.format(n=number, width=w, height=h))
        elif w * h <= SMALL_SHARE * w0 * h0:
            sentence = gettext("Page {n} ({width} × {height} px), a label or an overview by its size, was left out.")
            notes.append(sentence.format(n=number, width=w, height=h))
        else:
            return True
    return False


def _beside(one: OmeImage, main: OmeImage) -> bool:
    return one.width_px * one.height_px <= SMALL_SHARE * main.width_px * main.height_px


def _colours(image: OmeImage, indices: tuple[int, ...], name: str, choice: Choice) -> list[tuple[int, ...]]:
    """By focal plane the pages of one series in the order red, green, blue, or its only page."""
    if image.t > 1:
        raise _more(name, image.t, "time points")
    names = ", ".join(c.name or "unnamed" for c in image.channels[:6])
    if any(c.fluorescent for c in image.channels):
        raise Unsupported(
            gettext("{name} shows fluorescence ({names}), not a stained film in bright field.").format(
                name=name, names=names
            )
        )
    channels = len(image.channels)
    z_first = image.order.find("Z") < image.order.find("C")
    steps = (1, image.z) if z_first else (channels, 1)
    planes = [tuple(indices[z * steps[0] + c * steps[1]] for c in range(channels)) for z in range(image.z)]
    planes = _planes(planes, name, choice)
    if channels == 1 and image.z > 1 and image.channels[0].samples < 3:
        raise _more(name, image.z, "focal planes in grey")
    if channels == 1:
        return planes
    if len(image.channels) != 3 or any(c.samples != 1 for c in image.channels):
        raise Unsupported(
            gettext(
                "{name} holds {channels} channels ({names}), not a bright-field colour picture; save it as RGB."
            ).format(name=name, channels=len(image.channels), names=names)
        )
    places = {c.colour: i for i, c in enumerate(image.channels)}
    if set(places) == {"red", "green", "blue"}:
        return [(p[places["red"]], p[places["green"]], p[places["blue"]]) for p in planes]
    return planes


def _more(name: str, n: int, what: str) -> Unsupported:
    return Unsupported(
        gettext("{name} holds {n} {what}; save the one that is to be counted as a picture of its own.").format(
            name=name, n=n, what=what
        )
    )

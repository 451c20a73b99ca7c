"""What comes in together: the files of one slide, its main file, its name, and what is to be said of them."""

from __future__ import annotations

import os
import shutil
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from apps.accounts.errors import Refusal
from hemaview.wsi.contents import MAX_NAME, check_name
from hemaview.wsi.dicomseries import Instance, is_dicom
from hemaview.wsi.errors import SeveralSeries, SlideError, Unreadable, Unsupported
from hemaview.wsi.fields import natural_key
from hemaview.wsi.identity import Entry, may_name_patient, names_patient
from hemaview.wsi.patientnames import name_may_tell_patient
from hemaview.wsi.sandbox import Probe, dicom_instances, identity_of, probe_many
from hemaview.wsi.sources.choice import NO_CHOICE, SHARPEST, Choice, refuse_missing
from hemaview.wsi.sources.mrxs import SLIDEDAT, missing_files
from hemaview.wsi.sources.names import data_folder, of_sets

MOST_NAMED = 4
NAMELESS = "The names of its files say who the patient is, as the files do themselves; they are not used."
MAY_TELL = (
    "The names of its files look as if they say who the patient is, so they are not used; they stand in what its files say, "
    "for who may see it."
)
MOST_LIST_BYTES = 16 * 1024**2
Files = list[tuple[Path, str]]


@dataclass(frozen=True)
class Incoming:
    """The files of one slide that comes in."""

    files: Files
    """Paths and names."""
    main: str
    """The name of the main one."""
    probes: list[Probe]
    """Of each that opens by itself."""
    title: str
    """What the slide is called where nobody names it."""
    notes: list[str]
    """Sentences on what was left out or chosen."""
    choice: Choice = NO_CHOICE
    """Of what the main file holds; a DICOM series is chosen by its files."""
    own_names: dict[str, str] = field(default_factory=dict)
    """By the name that a file has here, the name that it came with, where that one may say who the patient is."""


def look_at(files: Files, dicom: set[Path], choice: Choice = NO_CHOICE) -> Incoming:
    """What the files are together; raises SlideError (SeveralSeries where a person must choose) or Refusal.

    `dicom`: DICOM files that were named, the others having been found beside them; empty where all were named.
    """
    try:
        return _looked_at([(path, check_name(name)) for path, name in files], dicom, choice)
    except SeveralSeries as several:
        raise _without_patient(several, files) from None


def _without_patient(several: SeveralSeries, files: Files) -> SeveralSeries:
    """The same list of slides, those whose names hold a name or number of the patient called by their number alone."""
    entries = identity_of(files)
    telling = {n for n, one in several.listed.items() if may_name_patient(one.rpartition(", ")[0], entries)}
    if not telling and not names_patient(several.message, entries):
        return several
    listed = {
        n: f"slide {n}, {one.rpartition(', ')[2]}" if n in telling or names_patient(one, entries) else one
        for n, one in several.listed.items()
    }
    return SeveralSeries.of(
        gettext("These files contain {n} slides ({listed}): choose one by its number, or take them all."),
        listed,
        n=len(listed),
    )


def _looked_at(files: Files, dicom: set[Path], choice: Choice) -> Incoming:
    if any(is_dicom(path) for path, _ in files):
        return _one_series(files, dicom, choice)
    main, probes = _inspect(files, choice)
    title = _title(files, main)
    if choice.series is not None:
        title = f"{Path(title).stem}, series {choice.series}"[:MAX_NAME]
    return Incoming(files, main, probes, title, [], choice)


def _one_series(files: Files, dicom: set[Path], choice: Choice) -> Incoming:
    """The series that holds a slide, or the chosen one of several."""
    strangers = [name for path, name in files if not is_dicom(path)]
    instances = _instances([f for f in files if f[1] not in strangers], dicom)
    wanted = {i.series for (path, _), i in instances.items() if path in dicom}
    slides: dict[str, list[Instance]] = {}
    for instance in instances.values():
        if instance.width_px and (not wanted or instance.series in wanted):
            slides.setdefault(instance.series, []).append(instance)
    if not slides:
        raise Unsupported(
            gettext(
                "{name} is not part of a DICOM series of a whole slide: it contains no image of the slide itself."
            ).format(name=files[0][1])
        )
    refuse_missing(choice, files[0][1], len(slides), max(i.focal_planes for s in slides.values() for i in s))
    if len(slides) > 1 and choice.series is None:
        listed = {number: _series_words(levels) for number, levels in enumerate(slides.values(), 1)}
        raise SeveralSeries.of(
            gettext("These files contain {n} DICOM series ({listed}): choose one by its number, or take them all."),
            listed,
            n=len(slides),
        )
    series, levels = list(slides.items())[(choice.series or 1) - 1]
    largest = max(levels, key=lambda i: i.width_px * i.height_px)
    if largest.optical_paths > 1:
        raise Unsupported(
            gettext("{name} holds {optical_paths} optical paths; export the one to be counted.").format(
                name=largest.name, optical_paths=largest.optical_paths
            )
        )
    plane = choice.plane if choice.plane is not None or largest.focal_planes == 1 else SHARPEST
    of_file = Choice(plane=plane if largest.focal_planes > 1 else None)
    of_series = [f for f, i in instances.items() if i.series == series]
    names = Counter(name for _, name in of_series)
    if max(names.values()) > 1:  # archives number the files of each folder anew
        renamed = {f: (f[0], f"{number}-{f[1]}") for number, f in enumerate(of_series, 1)}
        instances = {renamed.get(f, f): i for f, i in instances.items()}
        of_series = list(renamed.values())
    others = [i.name for i in instances.values() if i.series not in (series, "", *slides)]
    rest = [*(others if not wanted else ()), *strangers]
    notes = [f"{_some(rest)}: left out, not of the slide's DICOM series."] if rest else []
    if len(slides) > 1:
        notes.append(f"Series {choice.series} of {len(slides)} was taken.")
    main = next(f for f, i in instances.items() if i is largest)
    probes = _probe_with_companions(of_series, main, of_file)
    several = len({i.series for i in instances.values() if i.width_px}) > 1
    return Incoming(
        of_series,
        main[1],
        probes,
        _title_of(largest, main[1] if several else "", choice.series if len(slides) > 1 else None),
        notes,
        of_file,
    )


def _instances(files: Files, dicom: set[Path]) -> dict[tuple[Path, str], Instance]:
    """What each file says of itself; a damaged one that nobody named but that lies beside one is no matter of this slide."""
    instances = {}
    for (path, name), instance in zip(files, dicom_instances(files), strict=True):
        if instance is not None:
            instances[path, name] = instance
        elif not dicom or path in dicom:
            raise Unreadable(gettext("{name} is damaged and cannot be read as DICOM.").format(name=name))
    return instances


def _series_words(levels: list[Instance]) -> str:
    largest = max(levels, key=lambda i: i.width_px * i.height_px)
    name = f"{largest.description} in {largest.name}" if largest.description else largest.name
    return f"{name}, {largest.width_px} × {largest.height_px} px"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def _title_of(instance: Instance, file_name: str, series: int | None) -> str:
    """A name from the series' description; files of a series are called by number, or like their label.

    `file_name` and the number of the chosen `series` tell series without a description apart where others lie beside them.
    """
    try:
        return check_name(instance.description)
    except SlideError:
        number = f"DICOM series {series or instance.number}".strip()
        return f"{number}, {file_name}"[:MAX_NAME] if file_name else number


def _inspect(files: list[tuple[Path, str]], choice: Choice) -> tuple[str, list[Probe]]:
    """The main file's name and a probe of each file that must open by itself; raises SlideError."""
    main = next((f for f in files if of_sets(f[1])), None)
    if main is not None and Path(main[1]).suffix.lower() == ".mrxs":
        _refuse_incomplete(main[1], [f for f in files if f is not main])
    if main is not None and len(files) > 1:
        return main[1], _probe_with_companions(files, main, choice)
    if choice.series is not None and len(files) > 1:
        raise Refusal(gettext("Choose a series of one file at a time."), code="invalid")
    probes = probe_many([(path, name) for path, name in files], choice=choice)
    if len(files) > 1 and any(p.kind == "slide" for p in probes):
        raise Refusal(
            gettext("Add one slide at a time; several files at once must all be photographs of one slide."),
            code="mixed-files",
        )
    return files[0][1], probes


def _refuse_incomplete(main: str, others: Files) -> None:
    """Raise Unsupported for an MRXS without the files in the folder beside it, naming what is missing."""
    listed = next((path for path, name in others if name.lower() == SLIDEDAT.lower()), None)
    slidedat = listed.read_bytes() if listed is not None and listed.stat().st_size <= MOST_LIST_BYTES else None
    missing = missing_files([name for _, name in others], slidedat)
    if missing:
        raise Unsupported(
            gettext(
                "{main} keeps its pixels in the folder {data_folder} beside it, which lacks {some}: add the file "
                "together with that whole folder."
            ).format(main=main, data_folder=data_folder(main), some=_some(missing))
        )


def _probe_with_companions(files: Files, main: tuple[Path, str], choice: Choice = NO_CHOICE) -> list[Probe]:
    """Multi-file formats find their other files by name, so they are probed under their own names."""
    folder = Path(settings.UPLOADS_DIR) / f"look-{uuid.uuid4()}"
    folder.mkdir(parents=True)
    try:
        names = [name for _, name in files]
        for path, name in files:
            target = folder / stored_name(name, names)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.symlink(path.resolve(), target)
        return probe_many([(folder / stored_name(main[1], names), main[1])], choice=choice)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def nameless(incoming: Incoming, entries: list[Entry], accession: str, rename: bool = True) -> Incoming:
    """The same with neutral names in the place of those that hold, or look as if they hold, a name or number of the patient,
    told in a note; the files' own stay in `own_names`.

    Slides that find their other files by name keep them, as those do that stay where they are (not `rename`).
    """
    names = sorted((name for _, name in incoming.files), key=natural_key)
    certain = {name for name in names if names_patient(name, entries, accession)}
    telling = [name for name in names if name in certain or name_may_tell_patient(name, accession)]
    if not telling:
        return incoming
    notes = [*incoming.notes, NAMELESS if certain else MAY_TELL]
    word = "Photograph" if all(p.kind == "picture" for p in incoming.probes) else "Slide"
    neutral = {name: name for name in names}
    for i, name in enumerate(names, 1):
        if name in telling:
            neutral[name] = _unused(f"{word} {i}", Path(name).suffix, set(neutral.values()))
    for name in telling:
        notes = [note.replace(name, neutral[name]) for note in notes]
    if not rename or any(of_sets(name) for name in names):
        return replace(incoming, notes=notes, own_names={name: name for name in telling})
    return replace(
        incoming,
        files=[(path, neutral[name]) for path, name in incoming.files],
        main=neutral[incoming.main],
        notes=notes,
        own_names={neutral[name]: name for name in telling},
    )


def _unused(stem: str, suffix: str, names: set[str]) -> str:
    name, n = f"{stem}{suffix}", 1
    while name in names:
        n += 1
        name = f"{stem}-{n}{suffix}"
    return name


def stored_name(name: str, names: list[str]) -> str:
    """Where a file lies inside `original/`: some slides keep their data in a folder named by their main file."""
    for main in names:
        kind = of_sets(main)
        if kind and name != main and Path(name).suffix.lower() in kind.beside and (folder := data_folder(main)):
            return f"{folder}/{name}"
    return name


def _title(files: list[tuple[Path, str]], main: str) -> str:
    if len(files) == 1 or of_sets(main):
        return main
    return title_of_fields([Path(name).stem for _, name in files])


def title_of_fields(names: list[str]) -> str:
    """What a slide of several photographs is called, by the names of those on it."""
    title = names[0] if len(names) == 1 else f"{len(names)} fields, {names[0]} to {names[-1]}"
    return title[:MAX_NAME]


def common_mpp(pictures: list[Probe]) -> tuple[float | None, list[str]]:
    """µm/px that every one of the pictures states, to a hundredth, else None; and what is to be said of it."""
    stated = [p.mpp for p in pictures if p.mpp]
    if not stated:
        return None, []
    if max(stated) > 1.01 * min(stated):
        return None, [
            f"The pictures state different µm/px ({min(stated):.4g} to {max(stated):.4g}), so none was taken: give those of the "
            "slide, or bring in pictures of each scale as a slide of their own."
        ]
    if len(stated) < len(pictures):
        return None, [
            f"Only {len(stated)} of {len(pictures)} pictures state µm/px ({stated[0]:.4g}), so none was taken."
        ]
    sources = sorted({p.mpp_from for p in pictures})
    return stated[0], [f"{stated[0]:.4g} µm/px as the file states in {', '.join(sources)}."]


def scale_notes(probe: Probe) -> list[str]:
    return [f"{probe.mpp:.4g} µm/px as the file states in {probe.mpp_from}."] if probe.mpp and probe.mpp_from else []


def contradicted(mpp: float, stated: float | None) -> list[str]:
    """A sentence where a person's µm/px are not those of the file."""
    if not stated or abs(mpp - stated) <= 0.02 * stated:
        return []
    return [f"The file states {stated:.4g} µm/px; the {mpp:.4g} that were given are used."]

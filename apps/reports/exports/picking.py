"""The picking list of nucleated red cells: as a table, and as a page to print and take to the microscope."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

import numpy as np
from django.utils.translation import gettext, gettext_noop, ngettext

from apps.accounts.errors import Conflict
from apps.reports.exports.csv import HBF_NAMES, written
from apps.reports.exports.exporter import Exporter
from apps.reports.exports.source import DRAFT, SIGNED, Part, Source
from apps.review.picking import CONFIRMED, EXCLUDED, PENDING, Candidate, candidates, has_candidates, stage_words
from apps.slides.models import Slide

COLUMNS = (
    "status", "accession", "slide", "examination", "rank", "cell", "photograph", "x_um", "y_um", "x_px", "y_px",
    "probability", "state", "by", "hbf", "hbf_by", "cut_or_outside", "stage_x_um", "stage_y_um", "stage_from",
)  # fmt: skip
PAGE_MM = (210, 297)
MARGIN_MM = 12
MAP_TOP_MM, MAP_HEIGHT_MM = 34, 150
LINES = 40
"""Candidates that the page names in writing, in two columns; the map shows all."""
LOOKS = {PENDING: ("#b35900", "none"), CONFIRMED: ("#006d2c", "#006d2c"), EXCLUDED: ("#777777", "none")}
"""State to the colour of its ring and what fills it: told apart without colour too, for excluded ones are crossed out."""
WORDS = {
    PENDING: gettext_noop("pending"),
    CONFIRMED: gettext_noop("confirmed"),
    EXCLUDED: gettext_noop("excluded"),
    SIGNED: gettext_noop("signed"),
    DRAFT: gettext_noop("draft"),
}
"""What the page says of a candidate's state, and of its own."""
STEPS_UM = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def table(source: Source) -> Iterator[bytes]:
    """One line a candidate, in order of rank, of each analysis that looks for nucleated red cells."""
    lines = [
        (
            source.status, source.case.accession, part.job.slide.name, part.job.assay, c.rank, f"{part.job.pk}:{c.cell}",
            c.photograph, round(c.x_um, 1), round(c.y_um, 1), round(c.x_px, 1), round(c.y_px, 1), c.probability, c.state,
            c.by, c.hbf, c.hbf_by, c.cut, *_on_stage(c), stage_words(part.job),
        )
        for part, listed in _listed(source)
        for c in listed
    ]  # fmt: skip
    return written(lines, COLUMNS)


def _on_stage(c: Candidate) -> tuple[float | str, float | str]:
    return ("", "") if c.stage_um is None else (round(c.stage_um[0], 1), round(c.stage_um[1], 1))


def page(source: Source) -> Iterator[bytes]:
    """An A4 page as SVG, one below the other for several analyses: the slide, its candidates by rank, their places in µm."""
    pages = [_page(source, part, listed) for part, listed in _listed(source)]
    width, height = PAGE_MM[0], PAGE_MM[1] * len(pages)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="3.2">'
    )
    yield head.encode()
    for i, body in enumerate(pages):
        yield f'<g transform="translate(0 {PAGE_MM[1] * i})">{body}</g>'.encode()
    yield b"</svg>"


def _listed(source: Source) -> list[tuple[Part, Sequence[Candidate]]]:
    until: datetime | None = source.report.signed_at if source.report else None
    parts = [(p, candidates(p.job, p.labels, until)) for p in source.parts if has_candidates(p.job)]
    if not parts:
        raise Conflict(
            gettext("No analysis here looks for nucleated red cells; there is nothing to pick."), code="no-candidates"
        )
    return parts


def _page(source: Source, part: Part, listed: Sequence[Candidate]) -> str:
    job, slide = part.job, part.job.slide
    mpp = float(job.mpp or 0)
    scale = min((PAGE_MM[0] - 2 * MARGIN_MM) / slide.width, MAP_HEIGHT_MM / slide.height)
    w, h = slide.width * scale, slide.height * scale
    title = gettext("Picking list of nucleated red cells: {accession}").format(accession=source.case.accession)
    summary = ngettext(
        "{slide}; {protocol}; {mpp} µm/px ({mpp_source}); {n} candidate: {pending} pending, {confirmed} confirmed, {excluded} "
        "excluded.",
        "{slide}; {protocol}; {mpp} µm/px ({mpp_source}); {n} candidates: {pending} pending, {confirmed} confirmed, {excluded} "
        "excluded.",
        len(listed),
    ).format(
        slide=slide.name,
        protocol=job.protocol,
        mpp=f"{mpp:.4f}",
        mpp_source=Slide.MppSource.words(job.mpp_source),
        n=len(listed),
        **{state: sum(c.state == state for c in listed) for state in LOOKS},
    )
    places = _places_sentence(bool(slide.photo_fields), bool(slide.stage)).format(status=gettext(WORDS[source.status]))
    legend = gettext("Ring: pending. Disc: confirmed. Crossed: excluded. Numbers are ranks.")
    head = [
        _text(MARGIN_MM, 14, title, 5),
        _text(MARGIN_MM, 20, summary),
        _text(MARGIN_MM, 25, places),
        _text(MARGIN_MM, 30, f"{legend} {stage_words(job)}", 2.5),
    ]
    body = [
        f'<rect x="{MARGIN_MM}" y="{MAP_TOP_MM}" width="{w:.2f}" height="{h:.2f}" fill="#f4f4f4" '
        'stroke="#000" stroke-width="0.2"/>'
    ]
    if slide.thumbnail_file.is_file():
        picture = base64.b64encode(slide.thumbnail_file.read_bytes()).decode()
        body.append(
            f'<image x="{MARGIN_MM}" y="{MAP_TOP_MM}" width="{w:.2f}" height="{h:.2f}" opacity="0.55" '
            f'preserveAspectRatio="none" href="data:image/jpeg;base64,{picture}"/>'
        )
    if not slide.photo_fields and mpp:
        body += _grid(slide.width * mpp, slide.height * mpp, w, h)
    for photo in slide.photo_fields:
        x, y = MARGIN_MM + photo["x"] * scale, MAP_TOP_MM + photo["y"] * scale
        body.append(
            f'<rect x="{x:.2f}" y="{y:.2f}" width="{photo["w"] * scale:.2f}" height="{photo["h"] * scale:.2f}" '
            'fill="none" stroke="#444" stroke-width="0.15"/>'
        )
    body += [_mark(c, scale) for c in reversed(listed)]
    return "".join([*head, *body, *_lines(listed, MAP_TOP_MM + h + 8)])


def _places_sentence(photographs: bool, stage: bool) -> str:
    """From where the page's places are measured, with a place for its status."""
    if photographs and stage:
        return gettext(
            "{status}. µm from the upper left corner of each photograph, in brackets on the stage. Research use only."
        )
    if photographs:
        return gettext("{status}. µm from the upper left corner of each photograph. Research use only.")
    if stage:
        return gettext(
            "{status}. µm from the upper left corner of the scan, in brackets on the stage. Research use only."
        )
    return gettext("{status}. µm from the upper left corner of the scan. Research use only.")


def _grid(width_um: float, height_um: float, w: float, h: float) -> list[str]:
    """Lines every so many µm, so that a stage's verniers can be followed."""
    step = next((s for s in STEPS_UM if max(width_um, height_um) / s <= 12), STEPS_UM[-1])
    lines = []
    for x in np.arange(0, width_um, step):
        at = MARGIN_MM + x / width_um * w
        lines.append(f'<path d="M{at:.2f} {MAP_TOP_MM}v{h:.2f}" stroke="#888" stroke-width="0.08"/>')
        lines.append(_text(at, MAP_TOP_MM - 0.8, f"{x:,.0f}", 2.2))
    for y in np.arange(0, height_um, step):
        at = MAP_TOP_MM + y / height_um * h
        lines.append(f'<path d="M{MARGIN_MM} {at:.2f}h{w:.2f}" stroke="#888" stroke-width="0.08"/>')
        lines.append(_text(1.5, at + 0.8, f"{y:,.0f}", 2.2))
    return [
        *lines,
        _text(MARGIN_MM, MAP_TOP_MM + h + 3.5, gettext("Lines every {step} µm.").format(step=f"{step:,}"), 2.6),
    ]


def _mark(c: Candidate, scale: float) -> str:
    x, y = MARGIN_MM + c.x_px * scale, MAP_TOP_MM + c.y_px * scale
    ring, fill = LOOKS[c.state]
    svg = f'<circle cx="{x:.2f}" cy="{y:.2f}" r="1.1" fill="{fill}" stroke="{ring}" stroke-width="0.35"/>'
    if c.state == EXCLUDED:
        svg += f'<path d="M{x - 1.1:.2f} {y - 1.1:.2f}l2.2 2.2" stroke="{ring}" stroke-width="0.35"/>'
    return svg + _text(x + 1.5, y + 1, str(c.rank), 2.6)


def _lines(listed: Sequence[Candidate], top: float) -> list[str]:
    listing = [c for c in listed if c.state != EXCLUDED][:LINES]
    lines = []
    for i, c in enumerate(listing):
        column, line = divmod(i, LINES // 2)
        x, y = MARGIN_MM + column * 95, top + 4 * line
        state = ", ".join(gettext(word) for word in (WORDS[c.state], HBF_NAMES[c.hbf] if c.hbf else "") if word)
        where = f"{c.x_um:,.0f}, {c.y_um:,.0f} µm"
        if c.photograph:
            where = gettext("{place} in {photograph}").format(place=where, photograph=c.photograph)
        stage = f" ({c.stage_um[0]:,.0f}, {c.stage_um[1]:,.0f})" if c.stage_um else ""
        lines.append(_text(x, y, f"{c.rank}. {where}{stage}: {state}", 2.9))
    n_more = sum(c.state != EXCLUDED for c in listed) - len(listing)
    if n_more > 0:
        sentence = ngettext(
            "{n} more is on the map and in the table.", "{n} more are on the map and in the table.", n_more
        ).format(n=f"{n_more:,}")
        lines.append(_text(MARGIN_MM, top + 4 * LINES // 2 + 2, sentence, 2.9))
    return lines


def _text(x: float, y: float, text: str, size: float = 3.2) -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size}">{escape(text)}</text>'


TABLE = Exporter("picking-csv", gettext_noop("Picking list as CSV"), "-picking.csv", "text/csv; charset=utf-8", table)
MAP = Exporter("picking-map", gettext_noop("Picking map to print (SVG)"), "-picking.svg", "image/svg+xml", page)

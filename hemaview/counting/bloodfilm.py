"""A blood film's counts: red-cell classes, white-cell differential, NRBC per 100 WBC, I:T, platelets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hemaview.cells.schema import Schema
from hemaview.counting.grades import Grade, grade
from hemaview.counting.intervals import Interval, odds, percent, proportion, rate
from hemaview.counting.rules import Rules
from hemaview.counting.unsettled import against

IMMATURE = ("promyelocyte", "myelocyte", "metamyelocyte", "immature_granulocyte", "band_neutrophil")


@dataclass(frozen=True)
class Row:
    """One class: how many, of how many in percent, its grade where it has one."""

    key: str
    count: int
    percent: Interval | None
    grade: Grade | None = None


@dataclass(frozen=True)
class Section:
    """Classes that share one n."""

    key: str
    title: str
    n: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Counts:
    """Everything a blood film's report counts, from class totals alone."""

    rules: str
    sections: tuple[Section, ...]
    nrbc_per_100_wbc: Interval | None
    nrbc: int
    wbc: int
    it_ratio: Interval | None
    immature: int
    platelets_per_mm2: Interval | None
    outside: Mapping[str, int]
    unsettled: tuple[str, ...]
    notes: tuple[str, ...] = field(default_factory=tuple)


def count_blood_film(totals: Mapping[str, int], schema: Schema, rules: Rules, area_mm2: float | None = None) -> Counts:
    """Counts from the number of cells of each class (key → cells).

    `area_mm2` is the area of the counted fields, for the density of platelets where the schema has any. Source of the
    rules: `rules`.
    """
    have = {c.key: int(totals.get(c.key, 0)) for c in schema.classes}
    rbc = _section("rbc", "Red-cell morphology", have, schema, rules)
    wbc = _section("wbc", "White-cell differential", have, schema, rules)
    ery = _section("nrbc", "Erythroid cells", have, schema, rules)
    nrbc = ery.n
    notes: list[str] = []
    schistocytes = have.get("schistocyte", 0)
    if "schistocyte" in schema.by_key and rbc.n and rbc.n < rules.schistocyte_min_red_cells:
        notes.append(
            f"Schistocytes are reported from {rules.schistocyte_min_red_cells:,} red cells on; {rbc.n:,} were counted."
        )
    if 0 < wbc.n < 100:
        notes.append(f"Only {wbc.n} white cells were counted; a differential is usually of 100 or more.")
    if not wbc.n and nrbc:
        notes.append("NRBC were seen but no white cell: no rate per 100 white cells can be given.")
    per_100 = odds(nrbc, wbc.n).scaled(100) if wbc.n else None
    if per_100 and per_100.value >= rules.nrbc_correct_from:
        notes.append("A white-cell count of an analyser must be corrected for NRBC: WBC × 100 / (100 + NRBC per 100).")
    immature = sum(have.get(k, 0) for k in IMMATURE)
    neutrophils = immature + have.get("segmented_neutrophil", 0)
    platelets = have.get("platelet", 0) + have.get("giant_platelet", 0)
    if have.get("platelet_clump"):
        notes.append("Platelet clumps were seen; the platelet density is too low for it.")
    return Counts(
        rules=f"{rules.name} {rules.version}",
        sections=tuple(s for s in (wbc, rbc, ery) if s.rows and (s is not ery or len(s.rows) > 1)),
        nrbc_per_100_wbc=per_100,
        nrbc=nrbc,
        wbc=wbc.n,
        it_ratio=proportion(immature, neutrophils) if neutrophils else None,
        immature=immature,
        platelets_per_mm2=rate(platelets, area_mm2) if area_mm2 and "platelet" in schema.by_key else None,
        outside={
            c.key: have[c.key]
            for c in schema.classes
            if (not c.counted or c.group in ("platelet", "other")) and have[c.key]
        },
        unsettled=tuple(_unsettled(have, wbc.n, rbc.n, schistocytes, rules)),
        notes=tuple(notes),
    )


def corrected_wbc(wbc: float, nrbc_per_100_wbc: float) -> float:
    """An analyser's white-cell count without the NRBC it took for white cells: WBC · 100 / (100 + NRBC per 100)."""
    return wbc * 100 / (100 + nrbc_per_100_wbc)


def _section(key: str, title: str, have: Mapping[str, int], schema: Schema, rules: Rules) -> Section:
    classes = [c for c in schema.group_of(key) if c.counted]
    n = sum(have[c.key] for c in classes)
    rows = []
    for c in classes:
        share = percent(have[c.key], n) if n else None
        limits = rules.grades.get(c.key)
        graded = grade(share, limits) if share and limits else None
        if c.key == "schistocyte" and n < rules.schistocyte_min_red_cells:
            graded = None
        rows.append(Row(c.key, have[c.key], share, graded))
    return Section(key, title, n, tuple(rows))


def _unsettled(have: Mapping[str, int], wbc: int, rbc: int, schistocytes: int, rules: Rules) -> list[str]:
    found: list[tuple[str, int, int, float]] = []
    for limit in rules.limits:
        n = wbc if limit["of"] == "wbc" else rbc
        if n and have.get(limit["class"], 0):
            found.append((limit["text"], have[limit["class"]], n, limit["percent"] / 100))
    if schistocytes and rbc >= rules.schistocyte_min_red_cells:
        text = f"schistocytes against {rules.schistocyte_limit_percent:g} % of red cells"
        found.append((text, schistocytes, rbc, rules.schistocyte_limit_percent / 100))
    sentences = []
    for text, count, n, limit_share in found:
        verdict = against(count, n, limit_share)
        if verdict.settled:
            continue
        share = percent(count, n)
        more = (
            f"about {verdict.more_cells:,} more cells would settle it"
            if verdict.more_cells
            else "more cells may not settle it"
        )
        sentences.append(
            f"Not settled: {text}: {share.value:.1f} % ({share.low:.1f}-{share.high:.1f}); at the present share {more}."
        )
    return sentences


def as_json(counts: Counts) -> dict[str, Any]:
    """The short form of the command line: {"rbc": {class: cells}, "wbc": {…}, "nrbc_per_100_wbc": number or null}."""
    answer: dict[str, Any] = {s.key: {r.key: r.count for r in s.rows if r.count} for s in counts.sections}
    answer["nrbc_per_100_wbc"] = round(counts.nrbc_per_100_wbc.value, 2) if counts.nrbc_per_100_wbc else None
    return answer

"""A blood film's counts: differential, red-cell morphology, nucleated red cells, platelets, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from math import pi

from hemaview.assays.rules import Rules
from hemaview.cells.schema import Schema
from hemaview.counting.grades import grade_limits
from hemaview.counting.intervals import Interval, odds, percent, proportion, rate
from hemaview.counting.values import (
    Finding,
    Ratio,
    Result,
    Row,
    Section,
    Tally,
    Unsettled,
    section,
    unidentified_note,
    unsettled,
    with_errors,
)
from hemaview.counting.words import no_area, poor
from hemaview.words import gettext, ngettext

IMMATURE = ("promyelocyte", "myelocyte", "metamyelocyte", "immature_granulocyte", "band_neutrophil")
PLATELETS = ("platelet", "giant_platelet")


def count(tally: Tally, schema: Schema, rules: Rules) -> Result:
    """Counts of one or several films of one patient. Sources of the rules: `rules.toml`."""
    nucleated = [c.key for c in schema.of_kind("nucleated")]
    shares = with_errors(_differential(tally, schema, rules), tally, nucleated)
    red_cells = _red_cells(tally, schema, rules)
    nrbc = _nrbc(tally, schema)
    platelets = _numbers(
        "platelets",
        gettext("Platelets"),
        gettext("platelets"),
        _counts(tally, schema, "platelet"),
        tally.of(*PLATELETS),
    )
    nrbc_rate = _nrbc_rate(nrbc.n, shares.n, rules)
    corrected = _corrected(nrbc_rate, tally, rules)
    differential = _with_absolute_counts(shares, tally, corrected)
    return Result(
        assay="blood_film",
        rules=rules.title,
        sections=(differential, red_cells, nrbc, platelets),
        ratios=(nrbc_rate, corrected, _it_ratio(tally, rules), *_densities(tally, rules)),
        findings=tuple(_findings(tally, red_cells, nrbc_rate, rules)),
        unsettled=tuple(_unsettled(tally, differential, red_cells, rules)),
        outside={c.key: n for c in schema.classes if not c.counted and (n := tally.of(c.key))},
        notes=tuple(_notes(tally, differential, red_cells, nrbc, rules)),
    )


def corrected_wbc(wbc: float, nrbc_per_100_wbc: float) -> float:
    """An analyser's white-cell count without the NRBC it took for white cells: WBC · 100 / (100 + NRBC per 100)."""
    return wbc * 100 / (100 + nrbc_per_100_wbc)


def _counts(tally: Tally, schema: Schema, group: str) -> list[tuple[str, int]]:
    return [(c.key, tally.of(c.key)) for c in schema.group_of(group) if c.counted]


def _numbers(key: str, title: str, noun: str, counts: list[tuple[str, int]], n: int | None = None) -> Section:
    """A section of numbers alone: a share of its own n would say nothing."""
    total = sum(count for _, count in counts) if n is None else n
    return Section(key, title, total, noun, tuple(Row(name, count) for name, count in counts))


def _nrbc(tally: Tally, schema: Schema) -> Section:
    """Nucleated red cells; what nobody has named may be some."""
    counts = _counts(tally, schema, "nrbc")
    numbers = _numbers("nrbc", gettext("Nucleated red cells"), gettext("nucleated red cells"), counts)
    nameless = tally.of("unidentified")
    if not nameless:
        return numbers
    note = ngettext(
        "{n:,} nucleated cell was left unidentified: NRBC may be among them.",
        "{n:,} nucleated cells were left unidentified: NRBC may be among them.",
        nameless,
    ).format(n=nameless)
    return replace(numbers, unidentified=nameless, note=note)


def _differential(tally: Tally, schema: Schema, rules: Rules) -> Section:
    return section(
        "differential",
        gettext("White-cell differential"),
        gettext("white cells"),
        _counts(tally, schema, "wbc"),
        unidentified=tally.of("unidentified"),
        floor=int(rules.get("differential.percent_from", 0)),
    )


def _with_absolute_counts(differential: Section, tally: Tally, corrected: Ratio) -> Section:
    """With each share times the analyser's white cells, or times those corrected for NRBC where that is applied."""
    wbc = tally.analyser.get("wbc_10e9_per_l")
    if not wbc or not differential.n:
        return differential
    white = corrected.value or Interval(wbc, wbc, wbc)
    rows = tuple(
        replace(r, absolute=_times(r.percent.scaled(0.01), white) if r.percent else None) for r in differential.rows
    )
    return replace(differential, rows=rows)


def _times(a: Interval, b: Interval) -> Interval:
    """Of two values above 0; the ends are the products of the ends, so that the interval is rather too wide."""
    return Interval(a.value * b.value, a.low * b.low, a.high * b.high)


def _red_cells(tally: Tally, schema: Schema, rules: Rules) -> Section:
    counts = _counts(tally, schema, "rbc")
    n, least = sum(count for _, count in counts), int(rules.get("grades_from_red_cells", 0))
    note = poor(gettext("Shapes are not graded: {reason}."), tally.poor_fields) if tally.poor_fields else ""
    if not note and 0 < n < least:
        note = ngettext(
            "Grading of shapes needs at least {least:,} red cells; {n:,} was counted.",
            "Grading of shapes needs at least {least:,} red cells; {n:,} were counted.",
            n,
        ).format(least=least, n=n)
    grades = {} if note else grade_limits(rules.get("grades", {}))
    red_cells = section("red_cells", gettext("Red-cell morphology"), gettext("red cells"), counts, grades, note=note)
    ungraded = red_cells.n < rules.get("schistocyte.min_red_cells", 0)
    shareless = red_cells.n < rules.get("schistocyte.share_from_red_cells", 0)

    def as_far_as_cells_allow(row: Row) -> Row:
        if row.key != "schistocyte":
            return row
        return replace(row, grade=None if ungraded else row.grade, percent=None if shareless else row.percent)

    return replace(red_cells, rows=tuple(as_far_as_cells_allow(row) for row in red_cells.rows))


def _nrbc_rate(nrbc: int, white: int, rules: Rules) -> Ratio:
    key, name, unit = "nrbc_per_100_wbc", gettext("NRBC per 100 white cells"), "/100 WBC"
    floor = int(rules.get("nrbc.rate_from_white_cells", 0))
    basis = ngettext("{nrbc:,} NRBC with {n:,} white cell", "{nrbc:,} NRBC with {n:,} white cells", white).format(
        nrbc=nrbc, n=white
    )
    if not white or white < floor:
        why = ngettext(
            "{n:,} white cell was counted; the rate needs at least {least}.",
            "{n:,} white cells were counted; the rate needs at least {least}.",
            white,
        ).format(n=white, least=max(1, floor))
        return Ratio(key, name, unit, None, why, basis, unit_in_name=True)
    return Ratio(key, name, unit, odds(nrbc, white).scaled(100), basis=basis, unit_in_name=True)


def _corrected(nrbc_rate: Ratio, tally: Tally, rules: Rules) -> Ratio:
    key, name, unit = "corrected_wbc", gettext("White cells corrected for NRBC"), "10⁹/L"
    wbc, from_rate = tally.analyser.get("wbc_10e9_per_l"), float(rules.get("nrbc.correct_from_per_100_wbc", 0))
    if not wbc:
        return Ratio(key, name, unit, None, gettext("The analyser's white-cell count was not entered."))
    if nrbc_rate.value is None:
        return Ratio(key, name, unit, None, nrbc_rate.why)
    if nrbc_rate.value.value < from_rate:
        why = gettext("It is applied only at {rate:g} or more NRBC per 100 white cells.").format(rate=from_rate)
        return Ratio(key, name, unit, None, why, gettext("analyser {wbc:g}").format(wbc=wbc))
    r = nrbc_rate.value
    interval = Interval(corrected_wbc(wbc, r.value), corrected_wbc(wbc, r.high), corrected_wbc(wbc, r.low))
    return Ratio(
        key, name, unit, interval, basis=gettext("analyser {wbc:g} × 100 / (100 + NRBC per 100)").format(wbc=wbc)
    )


def _it_ratio(tally: Tally, rules: Rules) -> Ratio:
    immature = tally.of(*IMMATURE)
    neutrophils = immature + tally.of("segmented_neutrophil")
    key, name = "it_ratio", gettext("Immature to total neutrophils (I:T)")
    floor = int(rules.get("differential.percent_from", 0))
    basis = ngettext("{immature:,} of {n:,} neutrophil", "{immature:,} of {n:,} neutrophils", neutrophils).format(
        immature=immature, n=neutrophils
    )
    if not neutrophils or neutrophils < floor:
        why = ngettext(
            "{n:,} neutrophil was counted; the ratio needs at least {least}.",
            "{n:,} neutrophils were counted; the ratio needs at least {least}.",
            neutrophils,
        ).format(n=neutrophils, least=max(1, floor))
        return Ratio(key, name, "1", None, why, basis)
    return Ratio(key, name, "1", proportion(immature, neutrophils), basis=basis)


def _densities(tally: Tally, rules: Rules) -> list[Ratio]:
    platelets, area = tally.of(*PLATELETS), tally.counted_mm2
    density = Ratio("platelets_per_mm2", gettext("Platelets per mm²"), "/mm²", None, no_area(), unit_in_name=True)
    field_mm = float(rules.get("platelets.field_diameter_mm", 0))
    name = gettext("Platelets per 100× oil field of {field_mm:g} mm").format(field_mm=field_mm)
    in_field = Ratio("platelets_per_oil_field", name, "/field", None, density.why, unit_in_name=True)
    factor = float(rules.get("platelets.factor_low", 0)), float(rules.get("platelets.factor_high", 0))
    estimate = Ratio("platelets_estimate", gettext("Platelets, estimated"), "10⁹/L", None, density.why)
    ratios = [density, in_field, estimate] if field_mm else [density]
    if area and field_mm:
        per_mm2 = rate(platelets, area)
        fields = per_mm2.scaled(pi * (field_mm / 2) ** 2)
        basis = ngettext("{n:,} platelet on {mm2:.3g} mm²", "{n:,} platelets on {mm2:.3g} mm²", platelets).format(
            n=platelets, mm2=area
        )
        why = poor(gettext("Not estimated: {reason}."), tally.poor_fields) if tally.poor_fields else ""
        scaled = Interval(fields.value * sum(factor) / 2, fields.low * factor[0], fields.high * factor[1])
        estimate_basis = gettext("× {low:g} to {high:g} per platelet of an oil field").format(
            low=factor[0], high=factor[1]
        )
        ratios = [
            replace(density, value=per_mm2, why="", basis=basis),
            replace(in_field, value=fields, why="", basis=basis),
            replace(estimate, value=None if why else scaled, why=why, basis=estimate_basis),
        ]
    elif area:
        ratios = [replace(density, value=rate(platelets, area), why="")]
    searched_mm2 = tally.searched_mm2 or area
    if searched_mm2:
        nrbc, nameless = rate(tally.of("erythroblast"), searched_mm2), tally.of("unidentified")
        basis = gettext("{mm2:.3g} mm² searched").format(mm2=searched_mm2)
        if nameless:
            most = rate(tally.of("erythroblast") + nameless, searched_mm2)
            basis = ngettext(
                "{mm2:.3g} mm² searched; {most:.0f} ({low:.0f}–{high:.0f}) if the {n:,} unidentified cell were NRBC",
                "{mm2:.3g} mm² searched; {most:.0f} ({low:.0f}–{high:.0f}) if the {n:,} unidentified cells were NRBC",
                nameless,
            ).format(mm2=searched_mm2, n=nameless, most=most.value, low=most.low, high=most.high)
        name = gettext("NRBC per mm² searched")
        ratios.append(Ratio("nrbc_per_mm2", name, "/mm²", nrbc, basis=basis, unit_in_name=True))
    return ratios


def _findings(tally: Tally, red_cells: Section, nrbc_rate: Ratio, rules: Rules) -> list[Finding]:
    findings = []
    from_rate = float(rules.get("nrbc.correct_from_per_100_wbc", 0))
    if nrbc_rate.value and nrbc_rate.value.value >= from_rate:
        text = gettext("The analyser's white-cell count must be corrected for NRBC: WBC × 100 / (100 + NRBC per 100).")
        findings.append(Finding("correct_wbc", text))
    if clumps := tally.of("platelet_clump"):
        text = ngettext(
            "{n:,} platelet clump was seen; the platelets in clumps are not counted, so the platelet density is too low.",
            "{n:,} platelet clumps were seen; the platelets in clumps are not counted, so the platelet density is too low.",
            clumps,
        ).format(n=clumps)
        findings.append(Finding("platelet_clumps", text))
    return findings + _unspecific(tally, red_cells, rules)


def _unspecific(tally: Tally, red_cells: Section, rules: Rules) -> list[Finding]:
    """Shapes that many red cells may have without one disease being the cause: a statement each, with its interval. None from
    poor fields, nor from too few red cells."""
    if tally.poor_fields or red_cells.n < rules.get("unspecific_from_red_cells", 0):
        return []
    findings = []
    for limit in rules.get("unspecific", ()):
        share = percent(tally.of(limit["class"]), red_cells.n)
        if share.value > float(limit["percent"]):
            text = gettext("{shape} {share:.1f} % of red cells ({low:.1f}–{high:.1f} %): {meaning}.").format(
                shape=limit["noun"], share=share.value, low=share.low, high=share.high, meaning=limit["text"]
            )
            findings.append(Finding(f"many_{limit['class']}", text))
    return findings


def _unsettled(tally: Tally, differential: Section, red_cells: Section, rules: Rules) -> list[Unsettled]:
    by_key = {s.key: s for s in (differential, red_cells)}
    questions = [
        unsettled(
            limit["class"],
            limit["text"],
            tally.of(limit["class"]),
            by_key[limit["section"]].n,
            float(limit["percent"]),
            by_key[limit["section"]].unidentified,
        )
        for limit in rules.get("limits", ())
    ]
    if red_cells.n >= rules.get("schistocyte.min_red_cells", 0) and not tally.poor_fields:
        limit = float(rules.get("schistocyte.limit_percent", 1))
        text = gettext("schistocytes against {limit:g} % of red cells").format(limit=limit)
        questions.append(unsettled("schistocyte", text, tally.of("schistocyte"), red_cells.n, limit))
    return [u for u in questions if u]


def _notes(tally: Tally, differential: Section, red_cells: Section, nrbc: Section, rules: Rules) -> list[str]:
    notes = unidentified_note(differential)
    least = int(rules.get("schistocyte.min_red_cells", 0))
    if 0 < red_cells.n < least:
        notes.append(
            ngettext(
                "Reporting of schistocytes needs at least {least:,} red cells; {n:,} was counted.",
                "Reporting of schistocytes needs at least {least:,} red cells; {n:,} were counted.",
                red_cells.n,
            ).format(least=least, n=red_cells.n)
        )
    usual = int(rules.get("differential.usual_from", 100))
    if 0 < differential.n < usual:
        notes.append(
            ngettext(
                "Only {n:,} white cell was counted; a differential is usually of {usual} or more.",
                "Only {n:,} white cells were counted; a differential is usually of {usual} or more.",
                differential.n,
            ).format(n=differential.n, usual=usual)
        )
    if not differential.n and nrbc.n:
        notes.append(gettext("NRBC were seen but no white cell: no rate per 100 white cells can be given."))
    if red_cells.note:
        notes.append(red_cells.note)
    return notes

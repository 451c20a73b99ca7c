"""A marrow aspirate's counts: the differential of all nucleated cells, M:E, blasts against their limits (ICSH 2008)."""

from __future__ import annotations

from hemaview.assays.rules import Rules
from hemaview.cells.schema import CellClass, Schema
from hemaview.counting.intervals import odds, percent, rate
from hemaview.counting.values import (
    Finding,
    Ratio,
    Result,
    Section,
    Tally,
    Unsettled,
    section,
    unidentified_note,
    unsettled,
)
from hemaview.counting.words import cells_of, no_area, poor
from hemaview.words import gettext, gettext_noop, ngettext

COUNTED_GROUPS = ("myeloid", "erythroid", "lymphoid")
STAGES = ("proerythroblast", "basophilic_erythroblast", "polychromatic_erythroblast", "orthochromatic_erythroblast")
OF_BLOOD = ("segmented_neutrophil", "lymphocyte", "monocyte")
"""Cells that blood brings into an aspirate."""
PER_MM2 = (
    ("megakaryocyte", gettext_noop("Megakaryocytes per mm²")),
    ("mitotic_cell", gettext_noop("Cells in mitosis per mm²")),
)
_OLD_GROUPS = {"wbc": "myeloid", "nrbc": "erythroid"}
"""Groups of jobs of the first form, whose classes were grouped as a blood film's."""
_LYMPHOID = ("lymphocyte", "plasma_cell", "mast_cell")


def count(tally: Tally, schema: Schema, rules: Rules) -> Result:
    """Counts of one or several slides of one aspirate; n = all nucleated cells of the ICSH list, erythroid included."""
    counts = [(c.key, tally.of(c.key)) for c in schema.classes if _counts(c)]
    differential = section(
        "marrow",
        gettext("Marrow differential"),
        gettext("nucleated cells"),
        counts,
        unidentified=tally.of("unidentified"),
        floor=int(rules.get("differential.percent_from", 0)),
        target=int(rules.get("differential.cells", 500)),
    )
    return Result(
        assay="marrow",
        rules=rules.title,
        sections=(differential,),
        ratios=(_me_ratio(tally, schema, rules), *_densities(tally)),
        findings=tuple(_findings(tally, differential, rules)),
        unsettled=tuple(_unsettled(tally, differential, rules)),
        outside={c.key: n for c in schema.classes if not _counts(c) and (n := tally.of(c.key))},
        notes=tuple(_notes(tally, differential, rules)),
    )


def _counts(c: CellClass) -> bool:
    return c.counted and _group(c) in COUNTED_GROUPS


def _group(c: CellClass) -> str:
    return "lymphoid" if c.key in _LYMPHOID else _OLD_GROUPS.get(c.group, c.group)


def _me_ratio(tally: Tally, schema: Schema, rules: Rules) -> Ratio:
    with_blasts = rules.get("me_ratio.blasts", "all") == "all"
    myeloid = [c.key for c in schema.classes if c.counted and _group(c) == "myeloid"]
    m = tally.of(*(key for key in myeloid if with_blasts or key != "blast"))
    e = tally.of(*(c.key for c in schema.classes if c.counted and _group(c) == "erythroid"))
    basis = (
        gettext("{m:,} : {e:,}, all blasts counted as myeloid")
        if with_blasts
        else gettext("{m:,} : {e:,}, no blasts counted as myeloid")
    ).format(m=m, e=e)
    key, name = "me_ratio", gettext("M:E ratio")
    if not e:
        return Ratio(key, name, "1", None, gettext("No erythroblast was counted."), basis)
    return Ratio(key, name, "1", odds(m, e), basis=basis)


def _densities(tally: Tally) -> list[Ratio]:
    area = tally.searched_mm2 or tally.counted_mm2
    return [_density(key, gettext(name), tally.of(key), area) for key, name in PER_MM2]


def _density(key: str, name: str, count: int, area_mm2: float | None) -> Ratio:
    if not area_mm2:
        return Ratio(f"{key}s_per_mm2", name, "/mm²", None, no_area(), unit_in_name=True)
    basis = gettext("{n:,} on {mm2:.3g} mm²").format(n=count, mm2=area_mm2)
    return Ratio(f"{key}s_per_mm2", name, "/mm²", rate(count, area_mm2), basis=basis, unit_in_name=True)


def _findings(tally: Tally, differential: Section, rules: Rules) -> list[Finding]:
    findings = []
    if differential.n and (blasts := tally.of("blast")):
        share = percent(blasts, differential.n)
        text = gettext("Blasts {share:.1f} % ({low:.1f}–{high:.1f}) of {cells}.").format(
            share=share.value, low=share.low, high=share.high, cells=cells_of(differential.n, "nucleated cells")
        )
        findings.append(Finding("blasts", text))
    blood = tally.of(*OF_BLOOD)
    limit = float(rules.get("dilution.mature_percent", 100))
    if differential.n and blood * 100 >= limit * differential.n:
        share = percent(blood, differential.n)
        text = gettext(
            "{share:.0f} % ({low:.0f}–{high:.0f}) of the cells are segmented neutrophils, lymphocytes and monocytes, as in "
            "peripheral blood: the aspirate may be haemodiluted."
        ).format(share=share.value, low=share.low, high=share.high)
        findings.append(Finding("dilution", text))
    if tumour := tally.of("tumour_cell"):
        text = ngettext(
            "{n:,} cell foreign to the marrow was seen.", "{n:,} cells foreign to the marrow were seen.", tumour
        ).format(n=tumour)
        findings.append(Finding("tumour_cells", text))
    return findings


def _unsettled(tally: Tally, differential: Section, rules: Rules) -> list[Unsettled]:
    questions = [
        unsettled(
            f"{limit['class']}_{limit['percent']:g}",
            limit["text"],
            tally.of(limit["class"]),
            differential.n,
            float(limit["percent"]),
            differential.unidentified,
        )
        for limit in rules.get("limits", ())
    ]
    return [u for u in questions if u]


def _notes(tally: Tally, differential: Section, rules: Rules) -> list[str]:
    notes = unidentified_note(differential)
    usual = int(rules.get("differential.usual_from", 500))
    if 0 < differential.n < usual:
        notes.append(
            ngettext(
                "Only {n:,} nucleated cell was counted; a marrow differential is of {usual:,}, or of {twice:,} from two slides.",
                "Only {n:,} nucleated cells were counted; a marrow differential is of {usual:,}, or of {twice:,} from two "
                "slides.",
                differential.n,
            ).format(n=differential.n, usual=usual, twice=2 * usual)
        )
    if tally.of("erythroblast") and not tally.of(*STAGES):
        notes.append(
            gettext("The model does not distinguish the stages of erythroblasts: they are counted in one row.")
        )
    if tally.poor_fields:
        notes.append(poor(gettext("The fields are of poor quality: {reason}."), tally.poor_fields))
    return notes

"""A case beside the patient: its blood count, and what earlier cases of the same pseudonym held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from apps.analysis.selectors import examinations, reported_jobs
from apps.cases.models import Case
from apps.cases.selectors import cases_for
from apps.review.bloodcount import blood_count
from apps.review.countsjson import pooled_json
from apps.review.state import read_by
from hemaview.counting.words import unit_beside

MOST_CASES = 12
AGE_SLACK_DAYS = 2 * 366
"""Ages are often stated in whole years, and a case may be opened long after its specimen was taken."""
_NO_PICTURE_OF_BLOOD = ("inverted", "no-colour", "wrong-colours")
_RATIOS = ("nrbc_per_100_wbc", "it_ratio", "me_ratio")


def blood_count_of(user: Any, case: Case) -> dict[str, Any]:
    """The blood count of a case: as it was signed where it is signed, else as it is now."""
    if case.locked and (document := _signed(case)) is not None:
        frozen = document.get("blood_count")
        if frozen is None:
            why = gettext("This case was signed before blood counts were kept; its report says what was signed.")
            return {**blood_count({"sex": "", "age_days": None, "analyser": {}}, ()), "notes": [why], "signed": True}
        return {**frozen, "signed": True}
    return {**blood_count(_patient(case), _counts(user, case)), "signed": False}


def history_of(user: Any, case: Case) -> dict[str, Any]:
    """Earlier and later cases of the patient that the person may see, oldest first, and series of figures over them.

    Figures of a signed case are those that were signed. Cases whose sex or age contradicts this one's, or whose pictures have
    false colours, stand in no series (`excluded`, with the reason). At most MOST_CASES cases, the newest; `left_out` says how
    many more.
    """
    if not case.pseudonym:
        return {"cases": [], "series": [], "left_out": 0, "excluded": []}
    cases = cases_for(user).filter(pseudonym=case.pseudonym).order_by("-created_at")
    every = cases.count()
    rows = [*cases[:MOST_CASES]]
    if case not in rows:
        rows = [*rows[: MOST_CASES - 1], case]
    rows.sort(key=lambda one: one.created_at)
    excluded = {one.accession: why for one in rows if (why := _not_comparable(one, case))}
    points = {one.accession: _figures(user, one) for one in rows if one.accession not in excluded}
    return {
        "cases": [
            {
                "accession": one.accession,
                "received": one.created_at,
                "state": one.state,
                "specimen": one.specimen,
                "signed": one.locked,
                "this": one.pk == case.pk,
            }
            for one in rows
        ],
        "series": _series(points, case.accession) if len(points) > 1 else [],
        "left_out": every - len(rows),
        "excluded": [{"accession": name, "why": why} for name, why in excluded.items()],
    }


def _not_comparable(one: Case, case: Case) -> str:
    """Why a case's figures stand in no trend beside this case's, in a sentence; "" where they do."""
    if any(guard["code"] in _NO_PICTURE_OF_BLOOD for job in reported_jobs(one) for guard in job.guards):
        return gettext("Its picture's colours are not those of a stained film.")
    if one.pk == case.pk:
        return ""
    if one.sex and case.sex and one.sex != case.sex:
        return gettext("It is of a {lower} patient, but this case is of a {lower2} one.").format(
            lower=one.get_sex_display().lower(), lower2=case.get_sex_display().lower()
        )
    if one.age_days is None or case.age_days is None:
        return ""
    expected = case.age_days + (one.created_at - case.created_at).days
    if abs(one.age_days - expected) > AGE_SLACK_DAYS:
        return gettext("The stated ages do not match.")
    return ""


def _patient(case: Case) -> dict[str, Any]:
    return {"sex": case.sex, "age_days": case.age_days, "analyser": case.analyser}


def _counts(user: Any, case: Case) -> list[dict[str, Any]]:
    return [pooled_json(together) for together in examinations([read_by(user, job) for job in reported_jobs(case)])]


def _signed(case: Case) -> Mapping[str, Any] | None:
    report = case.reports.order_by("-version").first()
    return report.document if report else None


def _figures(user: Any, case: Case) -> dict[str, dict[str, Any]]:
    """Figures of one case by key: name, unit, value, low, high, usual range; those that are of chance alone left out."""
    document = _signed(case) if case.locked else None
    if document is not None:
        counts = [part["counts"] for part in document.get("examinations", ())]
        rows = (document.get("blood_count") or {}).get("rows", [])
    else:
        counts = _counts(user, case)
        rows = blood_count(_patient(case), counts)["rows"]
    figures = {row["key"]: {k: row[k] for k in ("name", "unit", "value", "low", "high", "range")} for row in rows}
    for part in counts:
        for section in part["sections"]:
            if section["below_floor"]:
                continue
            for row in section["rows"]:
                share = row["reviewed"]
                if share["value"] is not None:
                    unit = gettext("% of {noun}").format(noun=section["noun"])
                    key = f"{part['assay']}:{section['key']}:{row['key']}"
                    figures[key] = {"name": row["name"], "unit": unit, **_ends(share), "range": None}
        for ratio in part["ratios"]:
            if ratio["key"] in _RATIOS and ratio["reviewed"]:
                unit = unit_beside(ratio)
                figures[ratio["key"]] = {"name": ratio["name"], "unit": unit, **_ends(ratio["reviewed"]), "range": None}
    return figures


def _ends(interval: Mapping[str, Any]) -> dict[str, Any]:
    return {name: interval[name] for name in ("value", "low", "high")}


def _series(points: Mapping[str, Mapping[str, dict[str, Any]]], this: str) -> list[dict[str, Any]]:
    """A line for each figure that two cases at least hold and that is not 0 in all; this case's figures first."""
    keys = dict.fromkeys([*points.get(this, {}), *(key for figures in points.values() for key in figures)])
    series: list[dict[str, Any]] = []
    for key in keys:
        by_case = {accession: figures[key] for accession, figures in points.items() if key in figures}
        if len(by_case) < 2 or not any(figure["value"] for figure in by_case.values()):
            continue
        newest: dict[str, Any] = by_case.get(this) or [*by_case.values()][-1]
        series.append(
            {
                "key": key,
                "name": newest["name"],
                "unit": newest["unit"],
                "range": newest["range"],
                "change": _change([*by_case.items()], this),
                "points": [{"accession": accession, **_ends(figure)} for accession, figure in by_case.items()],
            }
        )
    return series


def _change(figures: Sequence[tuple[str, Mapping[str, Any]]], this: str) -> dict[str, Any] | None:
    """This case's value less that of the case before it; whether their intervals have nothing in common."""
    names = [accession for accession, _ in figures]
    if this not in names or not (place := names.index(this)):
        return None
    before, now = figures[place - 1][1], figures[place][1]
    high_before, high_now = (x["high"] if x["high"] is not None else float("inf") for x in (before, now))
    return {
        "since": names[place - 1],
        "by": now["value"] - before["value"],
        "intervals_disjoint": now["low"] > high_before or before["low"] > high_now,
    }

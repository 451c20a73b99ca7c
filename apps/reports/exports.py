"""A report's counts and cells for other programs: CSV, GeoJSON (opens in QuPath), FHIR R4."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

from apps.analysis.cellfiles import cells_of, contour_of, schema_of
from apps.analysis.models import Job
from apps.reports.models import Report
from apps.review.counts import effective
from apps.review.models import Reading
from apps.review.state import Labels, added_cells, labels_at
from hemaview.cells.table import CUT
from hemaview.cells.transport import own_probability

UCUM = "http://unitsofmeasure.org"
_SPACE = uuid.UUID("6f1f8bd2-54a4-4d0c-8a0e-3f6d0b6f2f11")


def counts_csv(document: dict[str, Any]) -> str:
    """One line a class: section, class, machine and reviewed count, percent and 95 % interval."""
    out = io.StringIO()
    writer = csv.writer(out)
    side = ("count", "percent", "low_95", "high_95")
    writer.writerow(
        [
            "section",
            "class",
            "name",
            "n_machine",
            "n_reviewed",
            *(f"machine_{s}" for s in side),
            *(f"reviewed_{s}" for s in side),
            "grade",
        ]
    )
    parts = examinations_of(document)
    for section in (s for part in parts for s in part["counts"]["sections"]):
        for row in section["rows"]:
            values = [row[who][k] for who in ("machine", "reviewed") for k in ("count", "value", "low", "high")]
            grade = row["grade"]["text"] if row["grade"] else ""
            writer.writerow(
                _cells(
                    section["key"],
                    row["key"],
                    row["name"],
                    section["n"]["machine"],
                    section["n"]["reviewed"],
                    *values,
                    grade,
                )
            )
    for ratio in (r for part in parts for r in part["counts"]["ratios"]):
        values = []
        for who in ("machine", "reviewed"):
            given = ratio[who] or {}
            values += ["", given.get("value"), given.get("low"), given.get("high")]
        writer.writerow(_cells("ratio", ratio["key"], ratio["name"], "", "", *values, ""))
    return out.getvalue()


def examinations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a report; one of the first format has one, a blood film's."""
    if "examinations" in document:
        return list(document["examinations"])
    if not document["counts"]:
        return []
    specimen = document["case"]["specimen"]
    return [{"assay": "blood_film", "title": specimen, "specimen": specimen, "codes": {}, "counts": document["counts"]}]


def cells_of_report(report: Report) -> Iterator[dict[str, Any]]:
    """Every cell with the machine's and the final class, at the label revision that was signed."""
    for evidence in report.document["evidence"]:
        job = Job.objects.select_related("slide", "protocol").get(pk=evidence["job"])
        # Reports signed before readings name none: they were of the first one.
        reading = Reading.objects.filter(job=job, role=Reading.Role.FIRST).first()
        if evidence.get("reading"):
            reading = Reading.objects.get(pk=evidence["reading"])
        yield from cells_of_job(job, labels_at(reading, int(evidence["label_revision"])) if reading else Labels())


def cells_of_job(job: Job, labels: Labels) -> Iterator[dict[str, Any]]:
    """Every cell of a job with the machine's class and the one that people left."""
    known, cells = schema_of(job), cells_of(job)
    classes, own = effective(job, labels), own_probability(cells)
    for row in range(len(cells)):
        label = labels.rows.get(row)
        yield {
            "cell": f"{job.pk}:{row}",
            "slide": job.slide.name,
            "x_px": round(float(cells.x[row]), 2),
            "y_px": round(float(cells.y[row]), 2),
            "w_px": int(cells.w[row]),
            "h_px": int(cells.h[row]),
            "machine_class": known.classes[int(cells.cls[row])].key,
            "probability": round(float(own[row]), 4),
            "final_class": known.classes[int(classes[row])].key if classes[row] >= 0 else "rejected",
            "state": label.state if label else "",
            "by": label.by if label else "",
            "area_um2": _number(cells.area_um2[row]),
            "circularity": _number(cells.circularity[row]),
            "cut": bool(cells.flags[row] & CUT),
            "_job": job,
            "_row": row,
        }
    for cell, label in added_cells(job, labels):
        yield {
            "cell": f"{job.pk}:{cell.pk}",
            "slide": job.slide.name,
            "x_px": round(cell.x, 2),
            "y_px": round(cell.y, 2),
            "w_px": round(cell.w),
            "h_px": round(cell.h),
            "machine_class": "",
            "probability": None,
            "final_class": label.key or "rejected",
            "state": label.state,
            "by": label.by,
            "area_um2": None,
            "circularity": None,
            "cut": False,
            "_job": job,
            "_row": None,
        }


def cells_csv(cells: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Lines of CSV, one a cell."""
    out = io.StringIO()
    writer = csv.writer(out)
    for number, cell in enumerate(cells):
        shown = {k: v for k, v in cell.items() if not k.startswith("_")}
        if number == 0:
            writer.writerow(shown)
        writer.writerow(_cells(*shown.values()))
        if out.tell() > 65_536:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def geojson(cells: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A FeatureCollection in level-0 px as QuPath reads it: contours where there are masks, else boxes."""
    yield '{"type":"FeatureCollection","features":['
    for number, cell in enumerate(cells):
        job, row = cell["_job"], cell["_row"]
        known = schema_of(job)
        outline = contour_of(job, row) if row is not None else None
        if not outline or len(outline) < 3:
            x, y, w, h = cell["x_px"], cell["y_px"], cell["w_px"] / 2, cell["h_px"] / 2
            outline = [[x - w, y - h], [x + w, y - h], [x + w, y + h], [x - w, y + h]]
        final = known.by_key.get(cell["final_class"])
        colour = [int(final.colour[i : i + 2], 16) for i in (1, 3, 5)] if final else [136, 136, 136]
        feature = {
            "type": "Feature",
            "id": str(uuid.uuid5(_SPACE, cell["cell"])),
            "geometry": {"type": "Polygon", "coordinates": [[*outline, outline[0]]]},
            "properties": {
                "objectType": "annotation",
                "name": cell["cell"],
                "classification": {"name": final.name if final else "Rejected", "color": colour},
                "measurements": {
                    k: v
                    for k, v in (("Probability", cell["probability"]), ("Area µm²", cell["area_um2"]))
                    if v is not None
                },
                "metadata": {"machine class": cell["machine_class"], "state": cell["state"], "slide": cell["slide"]},
            },
        }
        yield ("," if number else "") + json.dumps(feature, separators=(",", ":"))
    yield "]}"


def fhir_bundle(report: Report) -> dict[str, Any]:
    """The report as a FHIR R4 collection: DiagnosticReport with Patient (pseudonym), Specimen, Device, Observations."""
    d = report.document
    parts = examinations_of(d)
    at = report.signed_at.isoformat()

    def full(kind: str, key: str) -> str:
        return "urn:uuid:" + str(uuid.uuid5(_SPACE, f"{report.pk} {kind} {key}"))

    patient, specimen, device, signer = (full(k, "") for k in ("patient", "specimen", "device", "practitioner"))
    entries: list[tuple[str, dict[str, Any]]] = [
        (
            patient,
            {
                "resourceType": "Patient",
                "identifier": [{"system": "urn:hemaview:pseudonym", "value": d["case"]["pseudonym"] or "none"}],
            },
        ),
        (
            specimen,
            {
                "resourceType": "Specimen",
                "accessionIdentifier": {"system": "urn:hemaview:accession", "value": d["case"]["accession"]},
                "type": {"text": ", ".join(dict.fromkeys(part["specimen"] for part in parts)) or "specimen"},
                "subject": {"reference": patient},
            },
        ),
        (
            device,
            {
                "resourceType": "Device",
                "deviceName": [{"name": "HemaView", "type": "manufacturer-name"}],
                "version": [
                    {"value": d["software"]},
                    *({"value": f"{m['name']} {m['version']} {m['sha256'][:16]}"} for m in d["models"]),
                ],
                "note": [{"text": d["disclaimer"]}],
            },
        ),
        (signer, {"resourceType": "Practitioner", "name": [{"text": d["signature"]["by"]}]}),
    ]
    results = []
    for section in (s for part in parts for s in part["counts"]["sections"]):
        for row in section["rows"]:
            share = row["reviewed"]
            if share["value"] is None:
                continue
            key = full("observation", row["key"])
            results.append({"reference": key})
            entries.append(
                (
                    key,
                    _observation(
                        row["name"],
                        share,
                        "%",
                        "%",
                        patient,
                        specimen,
                        device,
                        at,
                        row["grade"],
                        section["n"]["reviewed"],
                    ),
                )
            )
    for ratio in (r for part in parts for r in part["counts"]["ratios"]):
        if ratio["reviewed"]:
            key = full("observation", ratio["key"])
            results.append({"reference": key})
            entries.append(
                (
                    key,
                    _observation(ratio["name"], ratio["reviewed"], "1", "1", patient, specimen, device, at, None, None),
                )
            )
    diagnostic: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": "urn:hemaview:report", "value": str(report.pk)}],
        "status": "final" if report.version == 1 else "amended",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "HM", "display": "Hematology"}
                ]
            }
        ],
        "code": _report_code(parts),
        "subject": {"reference": patient},
        "effectiveDateTime": at,
        "issued": at,
        "performer": [{"reference": signer}],
        "resultsInterpreter": [{"reference": signer}],
        "specimen": [{"reference": specimen}],
        "result": results,
    }
    words = " ".join(x for x in (d["case"]["comment"], d["disclaimer"]) if x)
    diagnostic["conclusion"] = words
    entries.insert(0, (full("report", ""), diagnostic))
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": at,
        "identifier": {"system": "urn:hemaview:report-sha256", "value": report.sha256},
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
    }


def _report_code(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What the report is of: the examinations by name, coded where each of them has a code."""
    codes = [part["codes"].get("report", {}) for part in parts]
    text = ", ".join(dict.fromkeys(part["title"] for part in parts))
    if not codes or not all(code.get("loinc") for code in codes):
        return {"text": text}
    loinc = list(dict.fromkeys(code["loinc"] for code in codes))
    return {"coding": [{"system": "http://loinc.org", "code": code} for code in loinc], "text": text}


def _observation(
    name: str,
    value: dict[str, Any],
    unit: str,
    code: str,
    patient: str,
    specimen: str,
    device: str,
    at: str,
    grade: Any,
    n: int | None,
) -> dict[str, Any]:
    quantity = {"unit": unit, "system": UCUM, "code": code}
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": name},
        "subject": {"reference": patient},
        "specimen": {"reference": specimen},
        "device": {"reference": device},
        "effectiveDateTime": at,
        "valueQuantity": {"value": round(value["value"], 4), **quantity},
        "component": [
            {"code": {"text": f"95 % interval, {end}"}, "valueQuantity": {"value": round(value[key], 4), **quantity}}
            for end, key in (("lower limit", "low"), ("upper limit", "high"))
        ],
    }
    if n is not None:
        found["component"].append({"code": {"text": "cells counted"}, "valueInteger": n})
    if grade:
        found["interpretation"] = [{"text": grade["text"]}]
    return found


def _cells(*values: Any) -> list[Any]:
    """Text that a spreadsheet would take for a formula is made text."""
    return ["'" + v if isinstance(v, str) and v[:1] in ("=", "+", "@", "-") and not _numeric(v) else v for v in values]


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(value: Any) -> float | None:
    number = float(value)
    return None if number != number else round(number, 3)

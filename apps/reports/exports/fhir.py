"""A report as a FHIR R4B collection: DiagnosticReport, Patient (a pseudonym), Specimens, Device, Observations.

Codes are data of the examinations (`hemaview/assays/*/codes.toml`), as they were frozen with the report. What has no sure
code is sent by HemaView's own key and by name; what has no value is sent with the reason and without one.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from apps.reports import render
from apps.reports.drafts import draft_html
from apps.reports.exports.csv import HBF_NAMES
from apps.reports.exports.exporter import Exporter
from apps.reports.exports.source import Source
from apps.reports.selectors import proved_bytes

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
LABORATORY_REPORT = {"system": LOINC, "code": "11502-2", "display": "Laboratory report"}
"""For a report of several examinations, or of one that has no code of its own."""
_SPACE = uuid.UUID("6f1f8bd2-54a4-4d0c-8a0e-3f6d0b6f2f11")
_UCUM_OF = {"1": "1", "%": "%", "/mm²": "/mm2", "/100 WBC": "/100{WBCs}", "10⁹/L": "10*9/L", "/field": "/{field}"}
"""UCUM codes of units whose codes were not frozen with the report."""


def report(source: Source) -> Iterator[bytes]:
    """The bundle as JSON, validated as it is built."""
    yield bundle(source).model_dump_json().encode()


def bundle(source: Source) -> Any:
    """A `fhir.resources.R4B.bundle.Bundle`; raises pydantic's ValidationError where it would not be valid FHIR."""
    from fhir.resources.R4B.bundle import Bundle

    builder = _Builder(source)
    facts: dict[str, Any] = {
        "type": "collection",
        "timestamp": builder.at,
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in builder.entries()],
    }
    if source.report:
        facts["identifier"] = {"system": "urn:hemaview:report-sha256", "value": source.report.sha256}
    return Bundle(**facts)


class _Builder:
    """The resources of one export, with the references between them."""

    def __init__(self, source: Source) -> None:
        signed = source.report
        self.source, self.document = source, source.document
        self.parts = list(source.counted())
        self.key = str(signed.pk) if signed else f"{source.name} draft"
        self.at: datetime = signed.signed_at if signed else timezone.now()
        self.status = "preliminary" if signed is None else "final" if signed.version == 1 else "amended"
        self.subject = {"reference": self.url("patient")}

    def url(self, kind: str, name: str = "") -> str:
        return "urn:uuid:" + str(uuid.uuid5(_SPACE, f"{self.key} {kind} {name}"))

    def entries(self) -> Iterator[tuple[str, Any]]:
        from fhir.resources.R4B.device import Device
        from fhir.resources.R4B.diagnosticreport import DiagnosticReport
        from fhir.resources.R4B.patient import Patient
        from fhir.resources.R4B.practitioner import Practitioner
        from fhir.resources.R4B.specimen import Specimen

        d, signed = self.document, self.source.report
        observations = [
            (self.url("observation", name), resource)
            for part in self.parts
            for name, resource in self.observations(part)
        ]
        facts: dict[str, Any] = {
            "status": self.status,
            "category": [{"coding": [{"system": SECTION, "code": "HM", "display": "Hematology"}]}],
            "code": self.report_code(),
            "subject": self.subject,
            "effectiveDateTime": self.at,
            "issued": self.at,
            "specimen": [{"reference": self.url("specimen", kind)} for kind in self.specimens()] or None,
            "result": [{"reference": url} for url, _ in observations] or None,
            "conclusion": " ".join(
                words for words in (d["case"].get("conclusion"), d["case"]["comment"], d["disclaimer"]) if words
            ),
            "presentedForm": [self.presented_form()],
        }
        if signed:
            signer = {"reference": self.url("practitioner")}
            facts["identifier"] = [{"system": "urn:hemaview:report", "value": str(signed.pk)}]
            facts |= {"performer": [signer], "resultsInterpreter": [signer]}
        yield self.url("report"), DiagnosticReport(**facts)
        pseudonym = {"system": "urn:hemaview:pseudonym", "value": d["case"]["pseudonym"]}
        # Patients without a pseudonym have no identifier: by a common one whoever receives them would take them for one.
        yield self.url("patient"), Patient.model_validate({"identifier": [pseudonym]} if pseudonym["value"] else {})
        for kind, code in self.specimens().items():
            accession = {"system": "urn:hemaview:accession", "value": d["case"]["accession"]}
            facts = {"accessionIdentifier": accession, "type": code, "subject": self.subject}
            yield self.url("specimen", kind), Specimen(**facts)
        models = [
            {"value": f"{m['name']} {m['version']} {m['sha256'][:16]}"} for m in d["models"] if not m.get("no_part")
        ]
        facts = {
            "deviceName": [{"name": "HemaView", "type": "manufacturer-name"}],
            "version": [{"value": d["software"]}, *models],
            "note": [{"text": d["disclaimer"]}],
        }
        yield self.url("device"), Device(**facts)
        if signed:
            yield self.url("practitioner"), Practitioner.model_validate({"name": [{"text": d["signature"]["by"]}]})
        yield from observations

    def specimens(self) -> dict[str, dict[str, Any]]:
        """Name of each specimen to its type, coded where the examination says how."""
        specimens: dict[str, dict[str, Any]] = {}
        for part in self.parts:
            code = _concept(part["specimen"], part["codes"].get("specimen", {}))
            if part["specimen"] not in specimens or "coding" in code:
                specimens[part["specimen"]] = code
        return specimens

    def report_code(self) -> dict[str, Any]:
        """What the report is of: the examinations by name. A code stands for all of it or not at all."""
        text = ", ".join(dict.fromkeys(part["title"] for part in self.parts)) or gettext("Haematology report")
        codes = [part["codes"].get("report", {}) for part in self.parts]
        if codes and codes[0].get("loinc") and all(code.get("loinc") == codes[0]["loinc"] for code in codes):
            return _concept(text, codes[0])
        return {"coding": [LABORATORY_REPORT], "text": text}

    def presented_form(self) -> dict[str, Any]:
        """The PDF: the signed one, or a draft that is printed now."""
        signed = self.source.report
        if signed and signed.pdf_sha256:
            raw, kind = proved_bytes(signed.pdf_name, signed.pdf_sha256), "application/pdf"
        elif signed:
            raw, kind = proved_bytes(signed.html_name, signed.html_sha256), "text/html"
        else:
            jobs = [part.job for part in self.source.parts]
            raw, kind = render.pdf(draft_html(self.source.case, jobs)), "application/pdf"
        title = gettext("Report {accession}") if signed else gettext("Report {accession} (draft)")
        return {
            "contentType": kind,
            "data": base64.b64encode(raw).decode(),
            "size": len(raw),
            "hash": base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode(),  # as FHIR asks
            "title": title.format(accession=self.document["case"]["accession"]),
            "creation": self.at,
        }

    def observations(self, part: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Each share and each ratio, named within the bundle."""
        coded = part["codes"].get("classes", {})
        where = f"{part['assay']} {part['specimen']}"
        for section in part["counts"]["sections"]:
            if not any(row["reviewed"]["low"] is not None for row in section["rows"]):
                continue  # a section that gives no shares: its figure stands among the ratios
            n = section["n"]["reviewed"]
            below = section.get("below_floor", False)
            floor, noun = section.get("floor", 0), section.get("noun", "cells")
            why = gettext("Fewer than {floor} {cells} were counted.").format(floor=floor, cells=noun) if below else ""
            for row in section["rows"]:
                share = None if below else row["reviewed"]
                observation = self.observation(
                    part, row["key"], row["name"], coded.get(row["key"], {}), share, "%", "%", why, row["grade"], n,
                    row.get("absolute"),
                )  # fmt: skip
                yield f"{where} {section['key']} {row['key']}", observation
        yield from self.absolutes(part, where)
        yield from self.hbf(part, where)
        coded = part["codes"].get("ratios", {})
        for ratio in part["counts"]["ratios"]:
            unit = ratio.get("unit", "1")
            code = coded.get(ratio["key"], {})
            ucum = code.get("ucum") or _UCUM_OF.get(unit, "")
            value, why = ratio["reviewed"], ratio.get("why") or gettext("It could not be calculated.")
            yield (
                f"{where} ratio {ratio['key']}",
                self.observation(part, ratio["key"], ratio["name"], code, value, unit, ucum, why, None, None, None),
            )

    def absolutes(self, part: dict[str, Any], where: str) -> Iterator[tuple[str, Any]]:
        """Absolute counts of the film in 10⁹/L, as the report's blood count has them, with their reference ranges."""
        if not any(section["key"] == "differential" for section in part["counts"]["sections"]):
            return
        for row in (self.document.get("blood_count") or {}).get("rows", []):
            if row["of"] != "film":
                continue
            name = gettext("{name}, absolute count").format(name=row["name"])
            observation = self.observation(
                part, f"absolute_{row['key']}", name, {}, row, "10⁹/L", "10*9/L", "", None, None, None
            )
            if usual := row["range"]:
                ends = {end: _quantity(usual[end], "10⁹/L", "10*9/L") for end in ("low", "high")}
                observation = observation.model_copy(
                    update={"referenceRange": [_checked_range({**ends, "text": usual["whose"]})]}
                )
            yield f"{where} absolute {row['key']}", observation

    def hbf(self, part: dict[str, Any], where: str) -> Iterator[tuple[str, Any]]:
        """Confirmed nucleated red cells, and what their HbF stain says, as numbers of cells."""
        names = {"confirmed": gettext_noop("Nucleated red cells confirmed"), **HBF_NAMES}
        for state, n in part.get("hbf", {}).items():
            value = {"value": n, "low": None, "high": None}
            of = None if state == "confirmed" else part["hbf"]["confirmed"]
            observation = self.observation(
                part, f"hbf_{state}", gettext(names[state]), {}, value, "cells", "{cells}", "", None, of, None
            )
            yield f"{where} hbf {state}", observation

    def observation(
        self, part: dict[str, Any], key: str, name: str, code: dict[str, Any], value: dict[str, Any] | None, unit: str,
        ucum: str, why: str, grade: Any, n: int | None, absolute: dict[str, Any] | None,
    ) -> Any:  # fmt: skip
        """One figure with its 95 % interval; without a value it says why and gives none."""
        from fhir.resources.R4B.observation import Observation

        concept = _concept(name, code)
        own = {"system": f"urn:hemaview:{part['assay']}", "code": key, "display": name}
        concept["coding"] = [*concept.get("coding", []), own]
        facts: dict[str, Any] = {
            "status": self.status,
            "category": [{"coding": [{"system": CATEGORY, "code": "laboratory", "display": "Laboratory"}]}],
            "code": concept,
            "subject": self.subject,
            "specimen": {"reference": self.url("specimen", part["specimen"])},
            "device": {"reference": self.url("device")},
            "effectiveDateTime": self.at,
        }
        components: list[dict[str, Any]] = []
        if value is None or value["value"] is None:
            absent = {"system": ABSENT, "code": "unknown", "display": "Unknown"}
            facts["dataAbsentReason"] = {"coding": [absent], "text": why or gettext("It could not be calculated.")}
        else:
            facts["valueQuantity"] = _quantity(value["value"], unit, ucum)
            for end, words in (("low", "95 % interval, lower limit"), ("high", "95 % interval, upper limit")):
                if value[end] is not None:
                    components.append({"code": {"text": words}, "valueQuantity": _quantity(value[end], unit, ucum)})
            if absolute:
                quantity = _quantity(absolute["value"], "10⁹/L", "10*9/L")
                components.append({"code": {"text": "absolute count"}, "valueQuantity": quantity})
                for end, words in (("low", "lower limit"), ("high", "upper limit")):
                    if absolute.get(end) is not None:
                        quantity = _quantity(absolute[end], "10⁹/L", "10*9/L")
                        text = f"absolute count, 95 % interval, {words}"
                        components.append({"code": {"text": text}, "valueQuantity": quantity})
            if grade:
                facts["interpretation"] = [{"text": grade["text"]}]
        if n is not None:
            components.append({"code": {"text": "cells counted"}, "valueInteger": n})
        facts["component"] = components or None
        return Observation(**facts)


def _concept(text: str, code: dict[str, Any]) -> dict[str, Any]:
    """A CodeableConcept with the codes that an examination's terminology gives."""
    coding = [
        {"system": system, "code": code[name], **({"display": code[f"{name}_text"]} if f"{name}_text" in code else {})}
        for system, name in ((LOINC, "loinc"), (SNOMED, "snomed"))
        if code.get(name)
    ]
    return {"coding": coding, "text": text} if coding else {"text": text}


def _checked_range(facts: dict[str, Any]) -> Any:
    from fhir.resources.R4B.observation import ObservationReferenceRange

    return ObservationReferenceRange(**facts)


def _quantity(value: float, unit: str, ucum: str) -> dict[str, Any]:
    return {"value": round(value, 4), "unit": unit, **({"system": UCUM, "code": ucum} if ucum else {})}


REPORT = Exporter("fhir", gettext_noop("Report as FHIR R4B"), "-fhir.json", "application/fhir+json", report)

"""What the API sends and takes; made by clients/python/make_types.py from the API's own description."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Account = TypedDict(
    "Account",
    {
        "machine": "int",
        "cut": "int",
        "outside": "int",
        "rejected": "int",
        "renamed_away": "int",
        "renamed_here": "int",
        "added": "int",
        "confirmed": "int",
        "counted": "int",
    },
)

ActionEnum = Literal['relabel', 'confirm', 'reject', 'clear']

Adaptation = TypedDict(
    "Adaptation",
    {
        "id": "str",
        "site": "str",
        "assay": "str",
        "number": "int",
        "base": "str",
        "state": "NotRequired[AdaptationStateEnum]",
        "phase": "NotRequired[str]",
        "percent": "NotRequired[float]",
        "reason": "NotRequired[str]",
        "requested_by": "str",
        "requested_at": "str",
        "finished_at": "NotRequired[str | None]",
        "duration_s": "NotRequired[float | None]",
        "labels": "int",
        "report": "Any",
        "sha256": "NotRequired[str]",
        "in_force": "NotRequired[bool]",
    },
)

AdaptationStateEnum = Literal['requested', 'running', 'done', 'failed']

AddInputRequest = TypedDict(
    "AddInputRequest",
    {
        "x": "float",
        "y": "float",
        "w": "float",
        "h": "float",
        "label": "int | str",
    },
)

AddedCell = TypedDict(
    "AddedCell",
    {
        "x": "float",
        "y": "float",
        "w": "float",
        "h": "float",
        "id": "str",
        "label": "int | None",
        "state": "LabelStateEnum | BlankEnum",
        "by": "str",
        "at": "str",
        "added_by": "str",
        "added_at": "str",
        "upon": "NotRequired[Upon | None]",
        "cut": "NotRequired[bool]",
    },
)

Agreement = TypedDict(
    "Agreement",
    {
        "readings": "list[Reading]",
        "hidden": "bool",
        "decidable": "bool",
        "why_not_you": "str",
        "examinations": "list[ExaminationAgreement]",
        "n": "int",
        "open": "int",
        "differences": "list[ReadingDifference]",
        "mine": "bool",
    },
)

AgreementInterval = TypedDict(
    "AgreementInterval",
    {
        "value": "float",
        "low": "float",
        "high": "float",
    },
)

AlikeByEnum = Literal['looks', 'answers']

AmendInputRequest = TypedDict(
    "AmendInputRequest",
    {
        "reason": "str",
    },
)

Analyser = TypedDict(
    "Analyser",
    {
        "wbc_10e9_per_l": "NotRequired[float]",
        "rbc_10e12_per_l": "NotRequired[float]",
        "hb_g_per_l": "NotRequired[float]",
        "hct_l_per_l": "NotRequired[float]",
        "mcv_fl": "NotRequired[float]",
        "mch_pg": "NotRequired[float]",
        "mchc_g_per_l": "NotRequired[float]",
        "rdw_percent": "NotRequired[float]",
        "plt_10e9_per_l": "NotRequired[float]",
    },
)

AnalyserQuantity = TypedDict(
    "AnalyserQuantity",
    {
        "key": "str",
        "name": "str",
        "unit": "str",
        "value": "float | None",
    },
)

AnalyserRequest = TypedDict(
    "AnalyserRequest",
    {
        "wbc_10e9_per_l": "NotRequired[float]",
        "rbc_10e12_per_l": "NotRequired[float]",
        "hb_g_per_l": "NotRequired[float]",
        "hct_l_per_l": "NotRequired[float]",
        "mcv_fl": "NotRequired[float]",
        "mch_pg": "NotRequired[float]",
        "mchc_g_per_l": "NotRequired[float]",
        "rdw_percent": "NotRequired[float]",
        "plt_10e9_per_l": "NotRequired[float]",
    },
)

Analysis = TypedDict(
    "Analysis",
    {
        "id": "str",
        "slide": "str",
        "protocol": "str",
        "protocol_title": "str",
        "protocol_version": "int",
        "assay": "str",
        "assay_title": "str",
        "schema": "str",
        "state": "JobStateEnum",
        "phase": "str",
        "percent": "float",
        "fields_total": "int",
        "fields_done": "int",
        "cells": "int",
        "eta_s": "float | None",
        "code": "str",
        "reason": "str",
        "advice": "str",
        "attempt": "int",
        "partial": "bool",
        "reviewable": "bool",
        "requested_by": "NotRequired[str]",
        "requested_at": "str",
        "started_at": "str | None",
        "finished_at": "str | None",
        "duration_s": "float | None",
        "device": "str",
        "software_version": "str",
        "colour_policy": "str",
        "region": "list[int] | None",
        "models": "list[UsedModel]",
        "thresholds": "dict[str, float]",
        "mpp": "float | None",
        "mpp_source": "str",
        "mpp_sd": "float | None",
        "notes": "list[str]",
        "guards": "list[Guard]",
        "cells_sha256": "str",
        "revision": "int",
        "reported": "bool",
        "labels": "int",
        "label_revision": "int",
        "labels_at_stake": "int",
    },
)

Annotation = TypedDict(
    "Annotation",
    {
        "id": "str",
        "kind": "AnnotationKindEnum",
        "points": "list[list[float]]",
        "text": "str",
        "by": "str",
        "by_id": "int",
        "at": "str",
        "removed": "bool",
    },
)

AnnotationInputRequest = TypedDict(
    "AnnotationInputRequest",
    {
        "kind": "AnnotationKindEnum",
        "points": "list[list[float]]",
        "text": "NotRequired[str]",
    },
)

AnnotationKindEnum = Literal['point', 'line', 'rectangle', 'polygon']

ArchivedRequest = TypedDict(
    "ArchivedRequest",
    {
        "archived": "bool",
        "reason": "NotRequired[str]",
    },
)

AuthToken = TypedDict(
    "AuthToken",
    {
        "token": "str",
    },
)

BlankEnum = Literal['']

BloodCount = TypedDict(
    "BloodCount",
    {
        "references": "References",
        "quantities": "list[AnalyserQuantity]",
        "rows": "list[BloodCountRow]",
        "notes": "list[str]",
        "sources": "list[str]",
        "signed": "bool",
    },
)

BloodCountRow = TypedDict(
    "BloodCountRow",
    {
        "key": "str",
        "name": "str",
        "unit": "str",
        "of": "OfEnum",
        "value": "float",
        "low": "float",
        "high": "float",
        "text": "str",
        "range": "ReferenceRange | None",
        "flag": "FlagEnum | BlankEnum",
        "settled": "bool",
    },
)

Both = TypedDict(
    "Both",
    {
        "machine": "int",
        "reviewed": "int",
    },
)

Box = TypedDict(
    "Box",
    {
        "x": "float",
        "y": "float",
        "w": "float",
        "h": "float",
    },
)

Candidate = TypedDict(
    "Candidate",
    {
        "rank": "int",
        "row": "int | None",
        "added": "str | None",
        "x_um": "float",
        "y_um": "float",
        "photograph": "str",
        "stage_x_um": "float | None",
        "stage_y_um": "float | None",
        "probability": "float | None",
        "state": "str",
        "hbf": "str",
        "by": "str",
        "hbf_by": "str",
        "cut": "bool",
    },
)

Card = TypedDict(
    "Card",
    {
        "x": "float",
        "y": "float",
        "w": "float",
        "h": "float",
        "row": "int",
        "job": "str",
        "field": "int",
        "cut": "bool",
        "cut_by": "str",
        "outside": "bool",
        "label": "int",
        "state": "LabelStateEnum | BlankEnum",
        "p": "float",
        "margin": "float",
        "probabilities": "list[Probability]",
        "measures": "Measures",
        "contour": "list[list[float]] | None",
        "history": "list[History]",
        "others": "list[OtherReading]",
        "must_see": "str",
        "crop_url": "str",
        "class": "int",
    },
)

Carried = TypedDict(
    "Carried",
    {
        "labels": "int",
        "carried": "int",
        "to_look_at": "int",
    },
)

Case = TypedDict(
    "Case",
    {
        "accession": "str",
        "pseudonym": "str",
        "sex": "SexEnum | BlankEnum",
        "age_days": "int | None",
        "specimen": "SpecimenEnum",
        "stain": "str",
        "question": "str",
        "analyser": "Analyser",
        "conclusion": "str",
        "comment": "str",
        "state": "CaseStateEnum",
        "reader": "Person | None",
        "restricted": "bool",
        "urgent": "bool",
        "archived_at": "str | None",
        "created_at": "str",
        "updated_at": "str",
        "state_since": "str",
        "rights": "list[str]",
        "locked": "bool",
        "being_signed": "bool",
    },
)

CaseInputRequest = TypedDict(
    "CaseInputRequest",
    {
        "accession": "NotRequired[str]",
        "pseudonym": "NotRequired[str]",
        "sex": "NotRequired[SexEnum | BlankEnum]",
        "age_days": "NotRequired[int | None]",
        "specimen": "NotRequired[SpecimenEnum]",
        "stain": "NotRequired[str]",
        "question": "NotRequired[str]",
        "restricted": "NotRequired[bool]",
        "analyser": "NotRequired[AnalyserRequest]",
    },
)

CaseStateEnum = Literal['received', 'analysing', 'in-review', 'signed', 'amended']

CellClass = TypedDict(
    "CellClass",
    {
        "index": "int",
        "key": "str",
        "name": "str",
        "short": "str",
        "group": "str",
        "colour": "str",
        "mark": "str",
        "shortcut": "str",
        "must_see": "bool",
        "counted": "bool",
    },
)

CellIndex = TypedDict(
    "CellIndex",
    {
        "job": "str",
        "n": "int",
        "schema": "str",
        "tile_px": "int",
        "tiles": "list[list[int]]",
        "pyramid": "list[PyramidLevel]",
        "layout": "list[str]",
    },
)

CellNote = TypedDict(
    "CellNote",
    {
        "id": "str",
        "kind": "CellNoteKindEnum",
        "row": "int | None",
        "added": "str | None",
        "x": "float",
        "y": "float",
        "text": "str",
        "by": "str",
        "by_id": "int",
        "at": "str",
        "removed": "bool",
    },
)

CellNoteInputKindEnum = Literal['comment', 'teach']

CellNoteInputRequest = TypedDict(
    "CellNoteInputRequest",
    {
        "kind": "CellNoteInputKindEnum",
        "row": "NotRequired[int | None]",
        "added": "NotRequired[str | None]",
        "text": "NotRequired[str]",
    },
)

CellNoteKindEnum = Literal['comment', 'teach']

Check = TypedDict(
    "Check",
    {
        "key": "str",
        "title": "str",
        "ok": "bool",
        "result": "str",
        "code": "str",
    },
)

ClassAgreement = TypedDict(
    "ClassAgreement",
    {
        "key": "str",
        "name": "str",
        "both": "int",
        "only_first": "int",
        "only_second": "int",
        "kappa": "AgreementInterval | None",
        "why": "str",
        "mcnemar_p": "float",
    },
)

ClassWithin = TypedDict(
    "ClassWithin",
    {
        "class": "int",
        "count": "int",
        "value": "float | None",
        "low": "float | None",
        "high": "float | None",
    },
)

ColouringEnum = Literal['stored', 'carried', 'applied']

CommentRequest = TypedDict(
    "CommentRequest",
    {
        "comment": "str",
        "before": "NotRequired[str]",
    },
)

ComparedCell = TypedDict(
    "ComparedCell",
    {
        "row": "int",
        "key": "str",
        "machine": "str",
        "by": "str",
    },
)

ComparedCells = TypedDict(
    "ComparedCells",
    {
        "n": "int",
        "shown": "list[ComparedCell]",
    },
)

ComparedRow = TypedDict(
    "ComparedRow",
    {
        "key": "str",
        "a": "int",
        "b": "int",
        "machine_a": "int",
        "machine_b": "int",
        "difference_percent": "float | None",
        "low": "float | None",
        "high": "float | None",
    },
)

ComparedSection = TypedDict(
    "ComparedSection",
    {
        "key": "str",
        "title": "str",
        "n_a": "int",
        "n_b": "int",
        "rows": "list[ComparedRow]",
    },
)

Comparison = TypedDict(
    "Comparison",
    {
        "a": "str",
        "b": "str",
        "same": "int",
        "same_by_people": "int",
        "added_a": "int",
        "added_b": "int",
        "lost": "ComparedCells",
        "gained": "ComparedCells",
        "renamed": "RenamedCells",
        "sections": "list[ComparedSection]",
    },
)

ConclusionRequest = TypedDict(
    "ConclusionRequest",
    {
        "conclusion": "str",
        "before": "NotRequired[str]",
    },
)

Contents = TypedDict(
    "Contents",
    {
        "series": "list[Series]",
        "together": "bool",
        "focal_planes": "int",
    },
)

ConversionEnum = Literal['asked', 'running', 'done', 'failed']

CopyInputRequest = TypedDict(
    "CopyInputRequest",
    {
        "title": "NotRequired[str]",
        "second_reader": "NotRequired[bool]",
        "settings": "NotRequired[dict[str, Any]]",
        "rules": "NotRequired[dict[str, Any]]",
        "models": "NotRequired[list[RoleRequest]]",
        "seen_version": "NotRequired[int]",
        "name": "str",
    },
)

CountFinding = TypedDict(
    "CountFinding",
    {
        "key": "str",
        "text": "str",
    },
)

CountRatio = TypedDict(
    "CountRatio",
    {
        "key": "str",
        "name": "str",
        "unit": "str",
        "unit_in_name": "bool",
        "machine": "Interval | None",
        "reviewed": "Interval | None",
        "why": "str",
        "basis": "str",
    },
)

CountRow = TypedDict(
    "CountRow",
    {
        "class": "int | None",
        "key": "str",
        "name": "str",
        "machine": "Share",
        "reviewed": "Share",
        "grade": "Grade | None",
        "absolute": "Interval | None",
        "with_machine_errors": "Interval | None",
    },
)

CountSection = TypedDict(
    "CountSection",
    {
        "key": "str",
        "title": "str",
        "noun": "str",
        "unit": "str",
        "n": "Both",
        "target": "int | None",
        "floor": "int",
        "below_floor": "bool",
        "note": "str",
        "rows": "list[CountRow]",
    },
)

CountUnsettled = TypedDict(
    "CountUnsettled",
    {
        "key": "str",
        "text": "str",
        "more_cells": "int | None",
    },
)

Counted = TypedDict(
    "Counted",
    {
        "title": "str",
        "noun": "str",
        "n": "int",
        "target": "int | None",
    },
)

Counts = TypedDict(
    "Counts",
    {
        "revision": "int",
        "assay": "str",
        "title": "str",
        "why": "str",
        "headline": "list[str]",
        "rules": "Rules | None",
        "partial": "bool",
        "reviewed_n": "int",
        "sections": "list[CountSection]",
        "ratios": "list[CountRatio]",
        "findings": "list[CountFinding]",
        "unsettled": "list[CountUnsettled]",
        "notes": "list[str]",
        "must_see": "MustSee",
        "outside": "list[Outside]",
        "slides": "list[SlideCounts]",
        "differences": "list[SlideDifference]",
        "accounts": "dict[str, Account]",
        "triage": "dict[str, Triage]",
    },
)

CountsWithin = TypedDict(
    "CountsWithin",
    {
        "n": "int",
        "area_mm2": "float | None",
        "classes": "list[ClassWithin]",
    },
)

CredentialsRequest = TypedDict(
    "CredentialsRequest",
    {
        "username": "str",
        "password": "str",
        "code": "NotRequired[str]",
        "scope": "NotRequired[str]",
    },
)

DecisionInputRequest = TypedDict(
    "DecisionInputRequest",
    {
        "row": "NotRequired[int | None]",
        "added": "NotRequired[str | None]",
        "label": "str",
    },
)

DeletionInputRequest = TypedDict(
    "DeletionInputRequest",
    {
        "reason": "str",
        "accession": "str",
    },
)

EachSeriesRequest = TypedDict(
    "EachSeriesRequest",
    {
        "uploads": "list[str]",
        "name": "NotRequired[str]",
        "mpp": "NotRequired[float | None]",
        "convert": "NotRequired[bool]",
        "specimen": "NotRequired[SpecimenEnum]",
        "preset": "NotRequired[str]",
    },
)

ExaminationAgreement = TypedDict(
    "ExaminationAgreement",
    {
        "assay": "str",
        "title": "str",
        "n": "int",
        "same": "int",
        "kappa": "AgreementInterval | None",
        "why": "str",
        "classes": "list[ClassAgreement]",
    },
)

ExcludedCase = TypedDict(
    "ExcludedCase",
    {
        "accession": "str",
        "why": "str",
    },
)

FigureChange = TypedDict(
    "FigureChange",
    {
        "since": "str",
        "by": "float",
        "intervals_disjoint": "bool",
    },
)

FigurePoint = TypedDict(
    "FigurePoint",
    {
        "accession": "str",
        "value": "float",
        "low": "float",
        "high": "float | None",
    },
)

FigureSeries = TypedDict(
    "FigureSeries",
    {
        "key": "str",
        "name": "str",
        "unit": "str",
        "range": "ReferenceRange | None",
        "change": "FigureChange | None",
        "points": "list[FigurePoint]",
    },
)

Finding = TypedDict(
    "Finding",
    {
        "key": "str",
        "text": "str",
    },
)

FlagEnum = Literal['low', 'high']

Format = TypedDict(
    "Format",
    {
        "key": "str",
        "title": "str",
        "suffix": "str",
        "media_type": "str",
    },
)

GalleryPage = TypedDict(
    "GalleryPage",
    {
        "n": "int",
        "total_open": "int",
        "revision": "int",
        "alike_by": "AlikeByEnum | BlankEnum",
        "rows": "list[GalleryRow]",
    },
)

GalleryRow = TypedDict(
    "GalleryRow",
    {
        "x": "float",
        "y": "float",
        "w": "float",
        "h": "float",
        "row": "int | None",
        "added": "str | None",
        "label": "int | None",
        "p": "float | None",
        "margin": "float | None",
        "state": "LabelStateEnum | BlankEnum",
        "must_see": "str",
        "perhaps": "int | None",
        "class": "int | None",
    },
)

Grade = TypedDict(
    "Grade",
    {
        "text": "str",
        "crosses": "bool",
    },
)

Group = TypedDict(
    "Group",
    {
        "key": "str",
        "name": "str",
        "noun": "str",
        "kind": "GroupKindEnum",
    },
)

GroupKindEnum = Literal['red_cell', 'nucleated', 'platelet', 'other']

Guard = TypedDict(
    "Guard",
    {
        "code": "str",
        "sentence": "str",
    },
)

Handover = TypedDict(
    "Handover",
    {
        "by": "str",
        "at": "str",
        "word": "str",
    },
)

HbfInputRequest = TypedDict(
    "HbfInputRequest",
    {
        "state": "HbfInputStateEnum",
        "row": "NotRequired[int | None]",
        "added": "NotRequired[str | None]",
    },
)

HbfInputStateEnum = Literal['positive', 'negative', 'not_done']

HbfSums = TypedDict(
    "HbfSums",
    {
        "positive": "int",
        "negative": "int",
        "not_done": "int",
        "open": "int",
    },
)

History = TypedDict(
    "History",
    {
        "by": "str",
        "at": "str",
        "action": "str",
        "label": "int | None",
        "carried": "bool",
        "undone": "bool",
    },
)

Hold = TypedDict(
    "Hold",
    {
        "code": "str",
        "sentence": "str",
        "lifted_by": "LiftedByEnum | BlankEnum",
    },
)

IdentityEntry = TypedDict(
    "IdentityEntry",
    {
        "kind": "str",
        "where": "str",
        "value": "str",
    },
)

ImportRequest = TypedDict(
    "ImportRequest",
    {
        "uploads": "list[str]",
        "name": "NotRequired[str]",
        "mpp": "NotRequired[float | None]",
        "convert": "NotRequired[bool]",
        "specimen": "NotRequired[SpecimenEnum]",
        "series": "NotRequired[int]",
        "preset": "NotRequired[str]",
        "plane": "NotRequired[int]",
    },
)

Interval = TypedDict(
    "Interval",
    {
        "value": "float",
        "low": "float",
        "high": "float | None",
        "text": "str",
    },
)

Job = TypedDict(
    "Job",
    {
        "id": "str",
        "slide": "str",
        "protocol": "str",
        "protocol_title": "str",
        "protocol_version": "int",
        "assay": "str",
        "assay_title": "str",
        "schema": "str",
        "state": "JobStateEnum",
        "phase": "str",
        "percent": "float",
        "fields_total": "int",
        "fields_done": "int",
        "cells": "int",
        "eta_s": "float | None",
        "code": "str",
        "reason": "str",
        "advice": "str",
        "attempt": "int",
        "partial": "bool",
        "reviewable": "bool",
        "requested_by": "NotRequired[str]",
        "requested_at": "str",
        "started_at": "str | None",
        "finished_at": "str | None",
        "duration_s": "float | None",
        "device": "str",
        "software_version": "str",
        "colour_policy": "str",
        "region": "list[int] | None",
        "models": "list[UsedModel]",
        "thresholds": "dict[str, float]",
        "mpp": "float | None",
        "mpp_source": "str",
        "mpp_sd": "float | None",
        "notes": "list[str]",
        "guards": "list[Guard]",
        "cells_sha256": "str",
        "revision": "int",
    },
)

JobStateEnum = Literal['requested', 'queued', 'running', 'done', 'failed', 'cancelled']

LabelAnswer = TypedDict(
    "LabelAnswer",
    {
        "revision": "int",
        "changed": "list[RowLabel]",
        "added": "list[AddedCell]",
        "gone": "list[str]",
        "counts": "Counts",
    },
)

LabelInputRequest = TypedDict(
    "LabelInputRequest",
    {
        "action": "ActionEnum",
        "rows": "NotRequired[list[int]]",
        "added": "NotRequired[list[str]]",
        "label": "NotRequired[int | str | None]",
        "base_revision": "int",
        "force": "NotRequired[bool]",
        "shown": "NotRequired[int | str | None]",
    },
)

LabelStateEnum = Literal['confirmed', 'relabelled', 'rejected']

Labels = TypedDict(
    "Labels",
    {
        "reading": "str | None",
        "revision": "int",
        "rows": "list[RowLabel]",
        "added": "list[AddedCell]",
        "gone": "list[str]",
    },
)

Laboratory = TypedDict(
    "Laboratory",
    {
        "name": "str",
        "address": "str",
        "phone": "str",
        "logo_url": "str | None",
    },
)

LeftOut = TypedDict(
    "LeftOut",
    {
        "slide": "str",
        "id": "str",
        "why": "str",
    },
)

LiftedByEnum = Literal['review', 'reason']

Likely = TypedDict(
    "Likely",
    {
        "percent": "float",
        "low": "float",
        "high": "float",
    },
)

LogoInputRequest = TypedDict(
    "LogoInputRequest",
    {
        "png_or_jpeg": "str",
    },
)

LookRequest = TypedDict(
    "LookRequest",
    {
        "uploads": "list[str]",
        "series": "NotRequired[int]",
    },
)

Loss = TypedDict(
    "Loss",
    {
        "slides": "int",
        "analyses": "int",
        "labels": "int",
        "comments": "int",
        "annotations": "int",
    },
)

Me = TypedDict(
    "Me",
    {
        "id": "int",
        "username": "str",
        "name": "str",
        "rights": "list[str]",
        "sees_identity": "bool",
        "reading": "ReadingEnum | BlankEnum",
    },
)

Measures = TypedDict(
    "Measures",
    {
        "area_um2": "float | None",
        "diameter_um": "float | None",
        "circularity": "float | None",
        "pallor": "float | None",
        "nc_ratio": "float | None",
    },
)

Metric = TypedDict(
    "Metric",
    {
        "task": "str",
        "dataset": "str",
        "metric": "str",
        "value": "float",
        "low": "float | None",
        "high": "float | None",
    },
)

Model = TypedDict(
    "Model",
    {
        "name": "str",
        "title": "str",
        "task": "str",
        "version": "str",
        "sha256": "str",
        "enabled": "bool",
        "default_for": "list[str]",
        "summary": "str",
        "metrics": "list[Metric]",
        "licence_note": "str",
        "mpp": "float | None",
        "classes": "list[str]",
        "data": "list[dict[str, Any]]",
        "own": "bool",
        "roles": "list[str]",
        "checks": "list[Check]",
    },
)

ModelFilesInputRequest = TypedDict(
    "ModelFilesInputRequest",
    {
        "weights": "str",
        "card": "str",
    },
)

ModelUpload = TypedDict(
    "ModelUpload",
    {
        "id": "str",
        "name": "str",
        "version": "str",
        "file_name": "str",
        "kind": "str",
        "size": "int",
        "sha256": "str",
        "state": "ModelUploadStateEnum",
        "phase": "str",
        "percent": "float",
        "code": "str",
        "reason": "str",
        "checks": "list[Check]",
        "requested_by": "str",
        "requested_at": "str",
        "finished_at": "str | None",
    },
)

ModelUploadStateEnum = Literal['requested', 'running', 'done', 'refused']

MppSourceEnum = Literal['file', 'user', 'estimated', 'unknown']

MustSee = TypedDict(
    "MustSee",
    {
        "open": "int",
        "total": "int",
        "by_reason": "list[MustSeeReason]",
    },
)

MustSeeReason = TypedDict(
    "MustSeeReason",
    {
        "reason": "str",
        "open": "int",
        "total": "int",
    },
)

NewSiteRequest = TypedDict(
    "NewSiteRequest",
    {
        "name": "str",
        "description": "NotRequired[str]",
    },
)

OfEnum = Literal['analyser', 'film']

OtherReading = TypedDict(
    "OtherReading",
    {
        "role": "OtherReadingRoleEnum",
        "by": "str",
        "label": "int | None",
        "state": "LabelStateEnum | BlankEnum",
    },
)

OtherReadingRoleEnum = Literal['first', 'second']

Outside = TypedDict(
    "Outside",
    {
        "class": "int",
        "key": "str",
        "name": "str",
        "count": "int",
    },
)

PaginatedCaseList = TypedDict(
    "PaginatedCaseList",
    {
        "count": "int",
        "next": "NotRequired[str | None]",
        "previous": "NotRequired[str | None]",
        "results": "list[Case]",
    },
)

PaginatedJobList = TypedDict(
    "PaginatedJobList",
    {
        "count": "int",
        "next": "NotRequired[str | None]",
        "previous": "NotRequired[str | None]",
        "results": "list[Job]",
    },
)

PaginatedRecordList = TypedDict(
    "PaginatedRecordList",
    {
        "count": "int",
        "next": "NotRequired[str | None]",
        "previous": "NotRequired[str | None]",
        "results": "list[Record]",
    },
)

PatchedCaseInputRequest = TypedDict(
    "PatchedCaseInputRequest",
    {
        "accession": "NotRequired[str]",
        "pseudonym": "NotRequired[str]",
        "sex": "NotRequired[SexEnum | BlankEnum]",
        "age_days": "NotRequired[int | None]",
        "specimen": "NotRequired[SpecimenEnum]",
        "stain": "NotRequired[str]",
        "question": "NotRequired[str]",
        "restricted": "NotRequired[bool]",
        "analyser": "NotRequired[AnalyserRequest]",
    },
)

PatchedLaboratoryInputRequest = TypedDict(
    "PatchedLaboratoryInputRequest",
    {
        "name": "NotRequired[str]",
        "address": "NotRequired[str]",
        "phone": "NotRequired[str]",
    },
)

PatchedPhraseInputRequest = TypedDict(
    "PatchedPhraseInputRequest",
    {
        "code": "NotRequired[str]",
        "text": "NotRequired[str]",
        "kind": "NotRequired[PhraseKindEnum]",
        "assay": "NotRequired[str]",
    },
)

PatchedRevisionInputRequest = TypedDict(
    "PatchedRevisionInputRequest",
    {
        "title": "NotRequired[str]",
        "second_reader": "NotRequired[bool]",
        "settings": "NotRequired[dict[str, Any]]",
        "rules": "NotRequired[dict[str, Any]]",
        "models": "NotRequired[list[RoleRequest]]",
        "seen_version": "NotRequired[int]",
    },
)

PatchedSlideChangeRequest = TypedDict(
    "PatchedSlideChangeRequest",
    {
        "name": "NotRequired[str]",
        "preset": "NotRequired[str]",
        "mpp": "NotRequired[float]",
        "colour": "NotRequired[ColouringEnum]",
        "specimen": "NotRequired[SpecimenEnum]",
        "site": "NotRequired[str | None]",
    },
)

PatchedSwitchModelInputRequest = TypedDict(
    "PatchedSwitchModelInputRequest",
    {
        "enabled": "NotRequired[bool]",
    },
)

PatchedSwitchRequest = TypedDict(
    "PatchedSwitchRequest",
    {
        "in_force": "NotRequired[bool]",
    },
)

PatchedTextInputRequest = TypedDict(
    "PatchedTextInputRequest",
    {
        "text": "NotRequired[str]",
    },
)

PatientCase = TypedDict(
    "PatientCase",
    {
        "accession": "str",
        "received": "str",
        "state": "CaseStateEnum",
        "specimen": "SpecimenEnum",
        "signed": "bool",
        "this": "bool",
    },
)

PatientHistory = TypedDict(
    "PatientHistory",
    {
        "cases": "list[PatientCase]",
        "series": "list[FigureSeries]",
        "left_out": "int",
        "excluded": "list[ExcludedCase]",
    },
)

Person = TypedDict(
    "Person",
    {
        "id": "int",
        "name": "str",
    },
)

Phrase = TypedDict(
    "Phrase",
    {
        "code": "str",
        "kind": "PhraseKindEnum",
        "text": "str",
        "assay": "str",
    },
)

PhraseInputRequest = TypedDict(
    "PhraseInputRequest",
    {
        "code": "str",
        "text": "str",
        "kind": "NotRequired[PhraseKindEnum]",
        "assay": "NotRequired[str]",
    },
)

PhraseKindEnum = Literal['phrase', 'template']

Picking = TypedDict(
    "Picking",
    {
        "mpp": "float | None",
        "stage": "str",
        "revision": "int",
        "states": "States",
        "hbf": "HbfSums",
        "candidates": "list[Candidate]",
    },
)

Plane = TypedDict(
    "Plane",
    {
        "number": "int",
        "depth_um": "float | None",
        "analysed": "bool",
        "base": "str",
    },
)

Preset = TypedDict(
    "Preset",
    {
        "name": "str",
        "mpp": "float",
    },
)

Probability = TypedDict(
    "Probability",
    {
        "class": "int",
        "p": "float",
    },
)

Problem = TypedDict(
    "Problem",
    {
        "type": "str",
        "title": "str",
        "status": "int",
        "detail": "str",
        "code": "str",
        "errors": "NotRequired[Any]",
    },
)

Protocol = TypedDict(
    "Protocol",
    {
        "name": "str",
        "title": "str",
        "version": "int",
        "specimen": "str",
        "assay": "str",
        "assay_title": "str",
    },
)

ProtocolDetail = TypedDict(
    "ProtocolDetail",
    {
        "name": "str",
        "title": "str",
        "version": "int",
        "specimen": "str",
        "assay": "str",
        "assay_title": "str",
        "enabled": "bool",
        "second_reader": "bool",
        "settings": "dict[str, Any]",
        "rules": "dict[str, Any]",
        "models": "list[Role]",
        "can_set": "list[Setting]",
        "versions": "list[int]",
        "warnings": "list[str]",
    },
)

PyramidLevel = TypedDict(
    "PyramidLevel",
    {
        "tile_px": "int",
        "tiles": "list[list[Any]]",
    },
)

Ratio = TypedDict(
    "Ratio",
    {
        "key": "str",
        "name": "str",
        "value": "float | None",
        "low": "float | None",
        "high": "float | None",
        "unit": "str",
        "why": "str",
        "basis": "str",
    },
)

Reader = TypedDict(
    "Reader",
    {
        "id": "int",
        "username": "str",
        "name": "str",
    },
)

ReaderRequest = TypedDict(
    "ReaderRequest",
    {
        "username": "str | None",
        "word": "NotRequired[str]",
    },
)

Reading = TypedDict(
    "Reading",
    {
        "role": "ReadingRoleEnum",
        "reader": "str",
        "reader_id": "int | None",
        "blind": "bool",
        "state": "ReadingStateEnum",
        "acts": "int",
        "by": "list[str]",
    },
)

ReadingDifference = TypedDict(
    "ReadingDifference",
    {
        "job": "str",
        "schema": "str",
        "row": "int | None",
        "added": "str | None",
        "x": "float",
        "y": "float",
        "first": "str",
        "second": "str",
        "machine": "str",
        "decided": "str",
        "decided_by": "str",
        "crop_url": "str",
    },
)

ReadingEnum = Literal['second', 'second-blind', 'consensus']

ReadingRoleEnum = Literal['first', 'second', 'consensus']

ReadingStateEnum = Literal['open', 'closed']

Record = TypedDict(
    "Record",
    {
        "id": "int",
        "at": "str",
        "actor": "str",
        "action": "str",
        "object_type": "str",
        "object_id": "str",
        "accession": "str",
        "sentence": "str",
        "detail": "Any",
        "sha256": "str",
    },
)

RedoAnswer = TypedDict(
    "RedoAnswer",
    {
        "revision": "int",
        "changed": "list[RowLabel]",
        "added": "list[AddedCell]",
        "gone": "list[str]",
        "counts": "Counts",
        "redone": "Undone",
    },
)

ReferenceRange = TypedDict(
    "ReferenceRange",
    {
        "low": "float",
        "high": "float",
        "whose": "str",
        "source": "str",
    },
)

References = TypedDict(
    "References",
    {
        "name": "str",
        "version": "str",
        "sha256": "str",
    },
)

Region = TypedDict(
    "Region",
    {
        "index": "int",
        "x": "float",
        "y": "float",
        "w": "float",
        "h": "float",
        "focus": "float",
        "single_ratio": "float",
        "tissue": "float",
        "used": "bool",
        "done": "bool",
        "searched": "str",
        "elsewhere": "list[list[list[int]]]",
        "reason": "str",
    },
)

Regions = TypedDict(
    "Regions",
    {
        "fields": "list[Region]",
    },
)

RemovalInputRequest = TypedDict(
    "RemovalInputRequest",
    {
        "reason": "str",
    },
)

RenamedCell = TypedDict(
    "RenamedCell",
    {
        "row_a": "int",
        "row_b": "int",
        "key_a": "str",
        "key_b": "str",
        "machine_a": "str",
        "machine_b": "str",
        "by_a": "str",
        "by_b": "str",
    },
)

RenamedCells = TypedDict(
    "RenamedCells",
    {
        "n": "int",
        "by_machine": "int",
        "shown": "list[RenamedCell]",
    },
)

Report = TypedDict(
    "Report",
    {
        "id": "str",
        "version": "int",
        "state": "ReportStateEnum",
        "signed_by": "str",
        "signed_at": "str",
        "meaning": "str",
        "reason": "str",
        "sha256": "str",
        "html_url": "str",
        "pdf_url": "str | None",
        "counts_csv_url": "str",
        "cells_csv_url": "str",
        "geojson_url": "str",
        "fhir_url": "str",
    },
)

ReportContent = TypedDict(
    "ReportContent",
    {
        "id": "str",
        "version": "int",
        "state": "ReportStateEnum",
        "signed_by": "str",
        "signed_at": "str",
        "meaning": "str",
        "reason": "str",
        "sha256": "str",
        "html_url": "str",
        "pdf_url": "str | None",
        "counts_csv_url": "str",
        "cells_csv_url": "str",
        "geojson_url": "str",
        "fhir_url": "str",
        "document": "dict[str, Any]",
    },
)

ReportStateEnum = Literal['signed', 'superseded']

RequestJobRequest = TypedDict(
    "RequestJobRequest",
    {
        "protocol": "NotRequired[str]",
        "region": "NotRequired[list[int] | None]",
    },
)

Result = TypedDict(
    "Result",
    {
        "assay": "str",
        "rules": "str",
        "sections": "list[Section]",
        "ratios": "list[Ratio]",
        "findings": "list[Finding]",
        "unsettled": "list[Unsettled]",
        "outside": "dict[str, int]",
        "notes": "list[str]",
    },
)

RetiredInputRequest = TypedDict(
    "RetiredInputRequest",
    {
        "retired": "bool",
    },
)

RightsRequest = TypedDict(
    "RightsRequest",
    {
        "username": "str",
        "rights": "list[str]",
    },
)

Role = TypedDict(
    "Role",
    {
        "role": "str",
        "model": "str",
        "version": "str",
        "threshold": "NotRequired[float | None]",
    },
)

RoleRequest = TypedDict(
    "RoleRequest",
    {
        "role": "str",
        "model": "str",
        "version": "str",
        "threshold": "NotRequired[float | None]",
    },
)

Room = TypedDict(
    "Room",
    {
        "case": "Case",
        "slides": "list[RoomSlide]",
        "opens_with": "str | None",
        "schemas": "dict[str, Schema]",
        "protocols": "list[Protocol]",
        "reports": "list[Report]",
        "readers": "list[Reader]",
        "handover": "Handover | None",
        "me": "Me",
    },
)

RoomSlide = TypedDict(
    "RoomSlide",
    {
        "id": "str",
        "name": "str",
        "specimen": "str",
        "status": "SlideStatusEnum",
        "message": "str",
        "notes": "list[str]",
        "identifying": "list[str]",
        "associated": "list[str]",
        "site": "str | None",
        "percent": "float",
        "width": "int",
        "height": "int",
        "mpp": "float | None",
        "mpp_source": "MppSourceEnum",
        "vendor": "str",
        "objective": "float | None",
        "sha256": "str",
        "size_bytes": "int",
        "photo_fields": "list[Box]",
        "stage": "list[Stage]",
        "colour": "ColouringEnum",
        "icc_bytes": "int",
        "tile_levels": "list[StoredLevel]",
        "conversion": "ConversionEnum | BlankEnum",
        "conversion_percent": "float",
        "conversion_message": "str",
        "thumbnail_url": "str",
        "dzi_url": "str",
        "created_at": "str",
        "revision": "int",
        "job": "Analysis | None",
        "jobs": "list[Analysis]",
    },
)

Row = TypedDict(
    "Row",
    {
        "key": "str",
        "count": "int",
        "percent": "float | None",
        "low": "float | None",
        "high": "float | None",
        "with_machine_errors": "NotRequired[Likely]",
        "grade": "str | None",
        "grade_crosses": "bool",
    },
)

RowLabel = TypedDict(
    "RowLabel",
    {
        "row": "int",
        "label": "int | None",
        "state": "LabelStateEnum | BlankEnum",
        "by": "str",
        "at": "str | None",
        "carried": "NotRequired[bool]",
    },
)

Rules = TypedDict(
    "Rules",
    {
        "name": "str",
        "version": "str",
        "sha256": "str",
    },
)

Schema = TypedDict(
    "Schema",
    {
        "name": "str",
        "version": "int",
        "sha256": "str",
        "groups": "list[Group]",
        "classes": "list[CellClass]",
    },
)

SecondReadingInputRequest = TypedDict(
    "SecondReadingInputRequest",
    {
        "username": "str",
        "blind": "NotRequired[bool]",
    },
)

Section = TypedDict(
    "Section",
    {
        "key": "str",
        "title": "str",
        "n": "int",
        "noun": "str",
        "target": "int | None",
        "below_floor": "bool",
        "rows": "list[Row]",
    },
)

Series = TypedDict(
    "Series",
    {
        "number": "int",
        "name": "str",
    },
)

Setting = TypedDict(
    "Setting",
    {
        "key": "str",
        "kind": "SettingKindEnum",
        "label": "str",
        "help": "str",
        "unit": "str",
        "minimum": "float | None",
        "maximum": "float | None",
        "choices": "list[str]",
    },
)

SettingKindEnum = Literal['integer', 'number', 'choice', 'text']

SettleInputRequest = TypedDict(
    "SettleInputRequest",
    {
        "id": "str",
        "keep": "bool",
    },
)

SexEnum = Literal['female', 'male']

Share = TypedDict(
    "Share",
    {
        "count": "int",
        "value": "float | None",
        "low": "float | None",
        "high": "float | None",
    },
)

SignInputRequest = TypedDict(
    "SignInputRequest",
    {
        "password": "str",
        "meaning": "str",
        "conclusion": "NotRequired[str]",
        "comment": "NotRequired[str]",
        "conclusion_before": "NotRequired[str]",
        "comment_before": "NotRequired[str]",
        "reason": "NotRequired[str]",
        "count_stamps": "NotRequired[dict[str, str]]",
    },
)

SignedExamination = TypedDict(
    "SignedExamination",
    {
        "assay": "str",
        "title": "str",
        "slides": "list[str]",
        "counted": "list[Counted]",
        "findings": "list[str]",
        "warnings": "list[str]",
        "readers": "str",
    },
)

Signing = TypedDict(
    "Signing",
    {
        "count_stamps": "dict[str, str]",
        "conclusion": "str",
        "examinations": "list[SignedExamination]",
        "missing": "list[LeftOut]",
        "holds": "list[Hold]",
    },
)

Site = TypedDict(
    "Site",
    {
        "id": "int",
        "name": "str",
        "description": "NotRequired[str]",
        "slide_count": "int",
    },
)

Slide = TypedDict(
    "Slide",
    {
        "id": "str",
        "name": "str",
        "specimen": "str",
        "status": "SlideStatusEnum",
        "message": "str",
        "notes": "list[str]",
        "identifying": "list[str]",
        "associated": "list[str]",
        "site": "str | None",
        "percent": "float",
        "width": "int",
        "height": "int",
        "mpp": "float | None",
        "mpp_source": "MppSourceEnum",
        "vendor": "str",
        "objective": "float | None",
        "sha256": "str",
        "size_bytes": "int",
        "photo_fields": "list[Box]",
        "stage": "list[Stage]",
        "colour": "ColouringEnum",
        "icc_bytes": "int",
        "tile_levels": "list[StoredLevel]",
        "conversion": "ConversionEnum | BlankEnum",
        "conversion_percent": "float",
        "conversion_message": "str",
        "thumbnail_url": "str",
        "dzi_url": "str",
        "created_at": "str",
        "revision": "int",
    },
)

SlideCounts = TypedDict(
    "SlideCounts",
    {
        "slide": "str",
        "job": "str",
        "sections": "list[SlideSection]",
    },
)

SlideDifference = TypedDict(
    "SlideDifference",
    {
        "section": "str",
        "key": "str",
        "p": "float",
    },
)

SlideSection = TypedDict(
    "SlideSection",
    {
        "key": "str",
        "title": "str",
        "n": "int",
        "rows": "dict[str, int]",
    },
)

SlideStatusEnum = Literal['importing', 'ready', 'refused']

SpecimenEnum = Literal['blood-film', 'marrow-aspirate', 'cell-block']

Stage = TypedDict(
    "Stage",
    {
        "photograph": "str",
        "source": "str",
        "px": "list[float]",
        "um": "list[float]",
        "right": "list[float]",
        "down": "list[float]",
        "mpp": "float",
    },
)

States = TypedDict(
    "States",
    {
        "pending": "int",
        "confirmed": "int",
        "excluded": "int",
    },
)

StoredLevel = TypedDict(
    "StoredLevel",
    {
        "width": "int",
        "height": "int",
        "stored": "bool",
        "why": "str",
    },
)

TeachRequest = TypedDict(
    "TeachRequest",
    {
        "assay": "NotRequired[str]",
    },
)

TileAccess = TypedDict(
    "TileAccess",
    {
        "slide": "str",
        "base": "str",
        "cookie_path": "str",
        "token": "str",
        "expires_in_s": "int",
        "width": "int",
        "height": "int",
        "levels": "list[TileLevel]",
        "planes": "list[Plane]",
        "colour": "str",
        "colour_text": "str",
        "icc_bytes": "int",
        "stored_levels": "int",
    },
)

TileLevel = TypedDict(
    "TileLevel",
    {
        "number": "int",
        "width": "int",
        "height": "int",
        "tile_width": "int",
        "tile_height": "int",
        "columns": "int",
        "rows": "int",
    },
)

Triage = TypedDict(
    "Triage",
    {
        "left": "int",
        "leave": "float",
        "come": "float",
    },
)

Typical = TypedDict(
    "Typical",
    {
        "class": "int",
        "pictures": "list[TypicalPicture]",
    },
)

TypicalPicture = TypedDict(
    "TypicalPicture",
    {
        "url": "str",
        "source": "str",
        "own": "bool",
    },
)

UndoAnswer = TypedDict(
    "UndoAnswer",
    {
        "revision": "int",
        "changed": "list[RowLabel]",
        "added": "list[AddedCell]",
        "gone": "list[str]",
        "counts": "Counts",
        "undone": "Undone",
    },
)

Undone = TypedDict(
    "Undone",
    {
        "action": "str",
        "n": "int",
    },
)

Unsettled = TypedDict(
    "Unsettled",
    {
        "key": "str",
        "text": "str",
        "more_cells": "int | None",
    },
)

Upon = TypedDict(
    "Upon",
    {
        "row": "int | None",
        "added": "str | None",
        "class": "int | None",
    },
)

UrgentRequest = TypedDict(
    "UrgentRequest",
    {
        "urgent": "bool",
    },
)

UsedModel = TypedDict(
    "UsedModel",
    {
        "role": "str",
        "name": "str",
        "version": "str",
        "sha256": "str",
    },
)

Verdict = TypedDict(
    "Verdict",
    {
        "ok": "bool",
        "lines": "int",
        "message": "str",
    },
)

WaitingLabel = TypedDict(
    "WaitingLabel",
    {
        "id": "str",
        "why": "WhyEnum",
        "row": "int | None",
        "x": "float",
        "y": "float",
        "w": "float",
        "h": "float",
        "label_key": "str",
        "state": "str",
        "machine_before": "str",
        "machine_now": "str",
        "by": "str",
    },
)

WhyEnum = Literal['no-partner', 'renamed']

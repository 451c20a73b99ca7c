"""What a run is asked for, plans, and gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hemaview.assays import Assay
from hemaview.cells.schema import Schema


class PipelineError(Exception):
    """A run that cannot go on; the message is one sentence, the remedy another ("" where models are at fault)."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class Superseded(Exception):
    """The job belongs to another worker now: stop without writing."""


@dataclass(frozen=True)
class RunRequest:
    """One protocol on one slide."""

    slide: Path
    """The slide's file."""
    folder: Path
    """Where the run keeps its plan, its parts and its final files."""
    protocol: str
    """The protocol's name, for the cell file."""
    assay: Assay
    """The examination: its targets and how its fields are chosen."""
    schema: Schema
    """The classes as they were when the run was ordered; its files are written with them."""
    finder: str
    """Key of the finder of cells (`pipeline.finders`)."""
    settings: Mapping[str, Any]
    """The protocol's settings, described by the assay."""
    models: Mapping[str, tuple[str, str, str]]
    """Role to (name, version, sha256)."""
    thresholds: Mapping[str, float]
    """Role to the score from which its answer counts where that is not the model's own."""
    mpp: float | None
    """µm per level-0 px; None where unknown."""
    photo_fields: list[dict[str, Any]]
    """The camera fields that the slide was made of ({x, y, w, h, name}, level-0 px); empty for a scan."""
    colour: str = "stored"
    """What happens to an embedded profile (`wsi.colour`)."""


@dataclass
class PlannedField:
    """A field considered for counting; `reason` says why it is not counted ('' where it is). Level-0 px."""

    index: int
    x: int
    y: int
    w: int
    h: int
    tissue: float
    focus: float
    single_ratio: float
    score: float
    used: bool
    reason: str = ""
    photo: bool = False


@dataclass
class Plan:
    """The fields of a run in the order in which they are counted, and the scale they are counted at."""

    mpp: float
    mpp_source: str
    mpp_sd: float | None
    fields: list[PlannedField] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def counted(self) -> list[PlannedField]:
        return [f for f in self.fields if f.used]

    @property
    def fields_to_count(self) -> int:
        return len(self.counted)

    def save(self, path: Path) -> None:
        part = path.with_name(f".{path.name}.part")
        part.write_text(json.dumps(asdict(self), separators=(",", ":")))
        part.replace(path)

    @staticmethod
    def load(path: Path) -> Plan:
        raw = json.loads(path.read_text())
        return Plan(**{**raw, "fields": [PlannedField(**f) for f in raw["fields"]]})


@dataclass(frozen=True)
class Outcome:
    """What a run left: the final files' hashes and the totals."""

    cells: int
    fields_done: int
    fields_total: int
    partial: bool
    cells_sha256: str
    contours_sha256: str
    notes: tuple[str, ...]
    guards: tuple[dict[str, str], ...] = ()
    """What speaks against the slide's being what it is taken for: {code, sentence} each."""


class Sink(Protocol):
    """Where a run tells how far it is; any call may raise Superseded."""

    def stop_asked(self) -> bool: ...

    def phase(self, text: str, share: float = 0.0) -> None: ...

    def planned(self, plan: Plan, device: str) -> None: ...

    def field_done(self, done: int, total: int, cells: int) -> None: ...

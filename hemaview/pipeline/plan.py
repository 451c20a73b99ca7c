"""What a run is asked for, plans, and gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hemaview.assays import Assay
from hemaview.blobs import whole_file
from hemaview.cells.schema import Schema
from hemaview.methods.own.files import OwnFiles

MOST_REGION_MM2 = 25.0
"""A region that a person draws is so large at most: every field of it is counted, and no target ends that."""


class PipelineError(Exception):
    """A run that cannot go on: a sentence why, another on what a person can do, and a code that names the cause."""

    def __init__(self, message: str, remedy: str, code: str) -> None:
        super().__init__(message)
        self.remedy, self.code = remedy, code


class Cancelled(Exception):
    """A person asked for the job's end before any field was counted."""


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
    """The camera fields that the slide was made of ({x, y, w, h, name}, level-0 px; `film`: {patch, x, y} of one that overlaps
    others); empty for a scan."""
    colour: str = "stored"
    """What happens to an embedded profile (`wsi.colour`)."""
    region: tuple[int, int, int, int] | None = None
    """The rectangle (x, y, w, h), level-0 px, that alone is analysed, every field of it; None for the whole slide."""
    taught: tuple[Path, str] | None = None
    """(file, sha256) of what the slide's site taught one of the models (`inference.sitenet`); None where nothing."""
    own: Mapping[str, OwnFiles] = field(default_factory=dict)
    """Role to the files of a model of the laboratory's own that fills it (`inference.own`)."""
    attempt: int = 0
    """The how many-th attempt at the run this is: an earlier one writes nothing more once it has begun."""


@dataclass
class PlannedField:
    """A field considered for counting, level-0 px."""

    index: int
    """Its number in the plan."""
    x: int
    """Of its corner."""
    y: int
    """Of its corner."""
    w: int
    """Width."""
    h: int
    """Height."""
    tissue: float
    """Share of it that is stained."""
    focus: float
    """Against the slide's good focus."""
    single_ratio: float
    """How much of its red cells' area lies in discs of one cell's size (`cheaplook`)."""
    score: float
    """What fields are ranked by."""
    used: bool
    """Whether it is counted whole, until the targets are met."""
    reason: str = ""
    """Why it is not counted whole; "" where it is."""
    photo: bool = False
    """Whether it is a photograph, which is counted whole."""
    monolayer: bool = True
    """Whether its cells lie side by side: what is found elsewhere is outside the count."""
    area_mm2: float = 0.0
    """Its area; of a photograph without what something covers."""
    foreign: float = 0.0
    """Share of it that ink, a bubble, an edge or dirt covers (`foreign`)."""
    searched: str = ""
    """Once the run has ended: `fields` where it was counted whole, `film` or `edges` where nucleated cells were searched for
    in the monolayer or outside it; "" where neither."""
    film: list[int] = field(default_factory=list)
    """Of a photograph that overlaps others: the number of the part of the film that they show, and x and y of its corner there,
    px."""
    elsewhere: list[list[list[int]]] = field(default_factory=list)
    """Outlines ([x, y] each, level-0 px) of what another field shows, too, and counts; what two of them hold is counted here."""
    marks: list[list[list[int]]] = field(default_factory=list)
    """Outlines (likewise) of what a camera's program wrote into the photograph (`burntin`)."""
    within: list[int] = field(default_factory=list)
    """Of a part of a photograph: left, top, right and bottom of the photograph, level-0 px, beyond which nothing was seen."""
    round_field: list[list[int]] = field(default_factory=list)
    """Of a photograph through an eyepiece, or a part of one: the outline ([x, y] each, level-0 px) of what is seen; the dark rim
    around it is no part of the specimen."""
    counted_share: float = 1.0
    """Share of its area that is counted: without a rim, marks, what something covers and what another field counts."""


@dataclass
class Plan:
    """The fields of a run in the order in which they are counted, and the scale they are counted at."""

    mpp: float
    """µm/px of level 0."""
    mpp_source: str
    """Where that comes from: the file, a person, or red cells."""
    mpp_sd: float | None
    """Its standard deviation where red cells tell it."""
    fields: list[PlannedField] = field(default_factory=list)
    """In the order in which they are counted."""
    notes: list[str] = field(default_factory=list)
    """Sentences of the run, shown wherever its cells are."""
    search: list[int] = field(default_factory=list)
    """Indices of the fields of one layer, and of those not looked at yet, in the order in which they are searched for
    nucleated cells."""
    edges: list[int] = field(default_factory=list)
    """Those of the edges, the feathered end and thick places, in theirs."""
    good_focus: float = 1.0
    """The focus of the slide's good fields (`cheaplook`), by which others are judged."""
    poor_fields: str = ""
    """Why even the best fields are poor, in a few words; "" where they are good. Shapes get no grade and platelets no
    estimate from poor fields."""
    searched_mm2: float = 0.0
    """Area in which every nucleated cell was looked for that counts, once the run has ended."""
    guards: list[dict[str, str]] = field(default_factory=list)
    """What speaks against the specimen or its µm/px being what they are said to be ({code, sentence}; see `pipeline.specimen`,
    `scale`), before any cell is found."""
    silent_nets: list[str] = field(default_factory=list)
    """Names of the nets that gave a cell no finite answer (`pipeline.noanswer`)."""

    @property
    def counted_fields(self) -> list[PlannedField]:
        return [f for f in self.fields if f.used]

    @property
    def fields_to_count(self) -> int:
        return len(self.counted_fields)

    def save(self, path: Path) -> None:
        with whole_file(path) as stream:
            stream.write(json.dumps(asdict(self), separators=(",", ":")).encode())

    @staticmethod
    def load(path: Path) -> Plan:
        raw = json.loads(path.read_text())
        return Plan(**{**raw, "fields": [PlannedField(**f) for f in raw["fields"]]})


@dataclass(frozen=True)
class Outcome:
    """What a run left: the final files' hashes and the totals."""

    cells: int
    """How many."""
    fields_done: int
    """Counted whole."""
    fields_total: int
    """To be counted whole."""
    partial: bool
    """Whether a person stopped it."""
    cells_sha256: str
    """Of the cell file."""
    contours_sha256: str
    """Of the file of outlines."""
    notes: tuple[str, ...]
    """Sentences, shown wherever its cells are."""
    guards: tuple[dict[str, str], ...] = ()
    """What speaks against the specimen being what it is said to be ({code, sentence})."""
    poor_fields: str = ""
    """Why the counted fields are poor (`Plan.poor_fields`)."""
    searched_mm2: Mapping[str, float] = field(default_factory=dict)
    """Area by search: `fields` (counted whole), `film` (all that counts towards nucleated cells), `edges` (outside)."""


class Sink(Protocol):
    """Where a run tells how far it is; any call may raise Superseded, and Cancelled before
    `planned`."""

    def stop_asked(self) -> bool: ...

    def phase(self, text: str, share: float = 0.0) -> None: ...

    def planned(self, plan: Plan, device: str) -> None: ...

    def field_done(self, fields_done: int, total: int, cells: int) -> None: ...

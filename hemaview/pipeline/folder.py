"""What a run keeps in its folder: its plan, one part a finished field, and the final files.

Nothing else in the house knows their names or what stands in them. Pages read by it too, so it loads no model.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from hemaview.cells.store import CellFileError, read_cells, write_cells, write_contours
from hemaview.cells.table import CellTable
from hemaview.pipeline.plan import Plan, RunRequest, Superseded

CELLS_NAME, CONTOURS_NAME = "cells.arrow", "contours.arrow"


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, whether the run has ended or goes on."""

    path: Path
    """Where it is."""
    attempt: int | None = None
    """The attempt at the run that writes here; None of whoever reads alone."""

    @classmethod
    def of(cls, request: RunRequest) -> RunFolder:
        """That of a run, for its attempt to write in."""
        return cls(request.folder, request.attempt)

    def begin(self) -> None:
        """Make the folder this attempt's: no earlier one writes in it from now on. Raises Superseded where a later one has it."""
        self.path.mkdir(parents=True, exist_ok=True)
        with self._attempt_file.open("a+") as stream:
            latest = _locked(stream)
            if self.attempt is not None and self.attempt < latest:
                raise Superseded(_TAKEN_OVER)
            stream.truncate(0)
            stream.write(str(self.attempt or 0))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While something is written: no other attempt writes or begins. Raises Superseded where a later one has begun, or the
        folder was removed."""
        if self.attempt is None:
            yield
            return
        try:
            stream = self._attempt_file.open("r+")
        except FileNotFoundError as error:
            raise Superseded(_TAKEN_OVER) from error
        with stream:
            if _locked(stream) != self.attempt:
                raise Superseded(_TAKEN_OVER)
            yield

    @property
    def cells_file(self) -> Path:
        """The final cell file."""
        return self.path / CELLS_NAME

    @property
    def contours_file(self) -> Path:
        """The final file of outlines."""
        return self.path / CONTOURS_NAME

    @property
    def statistics_file(self) -> Path:
        """What was taken from the film for the net that names its cells (`pipeline.filmfit`)."""
        return self.path / "film-statistics.safetensors"

    def plan(self) -> Plan | None:
        """The plan, or None where there is none yet."""
        return Plan.load(self._plan_file) if self._plan_file.exists() else None

    def plan_json(self) -> dict[str, Any] | None:
        """The plan as it was written, also by an earlier release, or None where there is none yet."""
        return json.loads(self._plan_file.read_text()) if self._plan_file.exists() else None

    def keep_plan(self, plan: Plan) -> None:
        with self.writing():
            plan.save(self._plan_file)

    def begin_anew(self) -> None:
        """Forget the plan and everything that was found by it."""
        # The plan goes last: whoever finds it still there finds that it does not hold, and begins here again.
        with self.writing():
            for part in (*self.path.glob("*.arrow"), self.statistics_file, self._plan_file):
                part.unlink(missing_ok=True)

    def has_field(self, index: int) -> bool:
        """Whether the field was counted whole."""
        return self._part(index).exists()

    def field_cells(self, index: int) -> CellTable | None:
        """The cells of a finished field, or None where it must be counted (again)."""
        if not self.has_field(index):
            return None
        try:
            return read_cells(self._part(index), self._part_contours(index))[0]
        except CellFileError:
            return None

    def keep_field(self, index: int, cells: CellTable) -> None:
        """Write a field's cells; once this returns the field is finished."""
        with self.writing():
            write_contours(self._part_contours(index), cells)
            write_cells(self._part(index), cells, {"field": index})

    def counted_mm2(self, mpp: float) -> float | None:
        """Area of what was counted of the fields that were counted whole, at `mpp` µm a level-0 px."""
        plan = self.plan_json()
        if plan is None:
            return None
        fields = [f for f in plan["fields"] if f["used"] and self.has_field(f["index"])]
        px = sum(f["w"] * f["h"] * f.get("counted_share", 1) for f in fields)
        return px * (mpp / 1000) ** 2 or None

    @property
    def _attempt_file(self) -> Path:
        return self.path / ".attempt"

    @property
    def _plan_file(self) -> Path:
        return self.path / "plan.json"

    def _part(self, index: int) -> Path:
        return self.path / f"part-{index}.arrow"

    def _part_contours(self, index: int) -> Path:
        return self.path / f"part-{index}.contours.arrow"


_TAKEN_OVER = "Another worker has taken over this analysis."


def _locked(stream: TextIO) -> int:
    """The attempt in the file, which is this process's until it is closed; 0 where none is."""
    fcntl.flock(stream, fcntl.LOCK_EX)
    stream.seek(0)
    return int(stream.read() or 0)

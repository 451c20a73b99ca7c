"""A protocol's run over one slide, field by field; what is done is what is on disk.

Resuming after any end (also kill -9) gives the same bytes: fields follow the plan, parts are written whole, nothing
of the clock goes into the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hemaview.cells.schema import Schema
from hemaview.cells.store import described, write_cells, write_contours
from hemaview.cells.table import BY_NUCLEATED, BY_RED, BY_WITHOUT_NUCLEUS, CUT, CellTable
from hemaview.cells.transport import density_pyramid, tile_index
from hemaview.inference import (
    CentreFinder,
    Classifier,
    Detector,
    Model,
    NetSettings,
    Stain,
    load,
    load_own,
    read_taught,
)
from hemaview.methods.registry import METHODS
from hemaview.pipeline.fieldchoice import plan_run
from hemaview.pipeline.filmfit import ELSEWHERE, NAMING, fit_to_film
from hemaview.pipeline.finders import CellFinder, Thresholds, finder
from hemaview.pipeline.finders.common import WITHOUT_NUCLEUS
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.foreign import without_covered
from hemaview.pipeline.noanswer import NoAnswer, named_failure, unanswered_notes
from hemaview.pipeline.ownmodels import own_guards, own_note
from hemaview.pipeline.plan import Cancelled, Outcome, PipelineError, Plan, RunRequest, Sink
from hemaview.pipeline.redlookalikes import lookalike_notes, without_red_lookalikes
from hemaview.pipeline.scale import scale_notes
from hemaview.pipeline.search import Searched, SearchingFinder, SearchTask, search, search_notes
from hemaview.pipeline.severalcells import without_outlines_of_several
from hemaview.pipeline.sharedplaces import counts_at, each_once
from hemaview.pipeline.stains import stain_guards, with_expectation
from hemaview.pipeline.targets import FIRST_FIELDS, Ahead, reached, targets_of, towards_targets
from hemaview.pipeline.unidentified import KNOWN, STRANGE, with_unidentified
from hemaview.words import gettext, gettext_noop
from hemaview.wsi.colour import policy
from hemaview.wsi.slide import Slide, open_slide


def _correct() -> str:
    return gettext("An administrator must correct the protocol's settings; then order the analysis again.")


@dataclass(frozen=True)
class _Counted:
    """What counting and searching left."""

    cells: CellTable
    """Each cell once."""
    fields: list[int]
    """Indices of the fields that were counted whole, in that order."""
    partial: bool
    """Whether it was stopped before its end."""
    thresholds: Thresholds
    """By role, class to the probability from which a cell was called so."""
    temperatures: Mapping[str, float]
    """By role of classifier."""
    searched: Searched
    """What the search for nucleated cells gave."""
    errors: Mapping[str, Any] = field(default_factory=dict)
    """How the net that named the nucleated cells errs on such films (`Card.machine_errors`)."""
    embedded_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Role, name, version and sha256 of the weights of each net that told how cells look, by its number in the cell file."""


_ELSEWHERE_NAMED = {
    Stain.STRANGE: gettext_noop(
        "The film's stain is unlike any that {usual} learned from; {other}, the model for unusual stains, named its nucleated "
        "cells."
    ),
    Stain.UNCLEAR: gettext_noop(
        "The film has too few nuclei to tell how it is stained; {other}, the model for unusual stains, named them and "
        "leaves more of them unidentified."
    ),
}
"""What is said where another net than that of usual films named the nucleated cells."""


def run(request: RunRequest, sink: Sink) -> Outcome:
    """Run (or go on with) a job; raises PipelineError, SlideError, InferenceError, the sink's Superseded, or Cancelled where a
    person stopped it before any field was counted."""
    request.folder.mkdir(parents=True, exist_ok=True)
    sink.phase(gettext_noop("loading the models"))
    models, notes = _load(request)
    request, cost = at_recall(request, models)
    notes += cost
    schema = request.schema
    finder(request.finder, models, schema, request.thresholds)  # what does not fit is refused before anything is read
    with open_slide(request.slide, request.colour) as slide:
        plan = _plan(slide, request, models, sink)
        naming = models.get("nucleated-cell")
        taught = read_taught(*request.taught) if request.taught else None
        models = _telling(models, plan, RunFolder(request.folder))
        models, stain = fit_to_film(slide, plan, models, request.folder, sink, taught)
        cell_finder = finder(request.finder, models, schema, request.thresholds)
        sink.planned(plan, cell_finder.device)
        try:
            field_indices, by_class, partial = _count(slide, plan, request, cell_finder, schema, sink)
            if partial and not field_indices:
                raise Cancelled("A person has cancelled this analysis.")
            searched = Searched.begun(plan, field_indices)
            if not partial and isinstance(cell_finder, SearchingFinder):
                finder_of_centres = models.get("nucleated-cell-finder")
                seeker = finder_of_centres if isinstance(finder_of_centres, CentreFinder) else None
                searched = search(
                    SearchTask(slide, plan, request, schema, field_indices, by_class), cell_finder, seeker, sink
                )
        except NoAnswer as error:
            raise named_failure(plan.silent_nets) from error
        warmth = {role: model.temperature for role, model in models.items() if isinstance(model, Classifier)}
        every = _every_cell(request.folder, field_indices, searched.tables, schema, plan)
        photographs = bool(request.photo_fields)
        cells, lookalikes = without_red_lookalikes(slide, every, field_indices, plan.mpp, schema, photographs)
        result = _Counted(cells, field_indices, partial or searched.partial, cell_finder.thresholds, warmth, searched)
        notes += (
            plan.notes
            + search_notes(request, schema, plan, searched, cells)
            + unanswered_notes(cells, plan.silent_nets)
        )
        notes += lookalike_notes(lookalikes, len(every) - len(cells))
        named_by = models.get("nucleated-cell")
        own = taught is not None and named_by is not None and named_by.info.name == taught.base
        white = bool((schema.rows_of_kind(cells.cls, "nucleated") & ((cells.flags & CUT) == 0)).any())
        if taught is not None and own:
            notes.append(gettext("{net} named the nucleated cells as the site has taught it.").format(net=taught.base))
        strange = stain_guards(slide, result.cells, plan, schema, naming, stain) if white and not own else []
        if not own and white and named_by and naming and named_by.info.name != naming.info.name:
            how = Stain.STRANGE if strange else stain
            sentence = gettext(_ELSEWHERE_NAMED[how])
            notes.append(sentence.format(usual=naming.info.name, other=named_by.info.name))
        if isinstance(named_by, Classifier):
            elsewhere = stain is not Stain.USUAL or bool(strange)
            cells = with_unidentified(cells, schema, named_by.least, elsewhere)
            errors = {} if own else named_by.card.machine_errors
            result = replace(result, cells=cells, errors=errors.get(STRANGE if elsewhere else KNOWN, {}))
            strange = [with_expectation(guard, cells, schema) for guard in strange]
        guards = strange + own_guards({role: models[role] for role in request.own if role in models}, schema)
        result = replace(result, embedded_by=_embedded_by(result.cells, models))
    return _close(request, plan, result, notes, [*plan.guards, *guards])


def _load(request: RunRequest) -> tuple[dict[str, Model], list[str]]:
    """The models by role, as the protocol sets them, and what is to be said of that."""
    tolerance, blood = float(request.settings.get("tolerance", 0)), str(request.settings.get("calibrated_on", ""))
    settings = NetSettings(tolerance=tolerance)
    models: dict[str, Model] = {
        role: load_own(request.own[role]) if role in request.own else load(*model, settings=settings)
        for role, model in request.models.items()
    }
    shipped = [m.info.name for role, m in models.items() if role not in request.own]
    solved = [name for name in shipped if tolerance and METHODS[name].solve_to]
    if tolerance and not solved:
        raise PipelineError(
            gettext("The protocol sets a tolerance, but none of its models solves equations: leave it out."),
            _correct(),
            "wrong-settings",
        )
    calibrated = {
        r: m.calibrated_on(blood) for r, m in models.items() if isinstance(m, Classifier) and blood in m.calibrations
    }
    if blood and not calibrated:
        raise PipelineError(
            gettext(
                "The protocol is for blood like that of {blood}, but none of its models is calibrated on it."
            ).format(blood=blood),
            _correct(),
            "wrong-settings",
        )
    notes = [
        gettext("The equations of {name} were solved at a tolerance of {tolerance:g}, not its own.").format(
            name=name, tolerance=tolerance
        )
        for name in solved
    ]
    notes += [
        gettext("{name} is calibrated for {specimens} ({blood}).").format(
            name=m.info.name, specimens=m.calibrations[blood], blood=blood
        )
        for m in calibrated.values()
    ]
    notes += [own_note(role, models[role], request.schema) for role in sorted(request.own)]
    return models | calibrated, notes


def _telling(models: Mapping[str, Model], plan: Plan, folder: RunFolder) -> dict[str, Model]:
    """The models, which note in the plan who gave a cell no finite answer, before the cell's part is written."""

    def note(name: str) -> None:
        if name not in plan.silent_nets:
            plan.silent_nets.append(name)
            folder.keep_plan(plan)

    return {role: model.telling(note) if isinstance(model, Classifier) else model for role, model in models.items()}


def at_recall(request: RunRequest, models: Mapping[str, Model]) -> tuple[RunRequest, list[str]]:
    """The request with the threshold of the role `nrbc` that the asked `recall` needs, and what that costs, in a sentence;
    raises PipelineError where the model's card has no such point, or a threshold is set beside it."""
    recall = request.settings.get("recall")
    if not recall:
        return request, []
    nrbc = models.get("nrbc")
    points = nrbc.card.operating_points if isinstance(nrbc, Classifier) else []
    point = next((p for p in points if p["recall"] >= float(recall)), None)
    if point is None:
        raise PipelineError(
            gettext("The protocol sets a recall, but no card of its models says what that needs: leave it out."),
            _correct(),
            "wrong-settings",
        )
    if "nrbc" in request.thresholds:
        raise PipelineError(
            gettext("The protocol sets both a recall and a threshold of nucleated red cells: leave one out."),
            _correct(),
            "wrong-settings",
        )
    note = gettext(
        "Candidates are called from a probability of {threshold:g}: on {data} that found {recall_percent:g} % of nucleated red "
        "cells and called {false_per_100:g} of 100 other nucleated cells too. On other specimens, sections "
        "above all, neither was measured."
    ).format(
        threshold=point["threshold"],
        data=point["data"],
        recall_percent=100 * point["recall"],
        false_per_100=point["false_per_100"],
    )
    return replace(request, thresholds={**request.thresholds, "nrbc": point["threshold"]}), [note]


def _plan(slide: Slide, request: RunRequest, models: Mapping[str, Model], sink: Sink) -> Plan:
    folder = RunFolder(request.folder)
    if (earlier := folder.plan()) is not None:
        if request.mpp in (None, earlier.mpp):
            return earlier
        folder.begin_anew()  # somebody has corrected the slide's µm/px since
    overview = models.get("overview")
    plan = plan_run(slide, request, sink.phase, overview if isinstance(overview, Detector) else None)
    # Which net names the cells of a strange film is not known yet, nor whether it is asked.
    mpp_by_model = {m.info.name: m.info.mpp for role, m in models.items() if role != ELSEWHERE}
    plan.notes += scale_notes(plan.mpp, mpp_by_model)
    folder.keep_plan(plan)
    return plan


def _count(
    slide: Slide, plan: Plan, request: RunRequest, how: CellFinder, schema: Schema, sink: Sink
) -> tuple[list[int], NDArray[np.int64], bool]:
    """Count the planned fields whole, in order, until the targets of cells counted so are met: (indices counted, cells that
    count towards targets by class, whether it was stopped)."""
    folder = RunFolder(request.folder)
    targets = targets_of(request, schema, "fields")
    ahead = Ahead.of(plan, request, schema, isinstance(how, SearchingFinder))
    searched = bool(plan.search) and bool(targets_of(request, schema, "film"))
    cells_by_class = np.zeros(len(schema), np.int64)
    field_indices: list[int] = []
    total = 0
    for place in plan.counted_fields:
        cells = folder.field_cells(place.index)
        if cells is None:
            # What is on disk has been counted: a worker that died before it could stop leaves it to the next one.
            if sink.stop_asked():
                return field_indices, cells_by_class, True
            cells = without_covered(how.cells(slide, place, plan.mpp, schema), slide, place, plan.mpp)
            folder.keep_field(place.index, cells)
        field_indices.append(place.index)
        here = counts_at(place.elsewhere, cells.x, cells.y)
        cells_by_class += towards_targets(cells.take(np.flatnonzero(here)), place, len(schema))
        total += int(here.sum())
        sink.field_done(len(field_indices), ahead.counting(len(field_indices), cells_by_class), total)
        if request.photo_fields or request.region:
            continue
        if (targets and reached(targets, cells_by_class)) or (
            not targets and searched and len(field_indices) >= FIRST_FIELDS
        ):
            break
    return field_indices, cells_by_class, False


def _every_cell(
    folder: Path, field_indices: list[int], searched: Sequence[CellTable], schema: Schema, plan: Plan
) -> CellTable:
    """The cells of the fields that are done and those that were searched for, each once, in the order of the file."""
    parts: list[CellTable] = []
    for index in field_indices:
        cells = RunFolder(folder).field_cells(index)
        if cells is None:
            raise PipelineError(
                gettext("The cells of field {index} cannot be read back.").format(index=index),
                gettext("Look at the disk; then retry."),
                "disk",
            )
        parts.append(cells)
    every = CellTable.concatenate([*parts, *searched], len(schema))
    every = without_outlines_of_several(one_of_doubles(every), schema)
    return each_once(every, plan.fields, plan.mpp).in_file_order()


def _embedded_by(cells: CellTable, models: Mapping[str, Model]) -> dict[str, list[str]]:
    """`_Counted.embedded_by` of what the cells' numbers are of."""
    roles = {BY_RED: "red-cell-shape", BY_NUCLEATED: NAMING, BY_WITHOUT_NUCLEUS: WITHOUT_NUCLEUS}
    nets = {by: models[roles[by]].info for by in np.unique(cells.embedded_by).tolist() if by in roles}
    return {str(by): [roles[by], net.name, net.version, net.sha256] for by, net in nets.items()}


def _close(
    request: RunRequest, plan: Plan, result: _Counted, notes: list[str], guards: list[dict[str, str]]
) -> Outcome:
    """Write the final files and tell what they hold."""
    cells = result.cells
    metadata: dict[str, Any] = {
        **described(request.schema),
        "assay": request.assay.key,
        "protocol": request.protocol,
        "models": {role: list(model) for role, model in sorted(request.models.items())},
        **(
            {"own_cards": {role: files.card_sha256 for role, files in sorted(request.own.items())}}
            if request.own
            else {}
        ),
        **({"taught": request.taught[1]} if request.taught else {}),
        **({"region": list(request.region)} if request.region else {}),
        "thresholds": {role: dict(of_role) for role, of_role in sorted(result.thresholds.items())},
        "temperatures": dict(sorted(result.temperatures.items())),
        "mpp": plan.mpp,
        "mpp_source": plan.mpp_source,
        "colour_policy": policy(request.colour),
        "fields": result.fields,
        "searched_fields": {"film": result.searched.film, "edges": result.searched.edges},
        "searched_mm2": result.searched.mm2,
        "poor_fields": plan.poor_fields,
        **({"machine_errors": dict(result.errors)} if result.errors else {}),
        **({"embedded_by": dict(result.embedded_by)} if result.embedded_by else {}),
        "partial": result.partial,
        "tiles": tile_index(cells),
        "pyramid": density_pyramid(cells),
    }
    folder = RunFolder(request.folder)
    folder.keep_plan(_note_search(plan, result))
    contours = write_contours(folder.contours_file, cells)
    sha256 = write_cells(folder.cells_file, cells, metadata)
    return Outcome(
        cells=len(cells),
        fields_done=len(result.fields),
        fields_total=len(result.fields) if not result.partial else plan.fields_to_count,
        partial=result.partial,
        cells_sha256=sha256,
        contours_sha256=contours,
        notes=tuple(notes),
        guards=tuple(guards),
        poor_fields=plan.poor_fields,
        searched_mm2=result.searched.mm2,
    )


def _note_search(plan: Plan, result: _Counted) -> Plan:
    """The plan with what was counted and searched of it."""
    where = dict.fromkeys(result.fields, "fields")
    where |= dict.fromkeys(result.searched.film, "film") | dict.fromkeys(result.searched.edges, "edges")
    for place in plan.fields:
        place.searched = where.get(place.index, "")
    plan.searched_mm2 = result.searched.mm2["film"]
    return plan


def one_of_doubles(cells: CellTable) -> CellTable:
    """Of cells found in two neighbouring fields only one: the one of the earlier field in the table."""
    if len(cells) < 2:
        return cells
    points = np.stack([cells.x, cells.y], axis=1).astype(np.float64)
    radius = 0.35 * np.sqrt(cells.w.astype(np.float64) * cells.h)
    drop = np.zeros(len(cells), bool)
    # Each by its own size: by that of the largest, a clump would bring all pairs of a slide's cells into memory.
    for i, near in enumerate(cKDTree(points).query_ball_point(points, radius, return_sorted=True)):
        for j in near:
            if j <= i or drop[i] or drop[j] or cells.field[i] == cells.field[j]:
                continue
            drop[j] = bool(np.hypot(*(points[i] - points[j])) < min(radius[i], radius[j]))
    return cells.take(np.flatnonzero(~drop))

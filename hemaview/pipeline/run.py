"""A protocol's run over one slide, field by field; what is done is what is on disk.

Resuming after any end (also kill -9) gives the same bytes: fields follow the plan, parts are written whole, nothing
of the clock goes into the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hemaview.cells.store import described, write_cells, write_contours
from hemaview.cells.table import BY_NUCLEATED, BY_RED, BY_WITHOUT_NUCLEUS, CellTable
from hemaview.cells.transport import density_pyramid, tile_index
from hemaview.inference import (
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
from hemaview.pipeline.finders import Thresholds, finder
from hemaview.pipeline.finders.common import WITHOUT_NUCLEUS
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.noanswer import NoAnswer, named_failure, unanswered_notes
from hemaview.pipeline.ownmodels import own_guards, own_note
from hemaview.pipeline.plan import Outcome, PipelineError, Plan, RunRequest, Sink
from hemaview.pipeline.redlookalikes import lookalike_notes
from hemaview.pipeline.rounds import Rounds
from hemaview.pipeline.scale import scale_notes
from hemaview.pipeline.search import Searched, search_notes
from hemaview.pipeline.stains import with_expectation
from hemaview.pipeline.targets import field_notes
from hemaview.pipeline.unidentified import KNOWN, STRANGE
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
    RunFolder.of(request).begin()
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
        models = _telling(models, plan, RunFolder.of(request))
        models, stain = fit_to_film(slide, plan, models, RunFolder.of(request), sink, taught)
        cell_finder = finder(request.finder, models, schema, request.thresholds)
        sink.planned(plan, cell_finder.device)
        named_by = models.get("nucleated-cell")
        own = taught is not None and named_by is not None and named_by.info.name == taught.base
        rounds = Rounds(slide, plan, request, cell_finder, models, None if own else naming, stain, sink)
        try:
            found = rounds.until_named()
        except NoAnswer as error:
            raise named_failure(plan.silent_nets) from error
        warmth = {role: model.temperature for role, model in models.items() if isinstance(model, Classifier)}
        cells, searched, strange = found.cells, found.searched, found.strange
        partial = found.partial or searched.partial
        result = _Counted(cells, found.fields, partial, cell_finder.thresholds, warmth, searched)
        notes += (
            plan.notes
            + search_notes(request, schema, plan, searched, cells)
            + ([] if partial else field_notes(request, schema, cells))
            + unanswered_notes(cells, plan.silent_nets)
        )
        notes += lookalike_notes(found.lookalikes, found.left_out)
        if taught is not None and own:
            notes.append(gettext("{net} named the nucleated cells as the site has taught it.").format(net=taught.base))
        if not own and found.white and named_by and naming and named_by.info.name != naming.info.name:
            how = Stain.STRANGE if strange else stain
            sentence = gettext(_ELSEWHERE_NAMED[how])
            notes.append(sentence.format(usual=naming.info.name, other=named_by.info.name))
        if isinstance(named_by, Classifier):
            errors = {} if own else named_by.card.machine_errors
            result = replace(result, errors=errors.get(STRANGE if found.elsewhere else KNOWN, {}))
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
    folder = RunFolder.of(request)
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
    folder = RunFolder.of(request)
    folder.keep_plan(_note_search(plan, result))
    with folder.writing():
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

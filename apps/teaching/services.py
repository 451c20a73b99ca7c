"""Order that a site teach its net."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext

from apps.accounts.errors import Conflict, Refusal
from apps.analysis import adaptations
from apps.analysis.models import Adaptation, ModelVersion
from apps.slides.models import Site
from apps.slides.sites import require_sites
from apps.teaching.labels import named_cells
from hemaview.assays import AssayError, assay
from hemaview.cells.labelled import FEWEST

BASE = "nucleated-cell-strangers"
"""The net that sites teach: the one that is made fit for a film first."""


def base_classes() -> set[str]:
    """Keys of the classes that the net can name; none before the models are set up."""
    base = _base()
    return set(base.card["classes"]) if base else set()


def _base() -> ModelVersion | None:
    return ModelVersion.objects.filter(algorithm__name=BASE).order_by("-added_at").first()


def order(user: Any, site: Site, assay_key: str) -> Adaptation:
    """Order that the site teach its net for an examination; raises Forbidden, Refusal, Conflict."""
    require_sites(user)
    try:
        examination = assay(assay_key)
    except AssayError as error:
        raise Refusal(str(error), code="invalid") from error
    base = _base()
    if base is None:
        raise Conflict(gettext("{base} is not installed; run `manage.py setup`.").format(base=BASE), code="no-model")
    cells = named_cells(site, assay_key, tuple(base.card["classes"]))
    if len(cells) < FEWEST:
        raise Conflict(
            ngettext(
                "{site} has {n} named nucleated cell in {examination}; at least {fewest} are needed.",
                "{site} has {n} named nucleated cells in {examination}; at least {fewest} are needed.",
                len(cells),
            ).format(site=site.name, n=len(cells), examination=examination.title.lower(), fewest=FEWEST),
            code="too-few-labels",
        )
    if len({cell.key for cell in cells}) < 2:
        raise Conflict(
            gettext("All named cells of this site are of one class; name some of another."), code="one-class"
        )
    return adaptations.create(user, site, assay_key, base)

"""Analyses and reports for other programs: one module a format, found here or by an installed package's entry point.

A package adds a format by an entry point of the group `hemaview.exports` that names an `Exporter`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from django.utils.translation import gettext

from apps.accounts.errors import Missing
from apps.reports.exports import arrow, coco, csv, fhir, geojson, picking
from apps.reports.exports.exporter import Exporter
from hemaview.words import all_of

_OWN = (
    csv.COUNTS, csv.CELLS, arrow.CELLS, geojson.CELLS, coco.CELLS, fhir.REPORT, picking.TABLE, picking.MAP,
)  # fmt: skip


@cache
def exporters() -> Mapping[str, Exporter]:
    """Every format by its key: ours, then those of installed packages; ours are not replaced."""
    entries = [e.load() for e in sorted(entry_points(group="hemaview.exports"), key=lambda e: e.name)]
    every: dict[str, Exporter] = {}
    for exporter in (*_OWN, *entries):
        every.setdefault(exporter.key, exporter)
    return every


def exporter(key: str) -> Exporter:
    """The format called `key`; raises Missing naming those there are."""
    try:
        return exporters()[key]
    except KeyError:
        raise Missing(
            gettext("There is no format {key}; there are: {exporters}.").format(key=key, exporters=all_of(exporters())),
            code="no-format",
        ) from None

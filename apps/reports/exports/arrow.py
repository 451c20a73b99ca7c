"""Cells as an Arrow IPC file: typed columns, classes as dictionaries, what it is of in the metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
from django.utils.translation import gettext_noop

from apps.reports.exports.exporter import Exporter
from apps.reports.exports.source import Source

_WORDS = pa.dictionary(pa.int32(), pa.string())
_TYPES = {
    "cell": pa.string(), "accession": _WORDS, "slide": _WORDS, "x_px": pa.float32(), "y_px": pa.float32(),
    "w_px": pa.int32(), "h_px": pa.int32(), "field": pa.uint32(), "machine_class": _WORDS, "probability": pa.float32(),
    "final_class": _WORDS, "state": _WORDS, "by": _WORDS, "area_um2": pa.float32(), "circularity": pa.float32(),
    "pallor": pa.float32(), "nc_ratio": pa.float32(), "cut": pa.bool_(), "outside": pa.bool_(),
    "ambiguous": pa.bool_(), "counted": pa.bool_(),
}  # fmt: skip


def cells(source: Source) -> Iterator[bytes]:
    """One row a cell; `machine_class` and `final_class` are dictionaries of every class's key, `rejected` last."""
    keys = list(dict.fromkeys(c.key for part in source.parts for c in part.schema.classes))
    classes = pa.array([*keys, "rejected", ""], pa.string())
    numbers = {key: number for number, key in enumerate(classes.to_pylist())}
    columns = {}
    for name, kind in _TYPES.items():
        values = [value for part in source.parts for value in part.columns[name]]
        if name in ("machine_class", "final_class"):
            columns[name] = pa.DictionaryArray.from_arrays(pa.array([numbers[v] for v in values], pa.int32()), classes)
        else:
            columns[name] = (
                pa.array(values, pa.string()).dictionary_encode() if kind == _WORDS else pa.array(values, kind)
            )
    about = {
        "status": source.status,
        "accession": source.case.accession,
        "jobs": [str(part.job.pk) for part in source.parts],
        "classes": {c.key: c.name for part in source.parts for c in part.schema.classes},
        "mpp_um": {str(part.job.pk): part.job.mpp for part in source.parts},
    }
    table = pa.table(columns).replace_schema_metadata({"hemaview": json.dumps(about, sort_keys=True)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    yield sink.getvalue().to_pybytes()


CELLS = Exporter("arrow", gettext_noop("Cells as Arrow"), "-cells.arrow", "application/vnd.apache.arrow.file", cells)

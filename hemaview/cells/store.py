"""The columnar cell file: Arrow IPC, written once, the same bytes for the same cells."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemaview.blobs import whole_file
from hemaview.cells.earlier import classes_of_format_1
from hemaview.cells.schema import Schema, SchemaError, schema_from
from hemaview.cells.table import MEASURES, NOBODY, CellTable
from hemaview.words import gettext

FORMAT = "hemaview-cells/2"
FORMAT_1 = "hemaview-cells/1"
"""Files of the first form: they name their schema and the keys of its classes, and do not describe them."""


class CellFileError(Exception):
    """A cell file that is missing, of another format, or not the one that was recorded."""


def write_cells(path: Path, cells: CellTable, metadata: dict[str, Any]) -> str:
    """Write the cells (no contours) and return the file's sha256; the file appears whole or not at all.

    How the cells look is written where a net told it of any of them: a file without those two columns is as whole.
    """
    return _write(path, _columns(cells), metadata)


def described(schema: Schema) -> dict[str, Any]:
    """What a cell file's metadata say of its classes; `schema_in` reads it back."""
    return {
        "schema": schema.name,
        "schema_version": schema.version,
        "classes": schema.classes_json(),
        "groups": schema.groups_json(),
        "classes_sha256": schema.sha256,
    }


def schema_in(metadata: dict[str, Any]) -> Schema:
    """The classes that a cell file was written with, from its metadata; raises CellFileError."""
    try:
        if metadata["format"] == FORMAT_1:
            return classes_of_format_1(str(metadata["schema"]), tuple(metadata.get("classes", ())))
        schema = schema_from(metadata["schema"], metadata["schema_version"], metadata["classes"], metadata["groups"])
    except (KeyError, TypeError, SchemaError) as error:
        raise CellFileError(gettext("The cell file does not say what its classes are.")) from error
    if schema.sha256 != metadata.get("classes_sha256"):
        raise CellFileError(gettext("The classes in the cell file are not those it was written with."))
    return schema


def write_contours(path: Path, cells: CellTable) -> str:
    """Write the contours, one list of int16 x, y deltas a row, in the rows' order."""
    flat = [c.reshape(-1) for c in cells.contour]
    offsets = np.concatenate([[0], np.cumsum([len(c) for c in flat])]).astype(np.int32)
    values = np.concatenate(flat) if flat else np.zeros(0, np.int16)
    column = pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, pa.int16()))
    return _write(path, {"contour": column}, {})


def read_cells(path: Path, contours: Path | None = None) -> tuple[CellTable, dict[str, Any]]:
    """The cells and their metadata, memory-mapped; contours are empty unless their file is named."""
    table = _table(path)
    metadata = _metadata(table)
    n = table.num_rows
    p = _column(table, "p")
    classes = p.type.list_size
    columns: dict[str, Any] = {
        name: np.asarray(_column(table, source))
        for name, source in (
            ("x", "x"),
            ("y", "y"),
            ("w", "w"),
            ("h", "h"),
            ("cls", "class"),
            ("field", "field"),
            ("flags", "flags"),
        )
    }
    for name in MEASURES:
        column = _column(table, name)
        columns[name] = np.asarray(column.to_numpy(zero_copy_only=False), np.float16)
    columns["p"] = np.asarray(p.flatten()).reshape(n, classes)
    if "embedding" in table.column_names:
        numbers = _column(table, "embedding")
        columns["embedding"] = np.asarray(numbers.flatten()).reshape(n, numbers.type.list_size)
        columns["embedded_by"] = np.asarray(_column(table, "embedded_by"))
    if contours is None:
        columns["contour"] = (np.zeros((0, 2), np.int16),) * n
    else:
        column = _column(_table(contours), "contour")
        offsets, values = np.asarray(column.offsets), np.asarray(column.values)
        columns["contour"] = tuple(values[offsets[i] : offsets[i + 1]].reshape(-1, 2) for i in range(n))
    return CellTable(**columns), metadata


def read_contour(path: Path, row: int) -> NDArray[np.int16]:
    """One row's contour, int16 (points, 2), quarter px from the centre."""
    column = _column(_table(path), "contour")
    return np.asarray(column[row].values, np.int16).reshape(-1, 2)


def read_contours(path: Path) -> list[NDArray[np.int16]]:
    """Every row's contour, int16 (points, 2), quarter px from the centre; one read for the whole file."""
    column = _column(_table(path), "contour")
    offsets, values = np.asarray(column.offsets), np.asarray(column.values)
    return [values[first:last].reshape(-1, 2) for first, last in pairwise(offsets.tolist())]


def read_contour_rows(path: Path, first: int, count: int) -> list[NDArray[np.int16]]:
    """The contours of rows first … first + count, int16 (points, 2), quarter px from the centre; nothing else is read."""
    column = _column(_table(path), "contour").slice(first, count)
    offsets, values = np.asarray(column.offsets), np.asarray(column.values)
    return [values[begin:end].reshape(-1, 2) for begin, end in pairwise(offsets.tolist())]


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _columns(cells: CellTable) -> dict[str, pa.Array]:
    classes = cells.p.shape[1]
    columns: dict[str, pa.Array] = {
        "x": pa.array(cells.x, pa.float32()),
        "y": pa.array(cells.y, pa.float32()),
        "w": pa.array(cells.w, pa.uint16()),
        "h": pa.array(cells.h, pa.uint16()),
        "class": pa.array(cells.cls, pa.uint8()),
        "p": pa.FixedSizeListArray.from_arrays(
            pa.array(np.ascontiguousarray(cells.p).reshape(-1), pa.float16()), classes
        ),
        "field": pa.array(cells.field, pa.uint32()),
        "flags": pa.array(cells.flags, pa.uint8()),
    }
    for name in MEASURES:
        values = getattr(cells, name)
        columns[name] = pa.array(values, pa.float16(), mask=np.isnan(values))
    if (cells.embedded_by != NOBODY).any():
        columns["embedded_by"] = pa.array(cells.embedded_by, pa.uint8())
        columns["embedding"] = pa.FixedSizeListArray.from_arrays(
            pa.array(np.ascontiguousarray(cells.embedding).reshape(-1), pa.int8()), cells.embedding.shape[1]
        )
    return columns


def _write(path: Path, columns: dict[str, pa.Array], metadata: dict[str, Any]) -> str:
    table = pa.table(columns).replace_schema_metadata(
        {"hemaview": json.dumps({"format": FORMAT, **metadata}, sort_keys=True, separators=(",", ":"))}
    )
    with whole_file(path) as stream, pa.ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table)
    return sha256_of(path)


def _table(path: Path) -> pa.Table:
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise CellFileError(gettext("The cell file {name} is missing or damaged.").format(name=path.name)) from error


def _metadata(table: pa.Table) -> dict[str, Any]:
    raw = (table.schema.metadata or {}).get(b"hemaview")
    metadata: dict[str, Any] = json.loads(raw) if raw else {}
    if metadata.get("format") not in (FORMAT, FORMAT_1):
        raise CellFileError(gettext("This is not a cell file of this version of HemaView."))
    return metadata


def _column(table: pa.Table, name: str) -> Any:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()

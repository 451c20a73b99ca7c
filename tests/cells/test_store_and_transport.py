from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hemaview.cells.store import (
    CellFileError,
    read_cells,
    read_contour,
    read_contour_rows,
    write_cells,
    write_contours,
)
from hemaview.cells.table import BY_RED, EMBEDDED, NOBODY, CellTable, morton
from hemaview.cells.transport import ROW_BYTES, density_pyramid, margin, pack, pack_contours, tile_index
from tests.schemas import BLOOD_FILM


def some_cells(n: int, seed: int = 1, extent_px: int = 9000) -> CellTable:
    rng = np.random.default_rng(seed)
    classes = len(BLOOD_FILM)
    p = rng.dirichlet(np.ones(classes), n).astype(np.float16)
    return CellTable(
        x=rng.uniform(0, extent_px, n).astype(np.float32),
        y=rng.uniform(0, extent_px, n).astype(np.float32),
        w=rng.integers(10, 90, n).astype(np.uint16),
        h=rng.integers(10, 90, n).astype(np.uint16),
        cls=p.argmax(axis=1).astype(np.uint8),
        p=p,
        field=rng.integers(0, 9, n).astype(np.uint32),
        flags=np.zeros(n, np.uint8),
        area_um2=rng.uniform(20, 90, n).astype(np.float16),
        circularity=np.where(rng.random(n) < 0.2, np.nan, 0.9).astype(np.float16),
        pallor=np.full(n, np.nan, np.float16),
        nc_ratio=np.full(n, np.nan, np.float16),
        contour=tuple(rng.integers(-80, 80, (int(k), 2)).astype(np.int16) for k in rng.integers(0, 30, n)),
    )


def test_what_is_written_is_read_back_column_by_column(tmp_path: Path) -> None:
    cells = some_cells(500).in_file_order()
    write_cells(tmp_path / "cells.arrow", cells, {"schema": "blood-film", "mpp": 0.25})
    write_contours(tmp_path / "contours.arrow", cells)
    back, metadata = read_cells(tmp_path / "cells.arrow", tmp_path / "contours.arrow")
    assert metadata["mpp"] == 0.25
    for name in ("x", "y", "w", "h", "cls", "p", "field", "flags", "area_um2", "circularity", "pallor"):
        np.testing.assert_array_equal(getattr(back, name), getattr(cells, name), err_msg=name)
    assert all(np.array_equal(a, b) for a, b in zip(back.contour, cells.contour, strict=True))
    np.testing.assert_array_equal(read_contour(tmp_path / "contours.arrow", 17), cells.contour[17])


def test_how_cells_look_is_written_where_a_net_told_it_and_otherwise_takes_no_room(tmp_path: Path) -> None:
    plain, path = some_cells(1000), tmp_path / "cells.arrow"
    write_cells(path, plain, {})
    before = path.stat().st_size
    back = read_cells(path)[0]
    assert (back.embedded_by == NOBODY).all() and back.embedding.shape == (1000, EMBEDDED) and not back.embedding.any()
    by = np.where(np.arange(1000) % 3, BY_RED, NOBODY).astype(np.uint8)
    numbers = np.random.default_rng(3).integers(-127, 128, (1000, EMBEDDED)).astype(np.int8)
    with_looks = replace(plain, embedded_by=by, embedding=numbers)
    write_cells(path, with_looks, {})
    assert path.stat().st_size - before < 1.1 * 1000 * (EMBEDDED + 1)
    back = read_cells(path)[0].take(np.array([7, 2]))
    assert np.array_equal(back.embedding, numbers[[7, 2]]) and back.embedded_by.tolist() == by[[7, 2]].tolist()
    both = CellTable.concatenate([plain, with_looks], plain.p.shape[1])
    assert not both.embedding[:1000].any() and np.array_equal(both.embedding[1000:], numbers)


def test_the_same_cells_found_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    cells = some_cells(300)
    shuffled = cells.take(np.random.default_rng(5).permutation(300))
    first = write_cells(tmp_path / "a.arrow", cells.in_file_order(), {"k": 1})
    second = write_cells(tmp_path / "b.arrow", shuffled.in_file_order(), {"k": 1})
    assert first == second
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()


def test_an_empty_table_is_a_file_too(tmp_path: Path) -> None:
    write_cells(tmp_path / "cells.arrow", CellTable.empty(3), {})
    assert len(read_cells(tmp_path / "cells.arrow")[0]) == 0


def test_a_file_that_was_written_is_found_again_after_the_power_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new name is on the disk once its folder is: else the record of a finished analysis outlives its cells."""
    kinds: list[bool] = []

    def fsync(handle: int) -> None:
        kinds.append(stat.S_ISDIR(os.fstat(handle).st_mode))

    monkeypatch.setattr(os, "fsync", fsync)
    write_cells(tmp_path / "cells.arrow", CellTable.empty(3), {})
    assert kinds == [False, True] and [p.name for p in tmp_path.iterdir()] == ["cells.arrow"]


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cells.arrow").write_bytes(b"not arrow at all")
    with pytest.raises(CellFileError, match="missing or damaged"):
        read_cells(tmp_path / "cells.arrow")


def test_each_cell_travels_in_fourteen_bytes() -> None:
    cells = some_cells(7).in_file_order()
    raw = pack(cells)
    assert len(raw) == 7 * ROW_BYTES
    np.testing.assert_array_equal(np.frombuffer(raw, "<f4", 7), cells.x)
    np.testing.assert_array_equal(np.frombuffer(raw, "<u2", 7, offset=8 * 7), cells.w)
    np.testing.assert_array_equal(np.frombuffer(raw, "u1", 7, offset=12 * 7), cells.cls)


def test_tiles_of_the_index_cover_every_row_once_and_only_their_own_cells() -> None:
    cells = some_cells(2000).in_file_order()
    index = tile_index(cells)
    assert [first for _, _, first, _ in index] == list(np.cumsum([0] + [n for *_, n in index[:-1]]))
    assert sum(n for *_, n in index) == 2000
    for tx, ty, first, n in index:
        rows = slice(first, first + n)
        assert (cells.x[rows] // 1024 == tx).all() and (cells.y[rows] // 1024 == ty).all()


def test_every_level_of_the_density_pyramid_counts_every_cell() -> None:
    cells = some_cells(3000).in_file_order()
    levels = density_pyramid(cells)
    assert len(levels[-1]["tiles"]) == 1
    for level in levels:
        assert sum(tile[2] for tile in level["tiles"]) == 3000
        assert all(tile[2] == sum(n for _, n in tile[3]) for tile in level["tiles"])


def test_morton_codes_interleave_column_and_row() -> None:
    one = np.array([0, 1, 0, 1, 2, 3], np.uint32)
    two = np.array([0, 0, 1, 1, 0, 3], np.uint32)
    assert morton(one, two).tolist() == [0, 1, 2, 3, 4, 15]


def test_margin_is_small_where_two_classes_are_near() -> None:
    cells = some_cells(2)
    p = np.zeros((2, len(BLOOD_FILM)), np.float16)
    p[0, :2] = (0.52, 0.48)
    p[1, :2] = (0.95, 0.05)
    sure = CellTable(**{**cells.__dict__, "p": p, "cls": np.zeros(2, np.uint8)})
    assert margin(sure) == pytest.approx([0.04, 0.9], abs=2e-3)


def test_contours_of_some_rows_are_read_and_packed_alone(tmp_path: Path) -> None:
    table = some_cells(6)
    shapes = tuple(np.arange(2 * n, dtype=np.int16).reshape(n, 2) for n in (3, 0, 4, 5, 0, 3))
    path = tmp_path / "contours.arrow"
    write_contours(path, replace(table, contour=shapes))
    rows = read_contour_rows(path, 1, 3)
    assert [r.tolist() for r in rows] == [s.tolist() for s in shapes[1:4]]
    packed = pack_contours(rows)
    assert np.frombuffer(packed[:6], "<u2").tolist() == [0, 4, 5]
    assert np.frombuffer(packed[6:], "<i2").tolist() == [*range(8), *range(10)]

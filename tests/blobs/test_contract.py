"""What every store of bytes must do. A new one is added to `stores`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hemaview.blobs import BadName, Blob, Blobs, LocalBlobs, NoBlob, whole_file


@pytest.fixture(params=["local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return {"local": LocalBlobs}[request.param](tmp_path / "kept")


def test_what_was_put_is_read_whole_and_by_range(store: Blobs) -> None:
    store.put("results/7/cells.arrow", b"0123456789")
    name = "results/7/cells.arrow"
    assert store.read(name) == b"0123456789" and store.size(name) == 10
    assert store.read(name, 3, 4) == b"3456" and store.read(name, 8, 100) == b"89" and store.read(name, 10, 1) == b""


def test_a_stream_seeks_and_reads_like_a_file(store: Blobs) -> None:
    store.put("a", bytes(range(256)) * 1000)
    with store.open("a") as stream:
        stream.seek(-3, 2)
        assert stream.read() == b"\xfd\xfe\xff"
        stream.seek(70_000)
        assert stream.read(2) == bytes([70_000 % 256, 70_001 % 256]) and stream.tell() == 70_002


def test_put_replaces_and_takes_parts(store: Blobs) -> None:
    store.put("a/b", b"old and longer")
    store.put("a/b", iter([b"ne", b"w"]))
    assert store.read("a/b") == b"new"


def test_a_put_that_fails_leaves_what_was_there_and_nothing_half_done(store: Blobs) -> None:
    def cut() -> object:
        yield b"half"
        raise OSError("the disk is full")

    store.put("a/b", b"old")
    for name in ("a/b", "a/c"):
        with pytest.raises(OSError, match="full"):
            store.put(name, cut())  # type: ignore[arg-type]
    assert list(store.names()) == ["a/b"] and store.read("a/b") == b"old"


def test_names_are_listed_sorted_under_a_prefix_and_deleted_one_by_one_or_together(store: Blobs) -> None:
    for name in ("b", "a/2", "a/1", "ab"):
        store.put(name, b"x")
    assert list(store.names()) == ["a/1", "a/2", "ab", "b"] and list(store.names("a/")) == ["a/1", "a/2"]
    assert list(store.names_in("")) == ["ab", "b"] == list(Blobs.names_in(store, ""))
    assert [blob.name for blob in Blob(store, "a/1").beside()] == ["a/2"]
    store.delete("a/1")
    assert not store.exists("a/1") and store.exists("a/2")
    store.delete("a")
    store.delete("never there")
    assert list(store.names()) == ["ab", "b"] and list(store.names("a/")) == []


@pytest.mark.parametrize("general", [False, True], ids=["own", "general"])
def test_bytes_are_extended_from_a_place_on(store: Blobs, general: bool) -> None:
    def extend(*what: object) -> None:
        Blobs.extend(store, *what) if general else store.extend(*what)  # type: ignore[arg-type]

    store.put("a", b"0123")
    extend("a", 2, b"xyz")
    assert store.read("a") == b"01xyz"
    extend("a", 1, b"!")
    assert store.read("a") == b"0!"
    with pytest.raises(ValueError, match="before byte 3"):
        extend("a", 3, b"x")
    with pytest.raises(NoBlob):
        extend("b", 0, b"x")


def test_what_is_not_there_is_said(store: Blobs) -> None:
    for call in (store.size, store.read, store.open, store.local_path):
        with pytest.raises(NoBlob):
            call("nobody")


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".part", "a/.hidden", "a\\b", "a\0"]
)
def test_no_name_reaches_outside(store: Blobs, name: str) -> None:
    for call in (store.size, store.read, store.open, store.delete, store.local_path, lambda n: store.put(n, b"x")):
        with pytest.raises(BadName):
            call(name)


def test_a_local_path_holds_the_same_bytes_where_there_is_one(store: Blobs) -> None:
    store.put("a", b"bytes")
    path = store.local_path("a")
    assert path is None or path.read_bytes() == b"bytes"


def test_any_store_gives_streams_from_ranges_alone(store: Blobs) -> None:
    store.put("a", b"0123456789" * 20_000)
    with Blobs.open(store, "a") as stream:
        stream.seek(150_003)
        assert stream.read(5) == b"34567"
        stream.seek(-2, 2)
        assert stream.read(10) == b"89"


def test_a_whole_file_takes_its_place_only_when_it_is_complete(tmp_path: Path) -> None:
    with whole_file(tmp_path / "f") as stream:
        stream.write(b"1")
        stream.flush()
        assert not (tmp_path / "f").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_two_threads_that_write_one_file_each_write_their_own_whole(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as other, whole_file(tmp_path / "f") as stream:
        stream.write(b"first, ")
        stream.flush()
        other.submit(_written, tmp_path / "f", b"second").result()
        assert (tmp_path / "f").read_bytes() == b"second"
        stream.write(b"whole")
    assert (tmp_path / "f").read_bytes() == b"first, whole"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def _written(path: Path, data: bytes) -> None:
    with whole_file(path) as stream:
        stream.write(data)


def test_two_machines_whose_processes_have_one_number_do_not_share_what_they_write(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with whole_file(path) as first:
        first.write(b"one, the longer")
        with whole_file(path) as second:
            second.write(b"two")
        assert path.read_bytes() == b"two"
    assert path.read_bytes() == b"one, the longer" and [p.name for p in tmp_path.iterdir()] == ["f"]

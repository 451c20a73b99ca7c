"""Messages of a house without Redis: whole or not there, and half a one ends no worker."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from hemaview.config.celery import app


def queue(folder: Path, name: str) -> Any:
    """A queue of its own name: kombu remembers in a process which queues were declared, whatever their folder."""
    with app.connection_for_write() as usual:
        transport = usual.transport_cls
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder / "control")}
    return Connection("filesystem://", transport=transport, transport_options=options).SimpleQueue(name)


def test_what_a_killed_sender_left_is_dropped_and_the_next_message_is_read(tmp_path: Path) -> None:
    (tmp_path / "0_a.bells.msg").write_bytes(b"")
    (tmp_path / "0_b.bells.msg").write_bytes(b'{"body": "ey')
    (tmp_path / "0_c.bells.msg.part").write_bytes(b"{")
    bells = queue(tmp_path, "bells")
    bells.put({"n": 1})
    assert bells.get(timeout=5).payload == {"n": 1}
    assert not list(tmp_path.glob("*.msg"))
    with pytest.raises(bells.Empty):
        bells.get(block=False)


def test_a_reader_beside_a_sender_reads_each_message_once(tmp_path: Path) -> None:
    n = 300
    sender, reader = (queue(tmp_path, "numbers") for _ in range(2))
    sending = threading.Thread(target=lambda: [sender.put({"n": i}) for i in range(n)])
    sending.start()
    numbers = [reader.get(timeout=20).payload["n"] for _ in range(n)]
    sending.join()
    assert sorted(numbers) == list(range(n))

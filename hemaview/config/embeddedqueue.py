"""The queue of a house without Redis: kombu's messages as files, made whole before they can be seen.

kombu opens a message's file under its name and writes afterwards, so a worker that looks meanwhile, or after the writer was
killed, reads half of one, which ends the worker. A bell that cannot be read is dropped: the sweep rings again.
"""

from __future__ import annotations

import logging
import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

log = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """kombu's, with messages that are there whole or not at all."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        """Add a message to a queue; raises ChannelError where it cannot be written."""
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part = Path(self.data_folder_out) / f"{name}.part"
        try:
            part.write_bytes(str_to_bytes(dumps(payload)))
            os.replace(part, part.with_suffix(""))
        except OSError as error:
            part.unlink(missing_ok=True)
            raise ChannelError(f"Cannot add a message to {self.data_folder_out}: {error.strerror}") from error

    def _get(self, queue: str) -> Any:
        """The oldest message of a queue that can be read; raises queue.Empty where there is none."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                log.warning("A message of the queue %s could not be read and was dropped.", queue)


class Transport(filesystem.Transport):
    """kombu's, over these channels."""

    Channel = Channel

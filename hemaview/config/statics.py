"""Static files whose names carry a hash of their content, so that a browser may keep them for ever: the administration's, too."""

from __future__ import annotations

import re
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

BUILT = "dist/"
"""What Vite built: its own names carry hashes, and its modules ask for each other by them."""
_HASHED = re.compile(r"\.[0-9a-f]{12}\.")


class HashedStatics(CompressedManifestStaticFilesStorage):
    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        return name if name.startswith(BUILT) else super().hashed_name(name, content, filename)


def never_changes(path: str, url: str) -> bool:
    """Whether whitenoise may tell browsers to keep it for ever."""
    return f"/{BUILT}assets/" in url or bool(_HASHED.search(url))

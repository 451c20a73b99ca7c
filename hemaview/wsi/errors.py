"""Why a slide was refused: one class a cause, each message one sentence that a technologist can act on."""

from __future__ import annotations

MOST_LISTED = 12


class SlideError(Exception):
    """A slide that cannot be taken or read; `code` names the cause for the API."""

    code = "slide-error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unsupported(SlideError):
    """The content is of no format that HemaView reads."""

    code = "unsupported-format"


class SeveralSeries(Unsupported):
    """A file or folder of several slides of which one must be chosen; `listed` names each by its number."""

    code = "several-series"

    def __init__(self, message: str, listed: dict[int, str]) -> None:
        super().__init__(message)
        self.listed = listed

    @classmethod
    def of(cls, what: str, listed: dict[int, str]) -> SeveralSeries:
        """`what`: the beginning of the sentence, up to the list."""
        named = "; ".join(f"{number}: {one}" for number, one in list(listed.items())[:MOST_LISTED])
        more = f"; and {len(listed) - MOST_LISTED} more" if len(listed) > MOST_LISTED else ""
        return cls(f"{what} ({named}{more}): choose one by its number, or take them all.", listed)


class Unreadable(SlideError):
    """The format is known but the file is damaged or cut short."""

    code = "unreadable"


class TooLarge(SlideError):
    """More pixels, bytes or time than the limits allow."""

    code = "too-large"


class OutOfBounds(SlideError):
    """A level, tile or region that the slide does not have."""

    code = "out-of-bounds"


class AlreadyThere(SlideError):
    """Pictures that the case has already."""

    code = "slide-exists"

"""Why a slide was refused: one class a cause, each message one sentence that a technologist can act on."""

from __future__ import annotations

from hemaview.words import gettext

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
    def of(cls, sentence: str, listed: dict[int, str], **facts: object) -> SeveralSeries:
        """`sentence` holds {listed} and the names of `facts`."""
        text = "; ".join(f"{number}: {one}" for number, one in list(listed.items())[:MOST_LISTED])
        if len(listed) > MOST_LISTED:
            text = gettext("{listed}; and {n} more").format(listed=text, n=len(listed) - MOST_LISTED)
        return cls(sentence.format(listed=text, **facts), listed)


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

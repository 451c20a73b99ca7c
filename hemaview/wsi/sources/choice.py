"""What a person chose of a file that holds several slides or focal planes."""

from __future__ import annotations

from dataclasses import dataclass

from hemaview.words import gettext
from hemaview.wsi.errors import Unsupported

SHARPEST = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Series and focal plane, each from 1; None where nobody chose, SHARPEST for the plane in best focus."""

    series: int | None = None
    plane: int | None = None

    def __bool__(self) -> bool:
        return self.series is not None or self.plane is not None

    @property
    def plane_number(self) -> int | None:
        return self.plane or None


NO_CHOICE = Choice()


def plane_note(plane: int, planes: int, by_a_person: bool) -> str:
    """That focal plane `plane` of `planes`, from 1, was taken: because a person chose it, or as the sharpest."""
    sentence = (
        gettext("Focal plane {plane} of {planes}, chosen, was taken.")
        if by_a_person
        else gettext("Focal plane {plane} of {planes}, the sharpest, was taken.")
    )
    return sentence.format(plane=plane, planes=planes)


def refuse_missing(choice: Choice, name: str, series: int = 1, planes: int = 1) -> None:
    """Raise Unsupported where a series or a focal plane was chosen that the file does not have."""
    for number, there, what in ((choice.series, series, "series"), (choice.plane_number, planes, "focal plane")):
        if number is not None and not 1 <= number <= there:
            many = {"series": "series", "focal plane": "focal planes" if there != 1 else "focal plane"}[what]
            raise Unsupported(
                gettext("{name} holds {there} {many}; there is no number {number}.").format(
                    name=name, there=there, many=many, number=number
                )
            )

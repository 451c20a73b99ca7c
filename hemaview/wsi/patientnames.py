"""Whether a file's name looks as if it says who the patient is: a name, a date of birth or a number of a person.

A false alarm costs a good name and a miss costs a patient's privacy, so what cameras, phones, scanners and archives write by
themselves is taken out first: it would hide under the same digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePath

_YEAR = r"(?:19|20)\d\d"
_MONTHS = (
    r"(?:jan|feb|mar|mär|apr|may|mai|mag|jun|giu|jul|lug|aug|ago|sep|set|oct|okt|ott|nov|dec|dez|dic|dis)[^\W\d_]*\.?"
)
_WRITTEN_BY_DEVICES = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        # a day of this century with its time: when the picture was taken, as phones and scanners write it
        r"(?<!\d)20\d\d([-._ ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
        r"(?:[ T_-]+|,? at )[012]?\d[-.:_h]?[0-5]\d(?:[-.:_m]?[0-5]\d\d{0,6})?(?!\d)(?: ?[ap]m\b)?",
        r"(?:IMG|VID)-20\d{6}-WA\d+",
        # running numbers of cameras: IMG_2541, DSC01234, P1010001, PA171790, mmexport1732800000000
        r"(?<![^\W_])(?:_?MG|IMG|IMGP|_?DSC[FN]?|DCIM|CIMG|PICT|SAM|GOPR|HPIM|KIF|PXL|mmexport|WP|Image|Photo|Snap|Snapshot|"
        r"Screenshot|Capture)[ _-]?\d+(?!\d)",
        r"(?<![^\W_])P[1-9A-C]\d{6}(?!\d)",
        # UIDs, UUIDs and checksums
        r"(?<![\w.])(?:\d+(?:\.\d+){4,}|2\.25\.\d{10,})(?!\w)",
        r"(?<![^\W_])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![^\W_])",
        r"(?<![^\W_])(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{16,}(?![^\W_])",
        # numbers padded with zeros count pictures
        r"(?<!\d)000\d+(?!\d)",
    )
)
_DATES = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        rf"(?<!\d){_YEAR}([-._ /])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d)",
        rf"(?<!\d)(?:0?[1-9]|[12]\d|3[01])([-._ /])(?:0?[1-9]|[12]\d|3[01])\1{_YEAR}(?!\d)",
        r"(?<![\w.-])(?:0?[1-9]|[12]\d|3[01])([.-])(?:0?[1-9]|1[0-2])\1\d\d(?![\w-]|\.\d)",
        rf"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[-._ ]*{_MONTHS}[-_ ]*(?:{_YEAR}|\d\d)(?!\d)",
        rf"(?<![^\W\d_]){_MONTHS}[-_ ]*(?:0?[1-9]|[12]\d|3[01]),?[-_ ]*{_YEAR}(?!\d)",
    )
)
_SAYS_SO = re.compile(r"(?<![^\W_])(?:dob|mrn|born|geb|geboren|née|né|nata|nato)(?![^\W\d_])", re.IGNORECASE)
_NUMBER = re.compile(r"\d{6,}")
_WORD = r"[^\W\d_][^\W\d_'’.-]*(?:['’-][^\W\d_]+)*"
_LAST_AND_FIRST = re.compile(rf"({_WORD}) ?, ?({_WORD})|({_WORD})\^({_WORD})?")
_NAME_AND_YEAR = re.compile(rf"({_WORD})[ _]+({_WORD})[ _,*(]+19\d\d(?!\d)")
_OF_THE_FIELD = re.compile(
    r"giemsa|wright|leishman|romanowsky|pappenheim|grünwald|gruenwald|grunwald|may|he|pas|perls|hemacolor|stain|"
    r"unstained|left|right|top|bottom|upper|lower|middle|centre|center|edge|feather|tail|film|films|slide|slides|"
    r"field|fields|smear|marrow|blood|bone|aspirate|touch|print|squash|buffy|coat|image|images|photo|photograph|"
    r"picture|scan|scene|series|page|plane|case|patient|control|normal|oil|dry|lens|objective|count|differential|"
    r"area|region|part|first|second|third|new|old|copy|red|white|cells|cell",
    re.IGNORECASE,
)


def name_may_tell_patient(name: str, accession: str = "") -> bool:
    """Whether a file's name looks as if it says who the patient is; `accession` is the case's own number, which does not.

    Counted: "Last, First" and Last^First, dates without a time, six digits in a row and more, words such as born and MRN.
    """
    path = PurePath(unicodedata.normalize("NFC", name))
    text = path.stem if path.suffix[1:2].isalpha() else path.name  # a UID and 12.3.1956 have no suffix
    if accession:
        text = re.sub(rf"(?<!\w){re.escape(accession)}(?![^\W_])", " ", text, flags=re.IGNORECASE)
    for pattern in _WRITTEN_BY_DEVICES:
        text = pattern.sub(" ", text)
    own = "".join(c for c in accession if c.isdigit())
    return (
        any(date.search(text) for date in _DATES)
        or any(number not in own for number in _NUMBER.findall(text))
        or _SAYS_SO.search(text) is not None
        or any(map(_is_person, _pairs(text)))
    )


def _pairs(text: str) -> Iterator[tuple[str, ...]]:
    for pattern in (_LAST_AND_FIRST, _NAME_AND_YEAR):
        for match in pattern.finditer(text):
            yield tuple(word for word in match.groups() if word)


def _is_person(words: tuple[str, ...]) -> bool:
    """Whether each word is written as a name is, and none is a word of the field."""
    return all(
        not word[0].islower()
        and (not word.isupper() or len(word) > 2)
        and not any(map(_OF_THE_FIELD.fullmatch, re.split(r"['’-]", word)))
        for word in words
    )

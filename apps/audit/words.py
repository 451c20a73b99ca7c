"""Codes in the record's lines as people say them: what a line is about, which fact, and which of a fact's values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop


class Word(str):
    """A word of ours in place of a code, which needs no quotation marks."""

    __slots__ = ()


KINDS: dict[str, str] = {
    "account": gettext_noop("People"),
    "annotation": gettext_noop("Notes on slides"),
    "audit": gettext_noop("Audit record"),
    "candidate": gettext_noop("Candidates for picking"),
    "case": gettext_noop("Cases"),
    "cell": gettext_noop("Comments on cells"),
    "export": gettext_noop("Exports"),
    "job": gettext_noop("Analyses"),
    "label": gettext_noop("Labels of cells"),
    "laboratory": gettext_noop("Laboratory"),
    "model": gettext_noop("Models"),
    "phrase": gettext_noop("Phrases"),
    "preset": gettext_noop("Scale presets"),
    "protocol": gettext_noop("Protocols"),
    "reading": gettext_noop("Second readings"),
    "report": gettext_noop("Reports"),
    "site": gettext_noop("Sites"),
    "slide": gettext_noop("Slides"),
}
"""The first word of an action's code to what such lines are about."""

OBJECT_TYPES = (
    "adaptation", "audit", "case", "job", "laboratory", "model", "model-upload", "person", "phrase", "preset", "protocol",
    "report", "role", "site", "slide",
)  # fmt: skip
"""What the object of a line can be."""

_FACTS: dict[str, str] = {
    "age_days": gettext_noop("age in days"),
    "analyser": gettext_noop("the analyser's values"),
    "card_sha256": gettext_noop("sha256 of the card"),
    "copied_from": gettext_noop("copied from"),
    "html_sha256": gettext_noop("sha256 of the page"),
    "is_active": gettext_noop("open to sign in"),
    "is_staff": gettext_noop("opens the administration"),
    "is_superuser": gettext_noop("superuser"),
    "mpp": gettext_noop("µm/px"),
    "mpp_source": gettext_noop("where µm/px is from"),
    "own_specimen": gettext_noop("specimen"),
    "pdf_sha256": gettext_noop("sha256 of the PDF"),
    "question": gettext_noop("clinical question"),
    "restricted": gettext_noop("only named people"),
    "used_before": gettext_noop("the number of a case that was deleted"),
    "second_reader": gettext_noop("asks for a second reader"),
}
"""Names of facts that do not read as they are."""

_PERMISSIONS: dict[str, str] = {
    "administer_case": gettext_noop("administer cases"),
    "annotate_case": gettext_noop("annotate cases"),
    "review_case": gettext_noop("review cases"),
    "see_identity": gettext_noop("see who the patient is"),
    "sign_case": gettext_noop("sign cases"),
    "view_case": gettext_noop("view cases"),
}

Words = Mapping[str, str | Promise]

_words_of: dict[str, list[Callable[[], Words]]] = {}


def add_values(fact: str, words: Callable[[], Words]) -> None:
    """Let the record say the codes that a fact can have by these words; the rooms above this one add theirs."""
    _words_of.setdefault(fact, []).append(words)


def kind(action: str) -> str:
    """What lines of an action are about."""
    first = action.partition(".")[0]
    return gettext(KINDS[first]) if first in KINDS else first.replace("_", " ").capitalize()


def fact(name: str) -> str:
    """The name of a fact."""
    return gettext(_FACTS[name]) if name in _FACTS else name.replace("_", " ")


def of_code(name: str, value: Any) -> Any:
    """A fact's value, by its word where it is a code; whatever has no word stays as it is."""
    if isinstance(value, list):
        return [of_code(name, one) for one in value]
    if not isinstance(value, str):
        return value
    if name == "permissions":
        return Word(gettext(_PERMISSIONS[value]) if value in _PERMISSIONS else value.replace("_", " "))
    word = next((words()[value] for words in _words_of.get(name, ()) if value in words()), None)
    return value if word is None else Word(_lower(str(word)))


def _lower(word: str) -> str:
    """As within a sentence; "HbF positive" and "JSON" keep their capitals."""
    return word[:1].lower() + word[1:] if word[1:2].islower() and not any(c.isupper() for c in word[1:]) else word

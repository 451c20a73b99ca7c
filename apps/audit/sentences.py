"""A line of the record as a sentence, as a person would tell it; the line itself says everything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

from apps.audit.models import Record
from apps.audit.words import Word, fact, of_code
from hemaview.counting.words import number_of

_MOST = 160
"""Characters of a text before it is cut in a sentence."""

WORDS: dict[str, str] = {
    "account.changed": gettext_noop("changed an account: {change}"),
    "account.created": gettext_noop("created the account {username}"),
    "account.deleted": gettext_noop("deleted the account {username}"),
    "account.invited": gettext_noop("created a link for {username} to set a password"),
    "account.password": gettext_noop("set the password of {username}"),
    "account.people": gettext_noop("changed the people of the role {name}: {granted}"),
    "account.permissions": gettext_noop("changed what {whose} may do: {granted}"),
    "account.role-deleted": gettext_noop("deleted the role {name}"),
    "account.roles": gettext_noop("changed the roles of {whose}: {granted}"),
    "account.second-factor-off": gettext_noop("switched off the second factor of {username}"),
    "account.second-factor-on": gettext_noop("switched on the second factor of {username}"),
    "account.session-ended": gettext_noop("ended a session of {username} from {address}"),
    "account.sign-in-refused": gettext_noop("could not sign in, from {address}"),
    "account.signed-in": gettext_noop("signed in, from {address}"),
    "account.signed-out": gettext_noop("signed out"),
    "account.token-made": gettext_noop("created the token {name} for {username}, to {scope}"),
    "account.token-removed": gettext_noop("removed the token {name} of {username}"),
    "annotation.added": gettext_noop("wrote a note on a slide: {text}"),
    "annotation.removed": gettext_noop("removed a note from a slide: {text}"),
    "annotation.restored": gettext_noop("restored a note on a slide: {text}"),
    "annotation.rewritten": gettext_noop("changed a note on a slide from {before} to {after}"),
    "audit.exported": gettext_noop("exported {n_lines} of the audit record"),
    "candidate.hbf": gettext_noop("recorded the HbF of cell {cell} as {state} (before: {before})"),
    "case.archived": gettext_noop("put the case into the archive: {reason}"),
    "case.changed": gettext_noop("changed the case: {change}"),
    "case.comment": gettext_noop("changed the comment from {before} to {after}"),
    "case.conclusion": gettext_noop("changed the conclusion from {before} to {after}"),
    "case.created": gettext_noop("opened the case"),
    "case.deleted": gettext_noop("deleted the case with {n_slides}, {n_analyses} and {n_labels}: {reason}"),
    "case.reader": gettext_noop("gave the case to {reader} (before: {before})"),
    "case.rights": gettext_noop("changed the rights of {whose} on the case from {before} to {rights}"),
    "case.state": gettext_noop("moved the case from {before} to {after}"),
    "case.unarchived": gettext_noop("took the case out of the archive"),
    "case.urgent": gettext_noop("changed the urgency from {before} to {after}"),
    "case.withdrawn": gettext_noop("withdrew the case"),
    "cell.commented": gettext_noop("wrote a comment on a cell: {text}"),
    "cell.note-removed": gettext_noop("removed a comment or a mark from a cell"),
    "cell.note-restored": gettext_noop("restored a comment or a mark on a cell"),
    "cell.teach": gettext_noop("marked a cell for teaching"),
    "export.made": gettext_noop("exported {status} results as {format}"),
    "job.cancel": gettext_noop("cancelled an analysis"),
    "job.cancelled": gettext_noop("ended a cancelled analysis with {n_cells}"),
    "job.chosen": gettext_noop("chose another analysis to be reported; {n_labels}, {carried} of them carried over"),
    "job.done": gettext_noop("finished an analysis with {n_cells}"),
    "job.failed": gettext_noop("could not finish an analysis: {reason}"),
    "job.requested": gettext_noop("ordered {protocol}"),
    "job.retry": gettext_noop("ordered an analysis to be run again"),
    "label.add": gettext_noop("added a cell as {label}"),
    "label.clear": gettext_noop("removed the label of {n_cells}"),
    "label.confirm": gettext_noop("confirmed {n_cells}"),
    "label.reject": gettext_noop("rejected {n_cells}"),
    "label.relabel": gettext_noop("called {n_cells} {label}"),
    "label.settled": gettext_noop("decided on a label of an earlier analysis, {label}: kept {keep}"),
    "label.undo": gettext_noop("undid the previous label"),
    "laboratory.changed": gettext_noop("changed the laboratory's letterhead: {change}"),
    "laboratory.logo": gettext_noop("changed the laboratory's logo"),
    "model.checked": gettext_noop("checked the model {name} {version}, which passed"),
    "model.disabled": gettext_noop("retired the model {name}"),
    "model.enabled": gettext_noop("switched on the model {name}"),
    "model.files-put-back": gettext_noop("put back the files of the model {name} {version}"),
    "model.installed": gettext_noop("installed the model {name} {version}"),
    "model.refused": gettext_noop("refused the model {name} {version}: {reason}"),
    "model.uploaded": gettext_noop("uploaded the model {name} {version}"),
    "phrase.changed": gettext_noop("changed the phrase {code}: {change}"),
    "phrase.created": gettext_noop("added the phrase {code}: {text}"),
    "phrase.removed": gettext_noop("removed the phrase {code}: {text}"),
    "preset.removed": gettext_noop("removed the scale preset {name}"),
    "preset.saved": gettext_noop("saved the scale preset {name}, {mpp} µm/px"),
    "protocol.changed": gettext_noop("made version {version} of the protocol {name}: {change}"),
    "protocol.created": gettext_noop("created the protocol {name}"),
    "protocol.renewed": gettext_noop("made version {version} of the protocol {name} as HemaView ships it"),
    "protocol.restored": gettext_noop("restored the protocol {name}"),
    "protocol.retired": gettext_noop("retired the protocol {name}"),
    "reading.closed": gettext_noop("closed the second reading by {reader}; {n_differences}"),
    "reading.ordered": gettext_noop("asked {reader} for a second reading"),
    "reading.withdrawn": gettext_noop("withdrew the second reading by {reader}"),
    "report.amended": gettext_noop("reopened the signed case: {reason}"),
    "report.sign-refused": gettext_noop("was refused a signature (wrong {why})"),
    "report.signed": gettext_noop("signed the report, version {version}: {meaning}"),
    "site.created": gettext_noop("added the site {name}"),
    "site.removed": gettext_noop("removed the site {name}"),
    "site.switched": gettext_noop("changed the teaching in use at {site} from {before} to {after}"),
    "site.taught": gettext_noop("taught a net with {n_labels} of {site}"),
    "site.teach": gettext_noop("ordered a teaching of {site}"),
    "site.teach-failed": gettext_noop("could not teach a net of {site}: {reason}"),
    "slide.colour": gettext_noop("changed a slide's colours from {before} to {colour}"),
    "slide.conversion-asked": gettext_noop("asked to have a slide converted"),
    "slide.conversion-failed": gettext_noop("could not convert a slide: {reason}"),
    "slide.conversion-done": gettext_noop("converted a slide"),
    "slide.deleted": gettext_noop("removed a slide"),
    "slide.identity-seen": gettext_noop("viewed the patient's identity on a slide: {what}"),
    "slide.renamed": gettext_noop("renamed a slide from {before} to {after}"),
    "slide.mpp": gettext_noop("changed a slide's scale from {before} to {mpp} µm/px"),
    "slide.ready": gettext_noop("imported a slide"),
    "slide.removed": gettext_noop("removed a slide with {n_analyses} and {n_labels}: {reason}"),
    "slide.received": gettext_noop("uploaded a slide of {n_files}"),
    "slide.refused": gettext_noop("refused a slide: {reason}"),
    "slide.site": gettext_noop("changed a slide's site from {before} to {after}"),
    "slide.specimen": gettext_noop("changed a slide's specimen from {before} to {after}"),
}
"""Of each action what is told after the person's name; names in braces are of the line's detail."""

_NOUNS = {
    "n_analyses": ("analysis", "analyses"),
    "n_cells": ("cell", "cells"),
    "n_differences": ("difference", "differences"),
    "n_files": ("file", "files"),
    "n_labels": ("label", "labels"),
    "n_lines": ("entry", "entries"),
    "n_slides": ("slide", "slides"),
}


def sentence(line: Record) -> str:
    """Tess changed the case: stain from "MGG" to "Wright"."""
    words = (
        gettext(WORDS[line.action])
        if line.action in WORDS
        else gettext("did {action}").replace("{action}", line.action)
    )
    text = f"{line.actor} {words.format_map(_Detail(line.detail, line.action))}"
    return text if text.endswith((".", ".”")) else f"{text}."


def deed(action: str) -> str:
    """An action as people choose it from a list: its sentence without who and what; dots stand for what differs by line."""
    words, _, _ = gettext(WORDS[action]).partition(":") if action in WORDS else (action, "", "")
    return re.sub(r"\{\w+\}", "…", re.sub(r" \([^()]*$", "", words))


def facts(line: Record) -> list[tuple[str, str]]:
    """Everything that a line holds, each fact's name and value as a person would say it."""
    return [(fact(name), words) for name, words in _Detail(line.detail, line.action).items()]


def _value(name: str, value: Any) -> str:
    if name == "reader" and not value:
        return "nobody"
    return _in_words(of_code(name, value))


class _Detail(dict[str, Any]):
    """A line's detail, each value as a person would say it; – where a line of an earlier HemaView does not have it."""

    def __init__(self, detail: Mapping[str, Any], action: str = "") -> None:
        self.about = action.partition(".")[2]
        super().__init__({name: _value(self._fact(name), value) for name, value in detail.items()})
        self.raw = detail

    def _fact(self, name: str) -> str:
        """Which fact a value is of: that of "slide.colour" stands as `before` too."""
        return self.about if name in ("before", "after", "added", "taken") else name

    def __missing__(self, name: str) -> str:
        if name == "change":
            return _change(self.raw.get("before"), self.raw.get("after"))
        if name in _NOUNS:
            n, one, many = self.raw.get(name.removeprefix("n_"), 0), *_NOUNS[name]
            return number_of(n, one, many) if isinstance(n, int) else "–"
        if name == "granted":
            return "; ".join(f"{how} {self[how]}" for how in ("added", "taken") if self.raw.get(how)) or "–"
        if name == "whose":
            return next((str(self.raw[n]) for n in ("person", "role", "username", "name") if n in self.raw), "–")
        return "–"


def _change(before: Any, after: Any) -> str:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return "–"
    return (
        ", ".join(
            gettext("{name} from {before} to {after}").format(
                name=fact(n), before=_value(n, before.get(n)), after=_value(n, after[n])
            )
            for n in sorted(after)
        )
        or "–"
    )


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", [], {}):
        return "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{fact(name)} {_value(name, one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_in_words(one) for one in value)
    if isinstance(value, Word):
        return value
    text = " ".join(str(value).split())
    text = text if len(text) <= _MOST else text[:_MOST] + "…"
    return f"“{text}”" if " " in text else text

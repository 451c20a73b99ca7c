"""A line of the record as a sentence, as a person would tell it; the line itself says everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.audit.models import Record

_MOST = 160
"""Characters of a text before it is cut in a sentence."""

WORDS: dict[str, str] = {
    "account.changed": "changed an account: {change}",
    "account.created": "made the account {username}",
    "account.deleted": "deleted the account {username}",
    "account.invited": "made a link by which {username} sets a password",
    "account.password": "set the password of {username}",
    "account.people": "changed the people of the role {name}: {granted}",
    "account.permissions": "changed what {whose} may do: {granted}",
    "account.role-deleted": "deleted the role {name}",
    "account.roles": "changed the roles of {whose}: {granted}",
    "account.second-factor-off": "switched off the second factor of {username}",
    "account.second-factor-on": "switched on the second factor of {username}",
    "account.session-ended": "ended a session of {username} from {address}",
    "account.sign-in-refused": "could not sign in, from {address}",
    "account.signed-in": "signed in, from {address}",
    "account.signed-out": "signed out",
    "account.token-made": "made the token {name} for {username}, to {scope}",
    "account.token-removed": "removed the token {name} of {username}",
    "annotation.added": "wrote a note on a slide: {text}",
    "annotation.removed": "removed a note from a slide: {text}",
    "annotation.restored": "brought a note on a slide back: {text}",
    "annotation.rewritten": "changed a note on a slide from {before} to {after}",
    "audit.exported": "exported {n_lines} of the audit record",
    "candidate.hbf": "said of the HbF of cell {cell}: {state} (before: {before})",
    "case.changed": "changed the case: {change}",
    "case.comment": "changed the comment from {before} to {after}",
    "case.conclusion": "changed the conclusion from {before} to {after}",
    "case.created": "opened the case",
    "case.reader": "gave the case to {reader} (before: {before})",
    "case.rights": "changed the rights of {whose} on the case from {before} to {rights}",
    "case.state": "moved the case from {before} to {after}",
    "case.urgent": "changed urgent from {before} to {after}",
    "case.withdrawn": "withdrew the case",
    "export.made": "exported the {status} as {format}",
    "job.cancel": "cancelled an analysis",
    "job.cancelled": "ended a cancelled analysis with {n_cells}",
    "job.chosen": "chose another analysis to be reported; {n_labels}, {carried} of them carried over",
    "job.done": "finished an analysis with {n_cells}",
    "job.failed": "could not finish an analysis: {reason}",
    "job.requested": "ordered {protocol}",
    "job.retry": "ordered an analysis once more",
    "label.add": "added a cell as {label}",
    "label.clear": "took the label of {n_cells} away",
    "label.confirm": "confirmed {n_cells}",
    "label.reject": "rejected {n_cells}",
    "label.relabel": "called {n_cells} {label}",
    "label.settled": "decided on a label of an earlier analysis, {label}: kept {keep}",
    "label.undo": "undid the label before",
    "laboratory.changed": "changed the laboratory's head: {change}",
    "laboratory.logo": "changed the laboratory's logo",
    "model.checked": "found that the model {name} {version} keeps its promises",
    "model.disabled": "retired the model {name}",
    "model.enabled": "switched on the model {name}",
    "model.files-put-back": "put back the files of the model {name} {version}",
    "model.installed": "installed the model {name} {version}",
    "model.refused": "refused the model {name} {version}: {reason}",
    "model.uploaded": "uploaded the model {name} {version}",
    "phrase.changed": "changed the phrase {code}: {change}",
    "phrase.created": "added the phrase {code}: {text}",
    "phrase.removed": "removed the phrase {code}: {text}",
    "preset.removed": "removed the scale preset {name}",
    "preset.saved": "saved the scale preset {name}, {mpp} µm/px",
    "protocol.changed": "made version {version} of the protocol {name}: {change}",
    "protocol.created": "made the protocol {name}",
    "protocol.renewed": "made version {version} of the protocol {name} as HemaView ships it",
    "protocol.restored": "brought the protocol {name} back",
    "protocol.retired": "retired the protocol {name}",
    "reading.closed": "closed the second reading by {reader}; {n_differences}",
    "reading.ordered": "asked {reader} for a second reading",
    "reading.withdrawn": "withdrew the second reading by {reader}",
    "report.amended": "opened the signed case again: {reason}",
    "report.sign-refused": "was refused a signature (wrong {why})",
    "report.signed": "signed the report, version {version}: {meaning}",
    "site.created": "added the site {name}",
    "site.removed": "removed the site {name}",
    "site.switched": "changed the teaching in use at {site} from {before} to {after}",
    "site.taught": "taught a net by {n_labels} of {site}",
    "site.teach": "ordered a teaching of {site}",
    "site.teach-failed": "could not teach a net of {site}: {reason}",
    "slide.colour": "changed a slide's colours from {before} to {colour}",
    "slide.conversion-asked": "asked to have a slide converted",
    "slide.conversion-failed": "could not convert a slide: {reason}",
    "slide.conversion-done": "converted a slide",
    "slide.deleted": "removed a slide",
    "slide.identity-seen": "looked at who the patient of a slide is: {what}",
    "slide.mpp": "changed a slide's scale from {before} to {mpp} µm/px",
    "slide.ready": "brought in a slide",
    "slide.received": "handed in a slide of {n_files}",
    "slide.refused": "refused a slide: {reason}",
    "slide.site": "changed a slide's site from {before} to {after}",
    "slide.specimen": "changed a slide's specimen from {before} to {after}",
}
"""Of each action what is told after the person's name; names in braces are of the line's detail."""

_NOUNS = {
    "n_cells": ("cell", "cells"),
    "n_differences": ("difference", "differences"),
    "n_files": ("file", "files"),
    "n_labels": ("label", "labels"),
    "n_lines": ("entry", "entries"),
}


def sentence(line: Record) -> str:
    """Tess changed the case: stain from "MGG" to "Wright"."""
    words = WORDS.get(line.action, f"did {line.action}")
    text = f"{line.actor} {words.format_map(_Detail(line.detail))}"
    return text if text.endswith((".", ".”")) else f"{text}."


class _Detail(dict[str, Any]):
    """A line's detail, each value as a person would say it; – where a line of an earlier HemaView does not have it."""

    def __init__(self, detail: Mapping[str, Any]) -> None:
        super().__init__({name: _in_words(value) for name, value in detail.items()})
        if "label" in self:
            self["label"] = self["label"].replace("_", " ")
        self.raw = detail

    def __missing__(self, name: str) -> str:
        if name == "change":
            return _change(self.raw.get("before"), self.raw.get("after"))
        if name in _NOUNS:
            n, one, many = self.raw.get(name.removeprefix("n_"), 0), *_NOUNS[name]
            return f"{n:,} {one if n == 1 else many}" if isinstance(n, int) else "–"
        if name == "granted":
            return (
                "; ".join(f"{how} {_in_words(self.raw[how])}" for how in ("added", "taken") if self.raw.get(how)) or "–"
            )
        if name == "whose":
            return next((str(self.raw[n]) for n in ("person", "role", "username", "name") if n in self.raw), "–")
        return "–"


def _change(before: Any, after: Any) -> str:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return "–"
    return (
        ", ".join(
            f"{n.replace('_', ' ')} from {_in_words(before.get(n))} to {_in_words(after[n])}" for n in sorted(after)
        )
        or "–"
    )


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", [], {}):
        return "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_in_words(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_in_words(one) for one in value)
    text = " ".join(str(value).split())
    text = text if len(text) <= _MOST else text[:_MOST] + "…"
    return f"“{text}”" if " " in text else text

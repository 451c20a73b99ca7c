"""Writes about protocols by administrators: each change is a new version, so what a case was analysed with stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis.models import ModelVersion, Protocol, ProtocolModel
from apps.analysis.ownmodels import what_is_gone
from apps.analysis.scorewords import role_words
from apps.audit.services import record
from hemaview.words import all_of

PART = "models."
SETTING = "settings."
"""Before the key of a setting, or the role of a model, in the errors of a refusal."""


@dataclass(frozen=True)
class Chosen:
    """The model of a role, and the score from which it counts where that is not the model's own."""

    model: ModelVersion
    threshold: float | None = None


@dataclass(frozen=True)
class Draft:
    """Everything of a protocol that a person can choose; its examination and roles are those of the one it came from."""

    title: str
    """What people read."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """By key, of those that the examination has."""
    second_reader: bool = False
    """Whether its cases need one."""
    rules: Mapping[str, Any] = field(default_factory=dict)
    """The laboratory's own counting rules; empty: those of the examination."""
    models: Mapping[str, Chosen] = field(default_factory=dict)
    """By role."""

    @classmethod
    def of(cls, protocol: Protocol) -> Draft:
        """The protocol as it stands."""
        return cls(
            protocol.title,
            dict(protocol.settings),
            protocol.second_reader,
            dict(protocol.rules),
            {m.role: Chosen(m.model, m.threshold) for m in models_of(protocol)},
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "settings": dict(self.settings),
            "second_reader": self.second_reader,
            "rules": dict(self.rules),
            "models": {role: _words(choice) for role, choice in self.models.items()},
        }


def may_change_protocols(user: Any) -> bool:
    return bool(user.is_superuser or user.has_perm("analysis.change_protocol"))


def require_protocols(user: Any) -> None:
    """Raise Forbidden unless the person may change protocols."""
    if not may_change_protocols(user):
        raise Forbidden(gettext("Only administrators can change protocols."))


def newest_protocols() -> list[Protocol]:
    """The newest version of each protocol, retired ones last."""
    newest: dict[str, Protocol] = {}
    for protocol in Protocol.objects.order_by("name", "-version"):
        newest.setdefault(protocol.name, protocol)
    return sorted(newest.values(), key=lambda p: (not p.enabled, p.assay, p.title))


def newest(name: str) -> Protocol:
    """The newest version of a protocol, in use or not; raises Missing."""
    row = None if "\0" in name else versions(name).first()
    if row is None:
        raise Missing(gettext("There is no protocol called {name}.").format(name=name), code="no-protocol")
    return row


def versions(name: str) -> QuerySet[Protocol]:
    """Newest first."""
    return Protocol.objects.filter(name=name).order_by("-version")


def models_of(protocol: Protocol) -> QuerySet[ProtocolModel]:
    return protocol.models.select_related("model__algorithm").order_by("role")


def choices(row: ProtocolModel) -> list[ModelVersion]:
    """The models that can take the place of a protocol's: those of its task that are switched on, of models of one's own those
    for its role and examination; and itself."""
    same = ModelVersion.objects.select_related("algorithm").filter(
        algorithm__task=row.model.algorithm.task, enabled=True
    )
    able = [m for m in same if not m.own or (row.role in m.card["roles"] and m.card["assay"] == row.protocol.assay)]
    return sorted({*able, row.model}, key=lambda m: (str(m.algorithm.name), -m.pk))


def warnings_of(protocol: Protocol) -> list[str]:
    """Why a protocol cannot be ordered as it is, a sentence for each model that is retired or gone."""
    return [sentence for row in models_of(protocol) if (sentence := _warning(row))]


def _warning(row: ProtocolModel) -> str:
    if not row.model.enabled:
        return gettext(
            "{model}, its model for {role}, is retired: it cannot be ordered until another is chosen."
        ).format(model=row.model, role=role_words(row.role))
    return what_is_gone(row.model)


@transaction.atomic
def revise(user: Any, protocol: Protocol, draft: Draft) -> Protocol:
    """Make a new version of a protocol; the same one where nothing is changed.

    `protocol` is the version that the person saw: raises Conflict where there is a newer one, Forbidden, and Refusal with an
    error for each field that cannot be taken.
    """
    require_protocols(user)
    last = _locked(protocol.name)
    if last.pk != protocol.pk:
        raise Conflict(
            gettext(
                "{name} has been changed since you opened it and now has version {version}; look at that version first."
            ).format(name=protocol.name, version=last.version),
            code="protocol-changed",
        )
    before = Draft.of(last)
    if before == draft:
        return last
    revised = _make(last, draft, name=last.name, version=last.version + 1, enabled=last.enabled)
    old, new = before.as_json(), draft.as_json()
    names = [name for name in new if new[name] != old[name]]
    record(
        user, "protocol.changed", "protocol", revised.pk, name=revised.name, version=revised.version,
        before={name: old[name] for name in names}, after={name: new[name] for name in names},
    )  # fmt: skip
    return revised


@transaction.atomic
def copy(user: Any, source: Protocol, name: str, draft: Draft) -> Protocol:
    """Make a protocol of another name from an existing one; raises Forbidden, Conflict where the name is taken, Refusal."""
    require_protocols(user)
    if Protocol.objects.filter(name=name).exists():
        raise _name_conflict(name)
    try:
        with transaction.atomic():
            protocol = _make(source, draft, name=name, version=1, enabled=True)
    except IntegrityError:
        raise _name_conflict(name) from None
    record(
        user, "protocol.created", "protocol", protocol.pk, name=protocol.name, version=protocol.version,
        copied_from=f"{source.name} {source.version}", **draft.as_json(),
    )  # fmt: skip
    return protocol


@transaction.atomic
def set_retired(user: Any, name: str, retired: bool) -> Protocol:
    """Let nobody order a protocol any more, in any version, or its newest one again. Analyses that were ordered go on."""
    require_protocols(user)
    last = _locked(name)
    every = Protocol.objects.filter(name=name)
    if every.filter(enabled=True).exists() != retired:
        return last  # it is so already
    (every if retired else every.filter(pk=last.pk)).update(enabled=not retired)
    action = "protocol.retired" if retired else "protocol.restored"
    record(user, action, "protocol", last.pk, name=name, version=last.version)
    last.refresh_from_db()
    return last


def _locked(name: str) -> Protocol:
    """The newest version, locked until the transaction ends; who waited for the lock may find one newer than they waited for."""
    row = newest(name)
    while True:
        protocol = Protocol.objects.select_for_update(no_key=True).get(pk=row.pk)
        row = newest(name)
        if row.pk == protocol.pk:
            return protocol


def _make(source: Protocol, draft: Draft, *, name: str, version: int, enabled: bool) -> Protocol:
    """Write a version on the roles of `source`; raises Refusal where a field cannot be taken."""
    protocol = Protocol(
        name=name, version=version, title=draft.title.strip(), specimen=source.specimen, assay=source.assay,
        finder=source.finder, enabled=enabled, second_reader=draft.second_reader, settings=dict(draft.settings),
        rules=dict(draft.rules),
    )  # fmt: skip
    roles = {m.role: m for m in models_of(source)}
    if errors := {**_wrong_fields(protocol), **_wrong_models(protocol, roles, draft)}:
        raise Refusal(next(iter(errors.values()))[0], code="invalid", errors=errors)
    protocol.save(force_insert=True)
    for role, was in roles.items():
        choice = draft.models.get(role) or Chosen(was.model, was.threshold)
        ProtocolModel.objects.create(protocol=protocol, role=role, model=choice.model, threshold=choice.threshold)
    return protocol


def _wrong_fields(protocol: Protocol) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    settings = {s.key: s for s in protocol.examination.settings}
    for key, value in protocol.settings.items():
        wrong = (
            settings[key].wrong(value)
            if key in settings
            else gettext("There is no setting called {key}.").format(key=key)
        )
        if wrong:
            errors[SETTING + key] = [wrong]
    try:
        protocol.full_clean(validate_unique=False)
    except ValidationError as error:
        messages = dict(error.message_dict)
        if errors:
            messages.pop("settings", None)  # which of them it is stands there already
        errors |= messages
    return errors


def _wrong_models(protocol: Protocol, roles: Mapping[str, ProtocolModel], draft: Draft) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for role, choice in draft.models.items():
        if role not in roles:
            errors[PART + role] = [
                gettext("This protocol has no role called {role}; it has: {roles}.").format(
                    role=role, roles=all_of(role_words(one) for one in roles)
                )
            ]
        elif choice.model not in choices(roles[role]):
            errors[PART + role] = [
                gettext("{model} cannot take the role {role}: it is made for another one, or is switched off.").format(
                    model=choice.model, role=role_words(role)
                )
            ]
        else:
            try:
                ProtocolModel(protocol=protocol, role=role, model=choice.model, threshold=choice.threshold).clean()
            except ValidationError as error:
                errors[PART + role] = error.message_dict.get("threshold", error.messages)
    blood = protocol.settings.get("calibrated_on")
    if blood and draft.models and not any(blood in choice.model.calibrations for choice in draft.models.values()):
        errors[SETTING + "calibrated_on"] = [
            gettext("None of the chosen models is calibrated for blood like that of {blood}.").format(blood=blood)
        ]
    return errors


def _words(choice: Chosen) -> str:
    return f"{choice.model}" + (f" from {choice.threshold:g} on" if choice.threshold is not None else "")


def _name_conflict(name: str) -> Conflict:
    return Conflict(gettext("A protocol called {name} already exists.").format(name=name), code="protocol-exists")

"""Which names and versions of models of one's own are taken, by a model or by an upload that is being checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from apps.accounts import leases
from apps.accounts.errors import Conflict
from apps.analysis.models import ModelUpload, ModelVersion
from apps.analysis.ownreturn import is_damaged

LEASE_S = 60.0
"""The worker renews it every few seconds while the child runs (`owntrials.alive`): who says nothing for so long is gone."""


def refuse_taken(card: Mapping[str, Any]) -> ModelVersion | None:
    """Raise Conflict where the name is that of an installed model, or this version is there; the version where its files were
    altered or are gone."""
    name, version = card["name"], card["version"]
    versions = ModelVersion.objects.filter(algorithm__name=name)
    if versions.filter(weights="").exists():
        raise Conflict(f"HemaView has a model called {name} itself; give yours another name.", code="model-name-taken")
    if there := versions.filter(version=version).select_related("algorithm").first():
        if is_damaged(there):
            return there
        raise Conflict(f"There is {name} {version} already; give this one another version.", code="model-exists")
    active = ModelUpload.objects.filter(name=name, version=version, state__in=ModelUpload.ACTIVE)
    if active.exclude(abandoned()).exists():
        raise being_checked(card)
    return None


def other_files(model: ModelVersion) -> Conflict:
    return Conflict(
        f"There is {model} already, and these are not its files: upload the very same two to put them back, for some were "
        "altered or are gone, or give this one another version.",
        code="model-exists",
    )


def being_checked(card: Mapping[str, Any]) -> Conflict:
    return Conflict(
        f"{card['name']} {card['version']} has been uploaded and is being checked; wait until that has ended.",
        code="model-being-checked",
    )


def abandoned() -> Q:
    """Those whose worker is gone."""
    return Q(state=ModelUpload.State.RUNNING) & leases.lapsed(LEASE_S)

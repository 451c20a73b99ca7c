"""Which names and versions of models of one's own are taken, by a model or by an upload that is being checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from apps.accounts.errors import Conflict
from apps.analysis.leasedrows import LeasedRows
from apps.analysis.models import ModelUpload, ModelVersion
from apps.analysis.ownreturn import is_damaged

TRIALS = LeasedRows(lambda: ModelUpload.objects.select_related("requested_by"), lease_s=60.0)
"""Workers try them; each renews its lease every few seconds while the child runs: who says nothing for so long is gone."""


def refuse_taken(card: Mapping[str, Any]) -> ModelVersion | None:
    """Raise Conflict where the name is that of an installed model, or this version is there; the version where its files were
    altered or are gone."""
    name, version = card["name"], card["version"]
    versions = ModelVersion.objects.filter(algorithm__name=name)
    if versions.filter(weights="").exists():
        raise Conflict(
            gettext("HemaView itself has a model called {name}; give yours another name.").format(name=name),
            code="model-name-taken",
        )
    if there := versions.filter(version=version).select_related("algorithm").first():
        if is_damaged(there):
            return there
        raise Conflict(
            gettext("{name} {version} already exists; give this one another version.").format(
                name=name, version=version
            ),
            code="model-exists",
        )
    active = ModelUpload.objects.filter(name=name, version=version, state__in=ModelUpload.ACTIVE)
    if active.exclude(TRIALS.abandoned()).exists():
        raise being_checked(card)
    return None


def other_files(model: ModelVersion) -> Conflict:
    return Conflict(
        gettext(
            "{model} already exists, and these are not its files. Some of its files are altered or missing: upload the original "
            "two to restore them, or give this one another version."
        ).format(model=model),
        code="model-exists",
    )


def being_checked(card: Mapping[str, Any]) -> Conflict:
    return Conflict(
        gettext("{name} {version} has been uploaded and is being checked; wait until that has ended.").format(
            name=card["name"], version=card["version"]
        ),
        code="model-being-checked",
    )

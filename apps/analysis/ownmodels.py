"""Models of one's own: who may change them, switched on and retired, frozen by jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Forbidden, Missing
from apps.analysis.models import ModelVersion
from apps.audit.services import record
from hemaview.methods.own.files import OwnFiles


def may_change_models(user: Any) -> bool:
    return bool(user.is_superuser or user.has_perm("analysis.change_modelversion"))


def require_models(user: Any) -> None:
    """Raise Forbidden unless the person may upload, switch on and retire models."""
    if not may_change_models(user):
        raise Forbidden(gettext("Only administrators can upload models and switch them on and off."))


@transaction.atomic
def switch(user: Any, model: ModelVersion, on: bool) -> ModelVersion:
    """Let protocols choose a model and run on it, or retire it: analyses that were ordered go on. Raises Forbidden, Conflict."""
    require_models(user)
    row = ModelVersion.objects.select_for_update(no_key=True, of=("self",)).select_related("algorithm").get(pk=model.pk)
    if row.enabled == on:
        return row
    if on and (gone := what_is_gone(row)):
        raise Conflict(gone, code="model-gone")
    ModelVersion.objects.filter(pk=row.pk).update(enabled=on)
    record(user, "model.enabled" if on else "model.disabled", "model", row.pk, name=str(row), sha256=row.sha256)
    row.enabled = on
    return row


def what_is_gone(model: ModelVersion) -> str:
    """A sentence where a file of a model of one's own is no longer there; "" where nothing is missing."""
    if not model.own or all(stores.models().exists(name) for name in (model.weights, model.card_blob)):
        return ""
    return (
        f"The files of {model} are gone from the disk; upload the very same two files again, restore "
        "them from a backup, or choose another model."
    )


def frozen_own(model: ModelVersion) -> dict[str, Any]:
    """What a job keeps of a model of one's own, beside what it keeps of every model."""
    return {"own": {"weights": model.weights, "card_sha256": model.card_sha256}} if model.own else {}


def own_files(frozen_models: Iterable[Mapping[str, Any]]) -> dict[str, OwnFiles]:
    """Role to the files of the models of one's own that a job was ordered with; raises Missing."""
    files: dict[str, OwnFiles] = {}
    for used in frozen_models:
        if not (own := used.get("own")):
            continue
        try:
            weights = stores.models().local_path(own["weights"])
            card = stores.models().local_path(f"{own['card_sha256']}.json")
        except FileNotFoundError as error:
            raise Missing(
                gettext("The files of {name} {version} are gone from the disk.").format(
                    name=used["name"], version=used["version"]
                ),
                code="model-gone",
            ) from error
        assert weights is not None and card is not None
        files[used["role"]] = OwnFiles(weights, used["sha256"], card, own["card_sha256"])
    return files

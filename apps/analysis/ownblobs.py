"""The files of models of one's own, held against the hashes that are their names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from apps.accounts import stores
from apps.analysis.models import ModelVersion

ALTERED, GONE = "altered", "gone"
_WHAT = {
    ALTERED: "{file} of {model}, a model of the laboratory's own, was altered: it is no longer what its name, its hash, says.",
    GONE: "{file} of {model}, a model of the laboratory's own, is gone.",
}


def state_of(name: str) -> str:
    """ALTERED or GONE where a file of a model of one's own no longer has the hash that its name is, "" where it has."""
    try:
        with stores.models().open(name) as stream:
            now = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return GONE
    return "" if now == name.partition(".")[0] else ALTERED


def files_of(weights: str, card_sha256: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """(what it is, its name) of the two files of a model of one's own."""
    return ("The file of weights", weights), ("The card", f"{card_sha256}.json")


def faults_of_frozen(models: list[Mapping[str, Any]]) -> Iterator[str]:
    """A sentence for each file of the models that an analysis was ordered with which was altered or is gone."""
    for used in models:
        if own := used.get("own"):
            yield from _faults(f"{used['name']} {used['version']}", own["weights"], own["card_sha256"])


def faults_of_all() -> list[str]:
    """The same of every model of one's own that there is."""
    rows = ModelVersion.objects.exclude(weights="").select_related("algorithm").order_by("algorithm__name", "version")
    return [line for row in rows for line in _faults(str(row), row.weights, row.card_sha256)]


def _faults(model: str, weights: str, card_sha256: str) -> Iterator[str]:
    for file, name in files_of(weights, card_sha256):
        if state := state_of(name):
            yield _WHAT[state].format(file=file, model=model)

"""Hand in a model of one's own, have it tried, and choose it in a protocol."""

from __future__ import annotations

from typing import Any

from apps.analysis import modeltrial
from apps.analysis import protocolservices as protocols
from apps.analysis.models import ModelUpload, ModelVersion, Protocol
from apps.analysis.ownuploads import receive
from apps.analysis.protocolservices import Chosen, Draft, newest
from tests import onnxfiles as onnx

NAME, ROLE = "blood-film", "nucleated-cell"


def handed(user: Any, raw: bytes | None = None, file: str = "net.onnx", **changes: Any) -> ModelUpload:
    weights = onnx.mean_colour(3) if raw is None else raw
    return receive(user, file, len(weights), [weights], "card.json", onnx.card_bytes(**changes))


def checked(user: Any, **changes: Any) -> ModelVersion:
    row = modeltrial.check(handed(user, **changes).pk)
    assert row is not None and row.state == ModelUpload.State.DONE, row and row.reason
    return ModelVersion.objects.get(algorithm__name=row.name, version=row.version)


def chosen_in_protocol(user: Any, model: ModelVersion, threshold: float | None = None) -> Protocol:
    protocol = newest(NAME)
    draft = Draft.of(protocol)
    return protocols.revise(
        user, protocol, Draft(**{**draft.__dict__, "models": {**draft.models, ROLE: Chosen(model, threshold)}})
    )

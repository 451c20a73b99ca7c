"""Models of one's own over HTTP: weights and card handed in, what was tried, switched on and retired."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from apps.accounts.api.inputs import whole_number
from apps.accounts.errors import Missing, Refusal
from apps.analysis import ownmodels, ownuploads
from apps.analysis.api.serializers import (
    ModelFilesInput,
    ModelSerializer,
    ModelUploadSerializer,
    SwitchModelInput,
)
from apps.analysis.api.views import model_json
from apps.analysis.models import ModelUpload
from apps.analysis.selectors import model_versions
from apps.analysis.tasks import ring_model
from hemaview.methods.own.cardfile import MOST_BYTES

SLACK_BYTES = 64 * 1024
"""What a request may have beside its two files."""


class ModelUploadsView(APIView):
    """Models that were handed in, the last ones first; POST hands in one, which is then tried in the background (202),
    or puts back the files of one that lost them (200)."""

    parser_classes = [MultiPartParser]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "upload"

    @extend_schema(responses=ModelUploadSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(ModelUploadSerializer(ownuploads.recent_uploads(request.user), many=True).data)

    @extend_schema(
        request={"multipart/form-data": ModelFilesInput},
        responses={200: ModelUploadSerializer, 202: ModelUploadSerializer},
    )
    def post(self, request: Request) -> Response:
        ownmodels.require_models(request.user)
        refuse_too_large(request.headers.get("Content-Length", ""))
        refuse_other_files(request)
        body = ModelFilesInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = handed_in(request.user, body.validated_data["weights"], body.validated_data["card"])
        put_back = row.state == ModelUpload.State.DONE
        return Response(ModelUploadSerializer(row).data, status=200 if put_back else 202)


class ModelUploadView(APIView):
    """One upload: how far it is, what was tried, and why it is refused."""

    @extend_schema(responses=ModelUploadSerializer)
    def get(self, request: Request, upload_id: uuid.UUID) -> Response:
        return Response(ModelUploadSerializer(ownuploads.upload_for(request.user, upload_id)).data)


class ModelVersionView(APIView):
    """A version of a model; PATCH switches it on, so that protocols may choose it, or retires it."""

    @extend_schema(responses=ModelSerializer)
    def get(self, request: Request, name: str, version: str) -> Response:
        return Response(model_json(_model(name, version)))

    @extend_schema(request=SwitchModelInput, responses=ModelSerializer)
    def patch(self, request: Request, name: str, version: str) -> Response:
        ownmodels.require_models(request.user)
        body = SwitchModelInput(data=request.data)
        body.is_valid(raise_exception=True)
        ownmodels.switch(request.user, _model(name, version), body.validated_data["enabled"])
        return Response(model_json(_model(name, version)))


def handed_in(user: Any, weights: UploadedFile, card: UploadedFile) -> ModelUpload:
    """Receive the two files of a form and ring for a worker; raises Forbidden, Refusal, Conflict."""
    card_raw = card.read(MOST_BYTES + 1)
    row = ownuploads.receive(
        user, weights.name or "", weights.size or 0, weights.chunks(1 << 20), card.name or "", card_raw
    )
    if row.state == ModelUpload.State.REQUESTED:
        transaction.on_commit(lambda: ring_model(str(row.pk)))
    return row


def refuse_other_files(request: Request) -> None:
    """Raise Refusal where a request has a file twice, or one beside the two that are asked for: which was meant nobody knows."""
    counts = {key: len(request.FILES.getlist(key)) for key in request.FILES}
    if any(n > 1 for n in counts.values()) or set(counts) - {"weights", "card"}:
        raise Refusal(gettext("Send two files: one as weights, one as card, and no other."), code="two-files")


def refuse_too_large(content_length: str) -> None:
    """Raise Refusal for a request that says that it is larger than a model and its card may be, before any of it is read."""
    size = whole_number(content_length)
    if size is not None and size > settings.MODEL_MAX_BYTES + MOST_BYTES + SLACK_BYTES:
        raise Refusal(
            gettext(
                "The files have {size:,.0f} MB; a model may have {MODEL_MAX_BYTES:,.0f} MB at most: "
                "save it in half precision, or choose a smaller net."
            ).format(size=size / 1024**2, MODEL_MAX_BYTES=settings.MODEL_MAX_BYTES / 1024**2),
            code="model-too-large",
            http_status=413,
        )


def _model(name: str, version: str) -> Any:
    row = model_versions().filter(algorithm__name=name, version=version).first() if "\0" not in name + version else None
    if row is None:
        raise Missing(gettext("There is no such model."), code="no-model")
    return row

"""The tus 1.0.0 resumable upload protocol (core, creation, termination)."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from apps.accounts.api.inputs import whole_number
from apps.accounts.errors import Refusal
from apps.cases.selectors import case_for
from apps.slides import uploads
from apps.slides.models import Upload
from apps.slides.selectors import upload_for

VERSION = "1.0.0"


class ChunkParser(BaseParser):
    """The body as bytes."""

    media_type = "application/offset+octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.UPLOAD_CHUNK_MAX_BYTES
        body: bytes = stream.read(limit + 1)
        if len(body) > limit:
            raise Refusal(
                gettext("A chunk may have {limit} bytes at most.").format(limit=limit),
                code="too-many-bytes",
                http_status=413,
            )
        return body


class AnyParser(ChunkParser):
    """Creation carries no body, whatever its type says."""

    media_type = "*/*"


class TusView(APIView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "upload"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return response


@extend_schema(request=None, responses={201: None})
class UploadListView(TusView):
    """POST with Upload-Length and Upload-Metadata (filename, case; base64) begins an upload."""

    parser_classes = [AnyParser]

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,termination",
            "Tus-Max-Size": str(settings.UPLOAD_MAX_BYTES),
        }
        return Response(status=204, headers=headers)

    def post(self, request: Request) -> Response:
        metadata = _metadata(request.headers.get("Upload-Metadata", ""))
        length = _number(request, "Upload-Length")
        case = case_for(request.user, metadata.get("case", ""), "annotate")
        upload = uploads.create_upload(request.user, case, metadata.get("filename", ""), length)
        location = request.build_absolute_uri(reverse("upload", args=[upload.pk]))
        return Response(status=201, headers={"Location": location, "Upload-Offset": "0"})


@extend_schema(request=None, responses={204: None})
class UploadView(TusView):
    """HEAD asks how far it is, PATCH sends on, DELETE gives up."""

    parser_classes = [ChunkParser]

    def head(self, request: Request, upload_id: uuid.UUID) -> Response:
        return Response(status=200, headers=_position(upload_for(request.user, upload_id)))

    def patch(self, request: Request, upload_id: uuid.UUID) -> Response:
        upload = upload_for(request.user, upload_id)
        chunk = request.data if isinstance(request.data, bytes) else b""  # without a body no parser is asked
        upload = uploads.receive_chunk(upload, _number(request, "Upload-Offset"), chunk)
        return Response(status=204, headers=_position(upload))

    def delete(self, request: Request, upload_id: uuid.UUID) -> Response:
        uploads.discard([upload_for(request.user, upload_id)])
        return Response(status=204)


def _position(upload: Upload) -> dict[str, str]:
    return {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.length)}


def _number(request: Request, header: str) -> int:
    value = whole_number(request.headers.get(header, ""))
    if value is None:
        raise Refusal(gettext("The header {header} must be a number of bytes.").format(header=header), code="invalid")
    return value


def _metadata(header: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in header.split(","):
        key, _, value = part.strip().partition(" ")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode()
        except ValueError:  # no base64, no ASCII, or no UTF-8 in it
            raise Refusal(gettext("The header Upload-Metadata is not base64 of UTF-8."), code="invalid") from None
    return pairs

"""The reading room's first question."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.cases.selectors import case_for
from apps.desk.api.shapes import RoomSerializer
from apps.desk.selectors import room_json


class RoomView(APIView):
    """A case with its slides, jobs, schema, protocols, reports and your rights, in one answer."""

    @extend_schema(responses=RoomSerializer)
    def get(self, request: Request, accession: str) -> Response:
        return Response(room_json(request.user, case_for(request.user, accession)))

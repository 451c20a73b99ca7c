"""The reading room's first question, and what the case page asks of the patient."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.cases.selectors import case_for
from apps.desk.api.shapes import BloodCountSerializer, PatientHistorySerializer, RoomSerializer
from apps.desk.patient import blood_count_of, history_of
from apps.desk.selectors import room_json


class RoomView(APIView):
    """A case with its slides, jobs, schema, protocols, reports and your rights, in one answer."""

    @extend_schema(responses=RoomSerializer)
    def get(self, request: Request, accession: str) -> Response:
        return Response(room_json(request.user, case_for(request.user, accession)))


class BloodCountView(APIView):
    """The blood count of a case: analyser, absolute counts, reference ranges; of a signed case what was signed."""

    @extend_schema(responses=BloodCountSerializer)
    def get(self, request: Request, accession: str) -> Response:
        return Response(blood_count_of(request.user, case_for(request.user, accession)))


class HistoryView(APIView):
    """Cases of the same patient, by pseudonym, with their figures."""

    @extend_schema(responses=PatientHistorySerializer)
    def get(self, request: Request, accession: str) -> Response:
        return Response(history_of(request.user, case_for(request.user, accession)))

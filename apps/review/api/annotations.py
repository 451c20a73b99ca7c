"""Annotations over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body, Number, OneOf
from apps.review import annotations as notes
from apps.review.models import Annotation
from apps.slides.selectors import ready_slide_for


class PointField(serializers.ListField):
    """x and y, level-0 px."""

    child = Number()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=2, max_length=2, **kwargs)


class AnnotationSerializer(serializers.ModelSerializer[Annotation]):
    by = serializers.CharField(source="by.display_name")
    by_id = serializers.IntegerField()
    points = serializers.ListField(child=PointField(), help_text="level-0 px")
    removed = serializers.SerializerMethodField()

    class Meta:
        model = Annotation
        fields = ["id", "kind", "points", "text", "by", "by_id", "at", "removed"]
        read_only_fields = fields

    def get_removed(self, row: Annotation) -> bool:
        return row.removed_at is not None


class AnnotationInput(Body):
    kind = OneOf(choices=Annotation.Kind.choices)
    points = serializers.ListField(child=PointField(), min_length=1, max_length=notes.MOST_POINTS)
    text = serializers.CharField(max_length=1000, allow_blank=True, default="")


class TextInput(Body):
    text = serializers.CharField(max_length=1000, allow_blank=True)


class SlideAnnotationsView(APIView):
    """The annotations of a slide; POST writes one."""

    @extend_schema(responses=AnnotationSerializer(many=True))
    def get(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = ready_slide_for(request.user, slide_id)
        return Response(AnnotationSerializer(notes.annotations_for(request.user, slide), many=True).data)

    @extend_schema(request=AnnotationInput, responses={201: AnnotationSerializer})
    def post(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = ready_slide_for(request.user, slide_id, "annotate")
        body = AnnotationInput(data=request.data)
        body.is_valid(raise_exception=True)
        annotation = notes.annotate(request.user, slide, **body.validated_data)
        return Response(AnnotationSerializer(annotation).data, status=201)


class AnnotationView(APIView):
    """Change the text of an annotation; DELETE takes it away."""

    @extend_schema(request=TextInput, responses=AnnotationSerializer)
    def patch(self, request: Request, annotation_id: uuid.UUID) -> Response:
        row = notes.annotation_for(request.user, annotation_id)
        body = TextInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(AnnotationSerializer(notes.rewrite(request.user, row, body.validated_data["text"])).data)

    @extend_schema(responses=AnnotationSerializer)
    def delete(self, request: Request, annotation_id: uuid.UUID) -> Response:
        row = notes.annotation_for(request.user, annotation_id)
        return Response(AnnotationSerializer(notes.remove(request.user, row)).data)


class RestoreAnnotationView(APIView):
    """Bring back an annotation that was taken away."""

    @extend_schema(request=None, responses=AnnotationSerializer)
    def post(self, request: Request, annotation_id: uuid.UUID) -> Response:
        row = notes.annotation_for(request.user, annotation_id)
        return Response(AnnotationSerializer(notes.restore(request.user, row)).data)

"""Protocols over HTTP: one with everything it sets, its next version, a copy, retired or not."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body, Number
from apps.accounts.errors import Refusal
from apps.analysis import protocolservices as services
from apps.analysis.api.serializers import ProtocolSerializer
from apps.analysis.models import ModelVersion, Protocol
from apps.analysis.protocolservices import Chosen, Draft
from hemaview.assays import AssayError, Setting
from hemaview.assays.settings import KINDS


class SettingSerializer(serializers.Serializer[Any]):
    """What a protocol of the examination may set."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    unit = serializers.CharField()
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=32)
    model = serializers.CharField(max_length=64)
    version = serializers.CharField(max_length=32)
    threshold = Number(allow_null=True, required=False, default=None)


class ProtocolDetailSerializer(ProtocolSerializer):
    assay_title = serializers.CharField()
    enabled = serializers.BooleanField(help_text="whether it can be ordered")
    second_reader = serializers.BooleanField()
    settings = serializers.DictField()
    rules = serializers.DictField(help_text="what differs from the examination's own rules")
    models = RoleSerializer(many=True)
    can_set = SettingSerializer(many=True)
    versions = serializers.ListField(child=serializers.IntegerField(), help_text="newest first")
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="why it cannot be ordered as it is: models that are retired or gone"
    )


class RevisionInput(Body):
    """What is left out stays as it is in the version before."""

    title = serializers.CharField(max_length=120, required=False)
    second_reader = serializers.BooleanField(required=False)
    settings = serializers.DictField(required=False, help_text="all of them: what is not among them is not set")
    rules = serializers.DictField(required=False)
    models = RoleSerializer(many=True, required=False, help_text="roles that are not among them keep their model")
    seen_version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="refused where there is a newer one"
    )


class CopyInput(RevisionInput):
    name = serializers.SlugField(max_length=64)


class RetiredInput(Body):
    retired = serializers.BooleanField()


class ProtocolView(APIView):
    """A protocol with everything it sets; PATCH makes its next version."""

    @extend_schema(responses=ProtocolDetailSerializer)
    def get(self, request: Request, name: str) -> Response:
        return Response(_detail(services.newest(name)))

    @extend_schema(request=RevisionInput, responses=ProtocolDetailSerializer)
    def patch(self, request: Request, name: str) -> Response:
        services.require_protocols(request.user)
        protocol = services.newest(name)
        body = RevisionInput(data=request.data)
        body.is_valid(raise_exception=True)
        base_version = body.validated_data.get("seen_version", protocol.version)
        base = services.versions(name).filter(version=base_version).first() or protocol
        return Response(_detail(services.revise(request.user, base, _draft(protocol, body.validated_data))))


class ProtocolCopyView(APIView):
    """A new protocol that begins as an existing one."""

    @extend_schema(request=CopyInput, responses={201: ProtocolDetailSerializer})
    def post(self, request: Request, name: str) -> Response:
        services.require_protocols(request.user)
        source = services.newest(name)
        body = CopyInput(data=request.data)
        body.is_valid(raise_exception=True)
        draft = _draft(source, body.validated_data)
        return Response(_detail(services.copy(request.user, source, body.validated_data["name"], draft)), status=201)


class ProtocolRetiredView(APIView):
    """Let nobody order a protocol any more, or let people order it again."""

    @extend_schema(request=RetiredInput, responses=ProtocolDetailSerializer)
    def post(self, request: Request, name: str) -> Response:
        services.require_protocols(request.user)
        body = RetiredInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(_detail(services.set_retired(request.user, name, body.validated_data["retired"])))


def _draft(protocol: Protocol, changes: dict[str, Any]) -> Draft:
    now = Draft.of(protocol)
    models = {**now.models, **{row["role"]: _choice(row) for row in changes.get("models", ())}}
    return Draft(
        changes.get("title", now.title),
        changes.get("settings", now.settings),
        changes.get("second_reader", now.second_reader),
        changes.get("rules", now.rules),
        models,
    )


def _choice(row: dict[str, Any]) -> Chosen:
    model = ModelVersion.objects.filter(algorithm__name=row["model"], version=row["version"]).first()
    if model is None:
        sentence = gettext("There is no model {model} {version}.").format(model=row["model"], version=row["version"])
        raise Refusal(sentence, code="no-model", errors={f"{services.PART}{row['role']}": [sentence]})
    return Chosen(model, row["threshold"])


def _detail(protocol: Protocol) -> dict[str, Any]:
    try:
        title, settings = protocol.examination.title, protocol.examination.settings
    except AssayError:
        title, settings = protocol.assay, ()
    return {
        "name": protocol.name,
        "title": protocol.title,
        "version": protocol.version,
        "specimen": protocol.specimen,
        "assay": protocol.assay,
        "assay_title": title,
        "enabled": protocol.enabled,
        "second_reader": protocol.second_reader,
        "settings": protocol.settings,
        "rules": protocol.rules,
        "models": [
            {"role": m.role, "model": m.model.algorithm.name, "version": m.model.version, "threshold": m.threshold}
            for m in services.models_of(protocol)
        ],
        "can_set": [_setting(s) for s in settings],
        "versions": list(services.versions(protocol.name).values_list("version", flat=True)),
        "warnings": services.warnings_of(protocol),
    }


def _setting(setting: Setting) -> dict[str, Any]:
    names = ("key", "kind", "label", "help", "unit", "minimum", "maximum", "choices")
    return {name: getattr(setting, name) for name in names}

"""Parameters of an address that its description does not have, and values that it does not allow, are refused by name, at every
GET of the API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from rest_framework.permissions import BasePermission
from rest_framework.serializers import Serializer
from rest_framework.settings import api_settings

from apps.accounts.api.inputs import NO, YES, refuse_unknown, refuse_value, whole_number
from hemaview.words import one_of

if TYPE_CHECKING:
    from drf_spectacular.utils import OpenApiParameter
    from rest_framework.request import Request
    from rest_framework.views import APIView


class AsksForWhatThereIs(BasePermission):
    """Stands among the default permissions, because these are asked for every view, after who asks is known.

    A misspelt parameter would else choose nothing, and everything would look as if it were chosen.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Always; raises Refusal for a parameter that there is not."""
        if request.method in ("GET", "HEAD") and request.query_params and type(view).__module__.startswith("apps."):
            asked_of: Any = type(view)
            names = [name for name in request.query_params if name != api_settings.URL_FORMAT_OVERRIDE]
            refuse_unknown(names, parameters_of(asked_of))
            for parameter in _described(asked_of)[0]:
                if parameter.name in request.query_params:
                    _refuse_wrong(parameter, request.query_params[parameter.name])
        return True


def _refuse_wrong(parameter: OpenApiParameter, value: str) -> None:
    """Raise Refusal where a value is none of its parameter's type."""
    if parameter.enum and value not in parameter.enum:
        refuse_value(parameter.name, gettext("Choose {choices}.").format(choices=one_of(parameter.enum)))
    elif parameter.type is int and whole_number(value) is None:
        refuse_value(parameter.name, gettext("Give a whole number, such as 12."))
    elif parameter.type is bool and value.lower() not in {*YES, *NO}:
        refuse_value(parameter.name, gettext("Choose {choices}.").format(choices=one_of(("true", "false"))))


@cache
def parameters_of(view: Any) -> frozenset[str]:
    """The parameters of a view's GET: those that its description states, those of its filters, and those of its pages."""
    return frozenset({*_parameter_names(view), *_filters(view), *_pages(view)})


def _parameter_names(view: Any) -> set[str]:
    single, grouped = _described(view)
    return {p.name for p in single}.union(*(group().fields for group in grouped))


@cache
def _described(view: Any) -> tuple[tuple[OpenApiParameter, ...], tuple[type[Serializer[Any]], ...]]:
    """The parameters that the description of a view's GET states one by one, and those that it states as a serializer's
    fields."""
    from drf_spectacular.utils import OpenApiParameter  # it needs the views, which need this module

    method = getattr(view, "get", None) or getattr(view, "list", None)
    schema_class = getattr(method, "kwargs", {}).get("schema")
    if schema_class is None:
        return (), ()
    described = view()
    described.request, described.args, described.kwargs = None, (), {}
    schema = schema_class()
    schema.method, schema.view = "GET", described
    stated = schema.get_override_parameters()
    return (
        tuple(p for p in stated if isinstance(p, OpenApiParameter) and p.location == OpenApiParameter.QUERY),
        tuple(p for p in stated if isinstance(p, type) and issubclass(p, Serializer)),
    )


def _filters(view: type[APIView]) -> set[str]:
    filters: Any = getattr(view, "filterset_class", None)
    return set(filters.base_filters) if filters else set()


def _pages(view: type[APIView]) -> set[str]:
    pages: Any = getattr(view, "pagination_class", None)
    is_list = hasattr(view, "list") or "ListModelMixin" in {base.__name__ for base in view.__mro__}
    return {pages.page_query_param, pages.page_size_query_param} if pages and is_list else set()

"""Parameters of an address that its description does not have are refused by name, at every GET of the API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import BasePermission
from rest_framework.serializers import Serializer
from rest_framework.settings import api_settings

from apps.accounts.api.inputs import refuse_unknown

if TYPE_CHECKING:
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
            given = [name for name in request.query_params if name != api_settings.URL_FORMAT_OVERRIDE]
            refuse_unknown(given, parameters_of(asked_of))
        return True


@cache
def parameters_of(view: Any) -> frozenset[str]:
    """The parameters of a view's GET: those that its description states, those of its filters, and those of its pages."""
    return frozenset({*_described(view), *_filters(view), *_pages(view)})


def _described(view: type[APIView]) -> set[str]:
    from drf_spectacular.utils import OpenApiParameter  # it needs the views, which need this module

    named = getattr(view, "get", None) or getattr(view, "list", None)
    made = getattr(named, "kwargs", {}).get("schema")
    if made is None:
        return set()
    described = view()
    described.request, described.args, described.kwargs = None, (), {}  # type: ignore[assignment]
    schema = made()
    schema.method, schema.view = "GET", described
    names: set[str] = set()
    for parameter in schema.get_override_parameters():
        if isinstance(parameter, OpenApiParameter):
            names |= {parameter.name} if parameter.location == OpenApiParameter.QUERY else set()
        elif isinstance(parameter, type) and issubclass(parameter, Serializer):
            names |= set(parameter().fields)
    return names


def _filters(view: type[APIView]) -> set[str]:
    filters: Any = getattr(view, "filterset_class", None)
    return set(filters.base_filters) if filters else set()


def _pages(view: type[APIView]) -> set[str]:
    pages: Any = getattr(view, "pagination_class", None)
    is_list = hasattr(view, "list") or "ListModelMixin" in {base.__name__ for base in view.__mro__}
    return {pages.page_query_param, pages.page_size_query_param} if pages and is_list else set()

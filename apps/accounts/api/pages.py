"""Long lists come in pages, all alike."""

from __future__ import annotations

from typing import Any

from django.core.paginator import InvalidPage
from django.utils.translation import gettext, ngettext
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from apps.accounts.api.inputs import number_within, refuse_value, whole_number
from apps.accounts.errors import Missing


class Pages(PageNumberPagination):
    """`page` and `page_size`; the answer holds count, next, previous and results."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        """How many things a page holds; raises Refusal for a number that is none, or too large: a list is not cut unsaid."""
        name, params = self.page_size_query_param, request.query_params
        return number_within(name, params[name], 1, self.max_page_size) if name in params else self.page_size

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """The page that is asked for; raises Refusal where it is no number, Missing where the list ends before it."""
        page = request.query_params.get(self.page_query_param, "1")
        number = whole_number(page)
        if not number:
            refuse_value(self.page_query_param, gettext("Give a whole number, such as 1 for the first page."))
        self.request = request
        paginator = self.django_paginator_class(queryset, self.get_page_size(request))
        try:
            self.page = paginator.page(number)
        except InvalidPage:
            last = paginator.num_pages
            raise Missing(
                ngettext(
                    "There is no page {number}: the list has {last} page.",
                    "There is no page {number}: the list has {last} pages.",
                    last,
                ).format(number=number, last=last)
            ) from None
        return list(self.page)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"]["minimum"] = 1
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"]["maximum"] = self.max_page_size
        return parameters

"""Cases in the administration; their state moves only by what people do with them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from guardian.admin import GuardedModelAdminMixin
from unfold.admin import ModelAdmin

from apps.accounts.api.inputs import whole_number
from apps.audit.services import record
from apps.cases.models import Case


@admin.register(Case)
class CaseAdmin(GuardedModelAdminMixin, ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "accession",
        "pseudonym",
        "specimen",
        "stain",
        "state",
        "reader",
        "restricted",
        "state_since",
        "page",
    )
    list_filter = ("state", "specimen", "reader", "restricted")
    search_fields = ("accession", "pseudonym", "question")
    readonly_fields = ("state", "state_since", "created_by", "created_at", "updated_at", "comment")
    autocomplete_fields = ("reader",)
    obj_perms_manage_template = "admin/cases/rights.html"
    obj_perms_manage_user_template = "admin/cases/rights_user.html"
    obj_perms_manage_group_template = "admin/cases/rights_group.html"

    @admin.display(description="")
    def page(self, case: Case) -> str:
        return format_html('<a href="{}">open</a>', reverse("case-page", args=[case.accession]))

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        what = "case.changed" if change else "case.created"
        record(
            request.user,
            what,
            "case",
            obj.pk,
            accession=obj.accession,
            fields=sorted(form.changed_data),
            by="administration",
        )

    def get_obj_perms_manage_user_form(self, request: HttpRequest) -> Any:
        return _recorded(super().get_obj_perms_manage_user_form(request), request)

    def get_obj_perms_manage_group_form(self, request: HttpRequest) -> Any:
        return _recorded(super().get_obj_perms_manage_group_form(request), request)

    def obj_perms_manage_user_view(self, request: HttpRequest, object_pk: str, user_id: str) -> Any:
        return super().obj_perms_manage_user_view(request, _key(object_pk), _key(user_id))

    def obj_perms_manage_group_view(self, request: HttpRequest, object_pk: str, group_id: str) -> Any:
        return super().obj_perms_manage_group_view(request, _key(object_pk), _key(group_id))

    def obj_perms_manage_view(self, request: HttpRequest, object_pk: str) -> Any:
        return super().obj_perms_manage_view(request, _key(object_pk))

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False


def _recorded(form: Any, request: HttpRequest) -> Any:
    """The form of a person's or a role's rights on a case, with the line that every change of them leaves."""

    class Recorded(form):  # type: ignore[misc]
        @transaction.atomic
        def save_obj_perms(self) -> None:
            super().save_obj_perms()
            whose = {"person": self.user.username} if hasattr(self, "user") else {"role": self.group.name}
            record(
                request.user,
                "case.rights",
                "case",
                self.obj.pk,
                accession=self.obj.accession,
                **whose,
                rights=sorted(name.removesuffix("_case") for name in self.cleaned_data["permissions"]),
                by="administration",
            )

    return Recorded


def _key(text: str) -> str:
    """A row's number as an address gives it; guardian asks the database for whatever stands there."""
    if whole_number(text) is None:
        raise Http404("There is nothing here.")
    return text

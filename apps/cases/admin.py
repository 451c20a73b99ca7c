"""Cases in the administration; their state moves only by what people do with them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from guardian.admin import GuardedModelAdminMixin
from unfold.admin import ModelAdmin

from apps.accounts.api.inputs import whole_number
from apps.accounts.errors import Refusal
from apps.accounts.roles import RIGHTS
from apps.cases import services
from apps.cases.models import Case
from apps.cases.selectors import cases_for, rights_of, words_hidden_from
from apps.cases.services import EDITABLE


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
    readonly_fields = (
        "state",
        "urgent",
        "state_since",
        "created_by",
        "created_at",
        "updated_at",
        "conclusion",
        "comment",
    )
    exclude = ("signing_key", "signing_until", "analyser")
    autocomplete_fields = ("reader",)
    obj_perms_manage_template = "admin/cases/rights.html"
    obj_perms_manage_user_template = "admin/cases/rights_user.html"
    obj_perms_manage_group_template = "admin/cases/rights_group.html"

    @admin.display(description="")
    def page(self, case: Case) -> str:
        return format_html('<a href="{}">open</a>', reverse("case-page", args=[case.accession]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return cases_for(request.user).select_related("reader")

    def get_readonly_fields(self, request: HttpRequest, obj: Case | None = None) -> tuple[str, ...]:
        hidden = self._hidden(request, obj)
        fields = tuple(name for name in self.readonly_fields if name not in hidden)
        if obj is not None:
            fields += ("accession",)
        if obj is not None and (obj.locked or obj.being_signed):
            fields += EDITABLE
        return fields

    def get_exclude(self, request: HttpRequest, obj: Case | None = None) -> tuple[str, ...]:
        return (*self.exclude, *self._hidden(request, obj))

    def _hidden(self, request: HttpRequest, obj: Case | None) -> tuple[str, ...]:
        """The words of others where the person reads the case blind."""
        return ("conclusion", "comment") if obj is not None and obj.pk in words_hidden_from(request.user) else ()

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or "administer" in rights_of(request.user, obj))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A refusal of the services is said on the page; nothing is written then."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        user: Any = request.user
        # What the person left as it was is not written: somebody else may have changed it since the page was opened.
        facts = {name: form.cleaned_data[name] for name in form.changed_data if name != "accession"}
        if not change:
            facts.pop("accession", None)
            obj.pk = services.create_case(user, obj.accession, **facts).pk
        services.administer_case(user, obj, **facts)
        obj.refresh_from_db()

    def get_obj_perms_manage_user_form(self, request: HttpRequest) -> Any:
        return _by_services(super().get_obj_perms_manage_user_form(request), request)

    def get_obj_perms_manage_group_form(self, request: HttpRequest) -> Any:
        return _by_services(super().get_obj_perms_manage_group_form(request), request)

    def obj_perms_manage_user_view(self, request: HttpRequest, object_pk: str, user_id: str) -> Any:
        self._administered(request, object_pk)
        return super().obj_perms_manage_user_view(request, _key(object_pk), _key(user_id))

    def obj_perms_manage_group_view(self, request: HttpRequest, object_pk: str, group_id: str) -> Any:
        self._administered(request, object_pk)
        return super().obj_perms_manage_group_view(request, _key(object_pk), _key(group_id))

    def obj_perms_manage_view(self, request: HttpRequest, object_pk: str) -> Any:
        self._administered(request, object_pk)
        return super().obj_perms_manage_view(request, _key(object_pk))

    def _administered(self, request: HttpRequest, key: str) -> None:
        """Who may do what with a case is shown to those who may say so."""
        if not cases_for(request.user, "administer").filter(pk=_key(key)).exists():
            raise Http404(gettext("There is nothing here."))

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False


def _by_services(form: Any, request: HttpRequest) -> Any:
    """The form of a person's or a role's rights on a case, written by the service that everybody uses."""

    class ByServices(form):  # type: ignore[misc]
        def save_obj_perms(self) -> None:
            rights = {name.removesuffix("_case") for name in self.cleaned_data["permissions"]} & set(RIGHTS)
            whose = self.user if hasattr(self, "user") else self.group
            services.set_rights(request.user, self.obj, whose, rights, by=services.PLACE)

    return ByServices


def _key(text: str) -> str:
    """A row's number as an address gives it; guardian asks the database for whatever stands there."""
    if whole_number(text) is None:
        raise Http404(gettext("There is nothing here."))
    return text

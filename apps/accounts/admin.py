"""People and roles in the administration. Passwords are set by their persons alone, by a link that works once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.generic import RedirectView
from unfold.admin import ModelAdmin

from apps.accounts import secondfactor
from apps.accounts.errors import Refusal
from apps.accounts.invitations import invite, new_person
from apps.accounts.models import User
from apps.accounts.services import change_person

admin.site.unregister(Group)


class NewPersonForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "groups"]


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = forms.ModelForm
    add_form = NewPersonForm
    add_form_template = None
    list_display = ("username", "display_name", "roles", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email")}),
        (gettext_lazy("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (gettext_lazy("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": NewPersonForm.Meta.fields}),)
    actions = ("send_link", "second_factor_off")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(g.name for g in user.groups.all()) or "–"

    def get_urls(self) -> Any:
        """Without the page on which an administrator would set somebody's password."""
        return [
            path("<id>/password/", RedirectView.as_view(url="/account/"), name="auth_user_password_change"),
            *(at for at in super().get_urls() if at.name != "auth_user_password_change"),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            return admin.ModelAdmin.get_form(self, request, obj, change, **{"form": self.add_form, **kwargs})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(self.readonly_fields)
        if request.user.is_superuser or obj is None:
            return fields
        # Nobody's name becomes another's, and nobody raises themselves.
        fields += ("username", "is_superuser", "user_permissions")
        return (*fields, "groups", "is_staff", "is_active") if obj == request.user else fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may: bool = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may: bool = super().has_delete_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        by: Any = request.user
        if not change:
            names = {name: form.cleaned_data[name] for name in ("first_name", "last_name", "email")}
            obj.pk = new_person(by, obj.username, list(form.cleaned_data["groups"]), **names).pk
            obj._state.adding = False
            obj.refresh_from_db()
            self._link(request, obj)
            return
        plain = {
            n: form.cleaned_data[n] for n in form.changed_data if n not in ("groups", "user_permissions", "password")
        }
        change_person(by, obj, **plain)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            super().save_related(request, form, formsets, change)

    def _link(self, request: HttpRequest, person: User) -> None:
        by: Any = request.user
        try:
            address = request.build_absolute_uri(reverse("invited", args=[invite(by, person)]))
        except Refusal as refusal:
            messages.error(request, f"{person}: {refusal.message}")
        else:
            messages.success(
                request,
                gettext(
                    "Give this link to {person}, and to nobody else; it works once, for three days: {address}"
                ).format(person=person, address=address),
            )

    @admin.action(description=gettext_lazy("Make a link that lets the person set a password"), permissions=["change"])
    def send_link(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for person in people:
            self._link(request, person)

    @admin.action(description=gettext_lazy("Switch off the second factor"), permissions=["change"])
    def second_factor_off(self, request: HttpRequest, people: QuerySet[User]) -> None:
        by: Any = request.user
        for person in people:
            try:
                secondfactor.switch_off(by, person)
            except Refusal as refusal:
                messages.error(request, f"{person}: {refusal.message}")


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, ModelAdmin):  # type: ignore[type-arg]
    """What a role may do is looked at by administrators and changed by superusers: else they would raise themselves."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

"""The pages about people, for administrators: who works here, in which roles, and what each role may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache

from apps.accounts import secondfactor
from apps.accounts.errors import Refusal
from apps.accounts.invitations import invite, new_person
from apps.accounts.models import User
from apps.accounts.roles import (
    IDENTITY_MEANING,
    RESEARCHER,
    RIGHT_MEANING,
    ROLE_MEANING,
    ROLE_RIGHTS,
    SEES_IDENTITY,
)
from apps.accounts.services import change_person, set_roles, set_sees_identity

_ROLES = [(role, f"{role.capitalize()}: {about}") for role, about in ROLE_MEANING.items()]


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), choices=_ROLES, widget=forms.CheckboxSelectMultiple, required=False
    )


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["first_name", "last_name", "email"]


class NewPersonForm(PersonForm):
    roles = forms.MultipleChoiceField(label=gettext_lazy("Roles"), choices=_ROLES, widget=forms.CheckboxSelectMultiple)

    class Meta(PersonForm.Meta):
        fields = ["username", "first_name", "last_name", "email"]


@never_cache
@login_required
def people_page(request: HttpRequest) -> HttpResponse:
    """Everybody; a post adds a person and gives the link by which they set their password."""
    by = _admitted(request)
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            names = {name: form.cleaned_data[name] for name in PersonForm.Meta.fields}
            person = new_person(by, form.cleaned_data["username"], [], **names)
            set_roles(by, person, set(form.cleaned_data["roles"]))
            _give_link(request, by, person)
            return redirect("person", pk=person.pk)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    people = User.objects.prefetch_related("groups", "user_permissions").order_by(
        "-is_active", "last_name", "first_name", "username"
    )
    context = {"people": [_row(p) for p in people], "form": form, "roles": _roles()}
    return render(request, "accounts/people.html", context, status=400 if form.errors else 200)


@never_cache
@login_required
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: name, roles, a link to set a password, the account closed or opened."""
    by = _admitted(request)
    person = User.objects.filter(pk=pk).first() if pk < 2**31 else None
    if person is None:
        raise Http404(gettext("There is no such person."))
    act = request.POST.get("act", "")
    facts = PersonForm(request.POST if act == "facts" else None, instance=person)
    if request.method == "POST" and (act != "facts" or facts.is_valid()):
        try:
            _act(request, by, User.objects.get(pk=pk), act, facts)
        except Refusal as refusal:
            messages.error(request, refusal.message)
        return redirect("person", pk=pk)
    roles = list(person.groups.values_list("name", flat=True))
    context = {
        "row": _row(person),
        "facts": facts,
        "roles": RolesForm(initial={"roles": roles}),
        "others": [name for name in roles if name not in ROLE_RIGHTS],
        "own": by.pk == person.pk,
        "identity": {
            "meaning": gettext(IDENTITY_MEANING),
            "own": person.user_permissions.filter(codename=SEES_IDENTITY).exists(),
            "sees": person.has_perm(f"accounts.{SEES_IDENTITY}"),
        },
        "second_factor": secondfactor.is_on(person),
    }
    return render(request, "accounts/person.html", context, status=400 if facts.errors else 200)


def _act(request: HttpRequest, by: User, person: User, act: str, facts: PersonForm) -> None:
    if act == "facts":
        change_person(by, person, **facts.cleaned_data)
        messages.success(request, gettext("The name is saved."))
    elif act == "roles":
        set_roles(by, person, set(request.POST.getlist("roles")))
        messages.success(request, gettext("The roles are saved; the person's open sessions have ended."))
    elif act == "identity":
        set_sees_identity(by, person, bool(request.POST.get("sees")))
        messages.success(request, gettext("The right is saved; the person's open sessions have ended."))
    elif act in ("close", "open"):
        change_person(by, person, is_active=act == "open")
        messages.success(
            request, gettext("The account is open.") if act == "open" else gettext("The account is closed.")
        )
    elif act == "link":
        _give_link(request, by, person)
    elif act == "second-factor":
        secondfactor.switch_off(by, person)
        messages.success(request, gettext("The second factor is off; the person can set up a new one."))
    else:
        raise Refusal(gettext("There is nothing to do."), code="invalid")


def _give_link(request: HttpRequest, by: User, person: User) -> None:
    address = request.build_absolute_uri(reverse("invited", args=[invite(by, person)]))
    messages.success(
        request,
        gettext("Give this link to {person}, and to nobody else; it works once, for three days: {address}").format(
            person=person, address=address
        ),
    )


def _row(person: User) -> dict[str, Any]:
    return {
        "person": person,
        "roles": sorted(g.name for g in person.groups.all()) + (["superuser"] if person.is_superuser else []),
        "sees_identity": any(p.codename == SEES_IDENTITY for p in person.user_permissions.all()),
        "invited": not person.has_usable_password(),
    }


def _roles() -> list[dict[str, Any]]:
    """What each role may do, in words; of a role that a superuser changed what it may do now."""
    rows = []
    for group in Group.objects.prefetch_related("permissions").order_by("name"):
        names = {p.codename.removesuffix("_case") for p in group.permissions.all() if p.codename.endswith("_case")}
        may = [gettext(meaning) for right, meaning in RIGHT_MEANING.items() if right in names]
        if group.name == RESEARCHER:
            may.append(gettext("open cases of their own, add slides to them and review them"))
        if any(p.codename == SEES_IDENTITY for p in group.permissions.all()):
            may.append(gettext(IDENTITY_MEANING))
        rows.append(
            {
                "name": group.name,
                "about": gettext(ROLE_MEANING[group.name]) if group.name in ROLE_MEANING else "",
                "may": may,
            }
        )
    return rows


def _admitted(request: HttpRequest) -> User:
    user: Any = request.user
    if not user.has_perm("accounts.change_user"):
        raise PermissionDenied(gettext("Only administrators can see who works here."))
    person: User = user
    return person

"""The page that says who may do what with one case, and gives further rights on it, for who administers it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from guardian.shortcuts import get_user_perms, get_users_with_perms

from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.accounts.models import User
from apps.accounts.roles import RIGHT_MEANING, RIGHTS
from apps.cases.models import Case
from apps.cases.selectors import case_for, rights_of
from apps.cases.services import set_rights, update_case


class RightsForm(forms.Form):
    person = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("last_name", "username"),
        label=gettext_lazy("Person"),
        empty_label=gettext_lazy("Choose a person"),
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        choices=[(right, meaning[0].upper() + meaning[1:]) for right, meaning in RIGHT_MEANING.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy(
            "On this case only, in addition to the rights of their role; choose none to remove what was given here before."
        ),
    )


@login_required
def rights_page(request: HttpRequest, accession: str) -> HttpResponse:
    """Who may do what with a case; posts give rights on it, or keep it to named people."""
    try:
        case = case_for(request.user, accession, "administer")
    except Missing as refusal:
        raise Http404(refusal.message) from refusal
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal
    form = RightsForm(request.POST if "person" in request.POST else None)
    if request.method == "POST":
        try:
            if "restricted" in request.POST:
                restricted = request.POST["restricted"] == "1"
                update_case(request.user, case, restricted=restricted)
                text = (
                    gettext("Only named people see this case now.")
                    if restricted
                    else gettext("Roles apply to this case again.")
                )
                messages.success(request, text)
                return _back(request, case)
            if form.is_valid():
                person = form.cleaned_data["person"]
                set_rights(request.user, case, person, set(form.cleaned_data["rights"]))
                messages.success(
                    request, gettext("The rights of {person} on this case are saved.").format(person=person)
                )
                return _back(request, case)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    context = {"case": case, "rows": _rows(case), "form": form}
    return render(request, "cases/rights.html", context, status=400 if form.errors else 200)


def _back(request: HttpRequest, case: Case) -> HttpResponse:
    """To the page again, or home where the person has just shut themselves out."""
    stays = "administer" in rights_of(request.user, case)
    return redirect("case-rights-page", accession=case.accession) if stays else redirect("worklist")


def _rows(case: Case) -> list[dict[str, Any]]:
    """Everybody who may do something with the case, in words; what was given on it alone stands apart."""
    people: Any = get_users_with_perms(case, with_group_users=False)
    on_it = set(people.values_list("pk", flat=True))
    rows = []
    for person in User.objects.filter(is_active=True).order_by("last_name", "first_name", "username"):
        rights = rights_of(person, case)
        names: Any = get_user_perms(person, case) if person.pk in on_it else ()
        own = {name.removesuffix("_case") for name in names}
        if rights or own:
            rows.append({"person": person, "may": _words(rights), "own": _words(own)})
    return rows


def _words(rights: Any) -> list[str]:
    return [gettext(RIGHT_MEANING[right]) for right in RIGHTS if right in rights]

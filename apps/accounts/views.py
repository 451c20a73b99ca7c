"""A page of one's own, and the page that an invitation leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts import secondfactor
from apps.accounts.errors import Missing, Refusal
from apps.accounts.forms import TokenForm
from apps.accounts.invitations import accept, invited
from apps.accounts.reauthentication import by_password
from apps.accounts.sessions import end_session, sessions_of
from apps.accounts.tokens import make_token, revoke_token, tokens_of


@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    return _page(request)


@never_cache
@require_POST
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = PasswordChangeForm(user, request.POST)
    if not form.is_valid():
        return _page(request, password=form)
    form.save()  # ends every session and token, this one too
    return redirect("login")


@never_cache
@require_POST
@login_required
def new_token(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token=form)
    data = form.cleaned_data
    key = make_token(user, data["name"], data["scope"], timedelta(days=data["days"]))
    return _page(request, key=key)


@require_POST
@login_required
def end(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """End a session or a token of one's own."""
    user: Any = request.user
    try:
        {"session": end_session, "token": revoke_token}[what](user, pk)
    except Missing as refusal:
        messages.error(request, refusal.message)
    return redirect("account")


@never_cache
@require_POST
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    try:
        if "begin" in request.POST:
            by_password(user, request.POST.get("password", ""))
            secondfactor.begin(user)
        elif "off" in request.POST:
            by_password(user, request.POST.get("password", ""))
            secondfactor.switch_off(user, user)
        else:
            secondfactor.finish(user, request.POST.get("code", ""))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("account")


@never_cache
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """Set a password by a link that works once."""
    try:
        user = invited(key)
        form = SetPasswordForm(user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            accept(key, form.cleaned_data["new_password1"])
            return redirect("login")
    except Missing as refusal:
        return render(request, "accounts/invited.html", {"refusal": refusal.message}, status=404)
    return render(request, "accounts/invited.html", {"form": form, "person": user})


def admin_login(request: HttpRequest) -> HttpResponse:
    """The administration has no way in of its own: everybody signs in on one page, with what it asks."""
    if request.user.is_authenticated:
        raise PermissionDenied(gettext("You do not have access to the administration pages."))
    return redirect_to_login(request.GET.get("next") or "/admin/")


def _password_form(user: Any) -> PasswordChangeForm:
    """Without the focus: the page begins at its top."""
    form = PasswordChangeForm(user)
    form.fields["old_password"].widget.attrs.pop("autofocus", None)
    return form


def _page(request: HttpRequest, key: str = "", **forms: Any) -> HttpResponse:
    user: Any = request.user
    device = secondfactor.begun(user)
    context = {
        "password": forms.get("password") or _password_form(user),
        "token": forms.get("token") or TokenForm(),
        "key": key,
        "sessions": sessions_of(user),
        "here": request.session.session_key,
        "tokens": tokens_of(user),
        "offered": secondfactor.settings.SECOND_FACTOR,
        "required": secondfactor.settings.SECOND_FACTOR_REQUIRED,
        "is_on": secondfactor.is_on(user),
        "secret": secondfactor.secret(device) if device else "",
        "picture": secondfactor.picture(device) if device else "",
    }
    return render(request, "accounts/account.html", context, status=400 if forms else 200)

"""Signing in, setting and changing a password, and making a token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy

from apps.accounts.models import ApiToken
from apps.accounts.signin import NotSignedIn, sign_in
from apps.accounts.tokens import DAYS_MAX


class LoginForm(AuthenticationForm):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )
    asks_code = False

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        try:
            self.user_cache = sign_in(
                self.request, data.get("username", ""), data.get("password", ""), data.get("code", "")
            )
        except NotSignedIn as refusal:
            self.asks_code = refusal.code in ("code-needed", "wrong-code")
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
        return data


class TokenForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    scope = forms.ChoiceField(label=gettext_lazy("Scope"), choices=ApiToken.Scope.choices, initial=ApiToken.Scope.READ)
    days = forms.IntegerField(min_value=1, max_value=DAYS_MAX, initial=30, label=gettext_lazy("Expires after (days)"))

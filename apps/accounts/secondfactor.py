"""A second factor beside the password: codes of an authenticator app (TOTP, RFC 6238), by django-otp.

Off until the setting `SECOND_FACTOR` allows it and a person switches it on for themselves, or must (`SECOND_FACTOR_REQUIRED`).
"""

from __future__ import annotations

from base64 import b32encode
from typing import Any

import segno
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden, Refusal
from apps.accounts.models import SecondFactor, User, sealed_key


def is_on(user: User) -> bool:
    """Whether this person signs in with a code."""
    return bool(settings.SECOND_FACTOR) and SecondFactor.objects.filter(user=user, confirmed=True).exists()


def lacking(user: Any) -> bool:
    """Whether this person must switch on a second factor before anything else."""
    return bool(settings.SECOND_FACTOR_REQUIRED and user.is_authenticated and not is_on(user))


@transaction.atomic
def proves(user: User, code: str) -> bool:
    """Whether the code is the present one, used for the first time."""
    device = SecondFactor.objects.select_for_update().filter(user=user, confirmed=True).first()
    return bool(device and _plain(code) and device.verify_token(int(_plain(code))))


def begin(user: User) -> SecondFactor:
    """A secret that the person puts into their app; it counts once `finish` has seen a code of it."""
    if not settings.SECOND_FACTOR:
        raise Refusal(
            gettext("A second factor is not available here; an administrator can allow it."), code="no-second-factor"
        )
    if is_on(user):
        raise Refusal(gettext("Your second factor is on already; switch it off first."), code="second-factor-on")
    SecondFactor.objects.filter(user=user, confirmed=False).delete()
    device: SecondFactor = SecondFactor.objects.create(
        user=user, name="authenticator app", confirmed=False, key=sealed_key()
    )
    return device


def begun(user: Any) -> SecondFactor | None:
    device: SecondFactor | None = SecondFactor.objects.filter(user=user, confirmed=False).first()
    return device


@transaction.atomic
def finish(user: User, code: str) -> None:
    """Switch it on, where the code is the app's; raises Refusal."""
    device = SecondFactor.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not _plain(code) or not device.verify_token(int(_plain(code))):
        raise Refusal(
            gettext("The code is incorrect; check the clock of your phone and enter the next one."), code="wrong-code"
        )
    device.confirmed = True
    device.save(update_fields=["confirmed"])


def switch_off(by: User, user: User) -> None:
    """The person's own, where it need not be on, or by a superuser for somebody whose phone is lost; raises Forbidden."""
    if by != user and not by.is_superuser:
        raise Forbidden(gettext("Only a superuser can switch off another person's second factor."))
    if by == user and settings.SECOND_FACTOR_REQUIRED:
        raise Forbidden(
            gettext("Everybody signs in with a second factor here; a superuser can switch yours off for a new phone.")
        )
    for device in SecondFactor.objects.filter(user=user):
        device.delete()


def secret(device: SecondFactor) -> str:
    """What can be typed into an app that cannot read the picture."""
    return b32encode(device.bin_key).decode().rstrip("=")


def picture(device: SecondFactor) -> str:
    """The secret as a QR code, a data address for `img`."""
    address: str = segno.make(device.config_url).svg_data_uri(scale=4)
    return address


def _plain(code: str) -> str:
    digits = code.replace(" ", "")
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= 8 else ""

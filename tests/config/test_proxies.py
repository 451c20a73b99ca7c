"""Who asks is told by the connection and by the laboratory's own proxies, by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings

from hemaview.config.proxies import ProxyMiddleware, networks
from tests import factories


def address_and_scheme(address: str, forwarded_for: str, proxies: list[str]) -> tuple[str, bool]:
    """The address that is left, and whether the request's scheme is believed."""
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded_for, "HTTP_X_FORWARDED_PROTO": "https"}
    with override_settings(PROXIES=proxies):
        ProxyMiddleware(lambda _: HttpResponse())(request)
    assert "HTTP_X_FORWARDED_FOR" not in request.META
    return request.META["REMOTE_ADDR"], "HTTP_X_FORWARDED_PROTO" in request.META


@pytest.mark.parametrize(
    ("address", "forwarded_for", "proxies", "expected"),
    [
        ("9.9.9.9", "1.1.1.1", [], ("9.9.9.9", False)),
        ("9.9.9.9", "1.1.1.1", ["10.0.0.0/8"], ("9.9.9.9", False)),
        ("10.0.0.2", "8.8.8.8", ["10.0.0.0/8"], ("8.8.8.8", True)),
        ("10.0.0.2", "1.1.1.1, 8.8.8.8", ["10.0.0.0/8"], ("8.8.8.8", True)),
        ("10.0.0.2", "8.8.8.8, 10.0.0.7", ["10.0.0.0/8"], ("8.8.8.8", True)),
        ("10.0.0.2", "8.8.8.8, nonsense", ["10.0.0.0/8"], ("10.0.0.2", True)),
        ("10.0.0.2", "", ["10.0.0.2"], ("10.0.0.2", True)),
        ("2001:db8::2", "2001:db9::1", ["2001:db8::/32"], ("2001:db9::1", True)),
        ("", "1.1.1.1", ["10.0.0.0/8"], ("", False)),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    address: str, forwarded_for: str, proxies: list[str], expected: tuple[str, bool]
) -> None:
    assert address_and_scheme(address, forwarded_for, proxies) == expected


def test_what_is_no_network_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="nginx"):
        networks(["nginx"])


@override_settings(AXES_ENABLED=True, AXES_FAILURE_LIMIT=3)
def test_wrong_passwords_are_counted_whatever_address_the_sender_makes_up(db: Any) -> None:
    factories.person("technologist", "tess")
    codes = [
        Client().post(
            "/accounts/login/", {"username": "tess", "password": f"wrong {i}"}, HTTP_X_FORWARDED_FOR=f"7.7.7.{i}, 8.8.8.8"
        ).status_code
        for i in range(4)
    ]  # fmt: skip
    assert codes == [200, 200, 429, 429]

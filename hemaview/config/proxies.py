"""Whom a request comes from: what forwarding headers say is believed of the laboratory's own proxies alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


def networks(names: Sequence[str]) -> Networks:
    """The networks of addresses such as 10.0.0.5 or 172.30.0.0/24; raises ValueError for what is none."""
    return [ipaddress.ip_network(name.strip()) for name in names if name.strip()]


class ProxyMiddleware:
    """Puts the address of whoever asked into REMOTE_ADDR.

    The header's last entry was written by the proxy that is next to us, the one before by the one before: from the right,
    entries are believed as long as a proxy of ours wrote them. Whatever else stands there, anybody may have written; the
    headers are taken away, so that nothing behind this reads them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.proxies = networks(settings.PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded_for = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        address = request.META.get("REMOTE_ADDR", "")
        if not self._ours(address):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
        while entries and self._ours(address):
            entry = entries.pop()
            if not _is_address(entry):
                break
            address = entry
        request.META["REMOTE_ADDR"] = address
        return self.get_response(request)

    def _ours(self, address: str) -> bool:
        return _is_address(address) and any(ipaddress.ip_address(address) in network for network in self.proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

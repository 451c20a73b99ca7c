"""`/metrics` for Prometheus: numbers of the house, nothing of a patient, and only for whom the settings name."""

from __future__ import annotations

import hmac
import ipaddress
import shutil
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hemaview.config.proxies import networks

registry = CollectorRegistry()
_REQUESTS = Counter(
    "hemaview_requests", "Answers of this web process.", ["method", "route", "status"], registry=registry
)
_SECONDS = Histogram("hemaview_request_seconds", "Time to answer.", ["route"], registry=registry)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer."""
    _REQUESTS.labels(method if method in _METHODS else "other", route, str(status)).inc()
    _SECONDS.labels(route).observe(seconds)


class House(Collector):
    """Read from the database at each look, so every web process says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from apps.analysis.line import unheld
        from apps.analysis.models import Job
        from apps.analysis.selectors import workers_alive
        from apps.slides.models import Slide

        jobs = GaugeMetricFamily("hemaview_jobs", "Analyses by state.", labels=["state"])
        counts = dict(Job.objects.order_by().values_list("state").annotate(n=Count("pk")))
        for state in Job.State.values:
            jobs.add_metric([state], counts.get(state, 0))
        yield jobs
        slides = GaugeMetricFamily("hemaview_slides", "Slides by status.", labels=["status"])
        counts = dict(Slide.objects.order_by().values_list("status").annotate(n=Count("pk")))
        for status in Slide.Status.values:
            slides.add_metric([status], counts.get(status, 0))
        yield slides
        yield GaugeMetricFamily("hemaview_jobs_unheld", "Analyses that no worker holds.", value=unheld().count())
        oldest = unheld().aggregate(at=Min("requested_at"))["at"]
        waits = (timezone.now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("hemaview_oldest_wait_seconds", "Wait of the oldest of them.", value=waits)
        yield GaugeMetricFamily("hemaview_workers", "Workers alive.", value=len(workers_alive()))
        free = shutil.disk_usage(settings.VAR_DIR).free
        yield GaugeMetricFamily("hemaview_disk_free_bytes", "Free where slides and results lie.", value=free)


registry.register(House())


def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers as text; 404 for whoever neither asks from a named address nor brings the token."""
    if not _allowed(request):
        raise Http404
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _allowed(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    credentials = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(credentials.encode(), f"Bearer {token}".encode()):
        return True
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in networks(settings.METRICS_FROM))

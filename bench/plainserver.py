"""The comparison: Django serving tiles by openslide + Pillow or by large_image, run by gunicorn's threads.

`gunicorn bench.plainserver:application` with BENCH_SLIDE, BENCH_WAY, BENCH_TILE_PX, BENCH_SECRET set. No
middleware, no database, the same token check as ours: what a small tile server of one's own would be at its best.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from django.conf import settings

settings.configure(
    DEBUG=False, SECRET_KEY="bench", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], INSTALLED_APPS=[]
)

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import re_path  # noqa: E402

from bench import ways  # noqa: E402
from bench.slides import BenchSlide  # noqa: E402
from hemaview.tiles.token import Signer, TokenRefused  # noqa: E402

_signer = Signer(os.environ["BENCH_SECRET"])
_slide = BenchSlide(Path(os.environ["BENCH_SLIDE"]), int(os.environ["BENCH_TILE_PX"]), 0, 0)
_own = threading.local()


def _way() -> ways.Way:
    """One open slide a thread, as their documentations advise."""
    way: ways.Way | None = getattr(_own, "way", None)
    if way is None:
        kind = os.environ["BENCH_WAY"]
        way = ways.naive(_slide) if kind == "naive" else ways.large_image(_slide, kind == "large_image_icc")
        _own.way = way
    return way


def tile(request: HttpRequest, column: str, row: str) -> HttpResponse:
    try:
        _signer.check("bench", request.GET.get("t", ""), time.time())
    except TokenRefused as refused:
        return HttpResponse(refused.message, status=403)
    return HttpResponse(_way()(int(column), int(row)), content_type="image/jpeg")


urlpatterns = [re_path(r"^tile/(\d+)_(\d+)\.jpg$", tile)]
application = get_wsgi_application()

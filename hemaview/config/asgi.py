"""Tiles, HTTP and websockets in one application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hemaview.config.settings.demo")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.slides.tileaccess import signer, still_allowed  # noqa: E402
from hemaview.config.urls import websocket_urlpatterns  # noqa: E402
from hemaview.tiles import KeptTiles, TileApp  # noqa: E402

application = TileApp(
    root=settings.SLIDES_DIR,
    signer=signer(),
    behind=ProtocolTypeRouter(
        {
            "http": django_application,
            "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        }
    ),
    still_allowed=still_allowed,
    keep=KeptTiles(settings.TILE_CACHE_DIR, settings.TILE_CACHE_BYTES),
    recheck_s=settings.TILE_RECHECK_S,
    origins=settings.CORS_ORIGINS,
)

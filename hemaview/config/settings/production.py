"""Production: everything that matters comes from the environment, and defaults are refused."""

from django.core.exceptions import ImproperlyConfigured

from hemaview.config import pseudo
from hemaview.config.settings.base import *  # noqa: F403
from hemaview.config.settings.base import ALLOWED_HOSTS, DATABASES, LANGUAGE_CODE, REDIS_URL, SECRET_KEY, env
from hemaview.config.statics import never_changes

KNOWN_DEFAULTS = {"", "change-me", "changeme", "secret", "demo-only-not-a-secret", "test-only-not-a-secret"}

if SECRET_KEY in KNOWN_DEFAULTS or len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("Set HEMAVIEW_SECRET_KEY to a secret of your own of at least 32 characters.")
if not env.list("HEMAVIEW_HOSTS", default=[]) or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set HEMAVIEW_HOSTS to the names this server is reached by.")
if DATABASES["default"].get("PASSWORD", "") in {*KNOWN_DEFAULTS, "hemaview", "postgres"} and (
    "sqlite" not in DATABASES["default"]["ENGINE"]
):
    raise ImproperlyConfigured("Set DATABASE_URL with a password of your own.")
if not REDIS_URL:
    raise ImproperlyConfigured("Set REDIS_URL: several workers and web processes need it.")

if LANGUAGE_CODE == pseudo.CODE:
    raise ImproperlyConfigured("HEMAVIEW_PSEUDO_LANGUAGE is for developers; leave it out.")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("HEMAVIEW_HTTPS", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("HEMAVIEW_HSTS_S", 0)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "hemaview.config.statics.HashedStatics"},
}
WHITENOISE_USE_FINDERS = False
WHITENOISE_IMMUTABLE_FILE_TEST = never_changes

"""`make demo` and every command run beside it: embedded defaults, nothing to set up. Not for patients' data."""

from hemaview.config.settings.base import *  # noqa: F403

DEMO = True
SECRET_KEY = SECRET_KEY or "demo-only-not-a-secret"
SERVE_STATIC_FROM_SOURCE = True

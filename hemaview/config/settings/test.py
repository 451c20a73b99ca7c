"""Settings of the test run: a folder of its own, fast passwords, the embedded broker unless services are named."""

import os
import tempfile

os.environ.setdefault("HEMAVIEW_VAR", tempfile.mkdtemp(prefix="hemaview-test-"))

from hemaview.config.settings.base import *  # noqa: F403

SECRET_KEY = "test-only-not-a-secret"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = False
AXES_ENABLED = False
DISK_RESERVE_BYTES = 64 * 1024**2
JOB_LEASE_S = 4.0
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"upload": "100000/min", "sign": "1000/min"}}

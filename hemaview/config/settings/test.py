"""Settings of the test run: a folder of its own a worker, fast passwords, the embedded broker unless services are named."""

import os
import tempfile

# Workers inherit the environment of the process that deals out the tests; what they start keeps theirs.
_FOLDER = f"hemaview-test-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}-"
_GIVEN = os.path.basename(os.environ.get("HEMAVIEW_VAR", ""))
if not _GIVEN or (_GIVEN.startswith("hemaview-test-") and not _GIVEN.startswith(_FOLDER)):
    os.environ["HEMAVIEW_VAR"] = tempfile.mkdtemp(prefix=_FOLDER)

from hemaview.config.settings.base import *  # noqa: E402, F403

SECRET_KEY = "test-only-not-a-secret"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = False
AXES_ENABLED = False
DISK_RESERVE_BYTES = 64 * 1024**2
JOB_LEASE_S = 4.0
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"upload": "100000/min", "sign": "1000/min"}}

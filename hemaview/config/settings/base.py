"""Settings that every way of running shares; what differs comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path

import environ

from hemaview.config import pseudo
from hemaview.config.beat import Steady
from hemaview.config.layers import redis_layers
from hemaview.config.logs import configure as structured_logs

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[3]
VAR_DIR = Path(env.str("HEMAVIEW_VAR", str(BASE_DIR / "var"))).resolve()
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise SystemExit(f"HEMAVIEW_VAR names {VAR_DIR}, which cannot be made: {error.strerror}.") from error

VERSION = "0.1.0"
DEBUG = False
SECRET_KEY = env.str("HEMAVIEW_SECRET_KEY", "")
ALLOWED_HOSTS = env.list("HEMAVIEW_HOSTS", default=["127.0.0.1", "localhost"])
METRICS_TOKEN = env.str("HEMAVIEW_METRICS_TOKEN", "")
METRICS_FROM = env.list("HEMAVIEW_METRICS_FROM", default=[])
PROXIES = env.list("HEMAVIEW_PROXIES", default=[])
CORS_ORIGINS = env.list("HEMAVIEW_CORS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("HEMAVIEW_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.guardian",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_vite",
    "guardian",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "apps.accounts",
    "apps.audit",
    "apps.laboratory",
    "apps.cases",
    "apps.slides",
    "apps.analysis",
    "apps.review",
    "apps.teaching",
    "apps.reports",
    "apps.desk",
]

MIDDLEWARE = [
    "hemaview.config.requestid.RequestIdMiddleware",
    "hemaview.config.proxies.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hemaview.config.crossorigin.CrossOriginMiddleware",
    "hemaview.config.versions.DeprecationMiddleware",
    "csp.middleware.CSPMiddleware",
    "hemaview.config.csp.AdminScriptMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.otherperson.OtherPersonMiddleware",
    "apps.audit.actor.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "apps.accounts.enforcement.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "hemaview.config.addresses.NulMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "hemaview.config.urls"
ASGI_APPLICATION = "hemaview.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "apps.desk.templatetags.moments"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hemaview.config.context.product",
            ],
        },
    },
]

# --- data -----------------------------------------------------------------------------------------------------------
_SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": str(VAR_DIR / "hemaview.sqlite3"),
    "OPTIONS": {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    },
}
DATABASES = {"default": env.db("DATABASE_URL") if env.str("DATABASE_URL", "") else _SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SLIDES_DIR = VAR_DIR / "slides"
UPLOADS_DIR = VAR_DIR / "uploads"
RESULTS_DIR = VAR_DIR / "results"
REPORTS_DIR = VAR_DIR / "reports"
REFERENCE_RANGES = env.str("HEMAVIEW_REFERENCE_RANGES", "")
ADAPTATIONS_DIR = VAR_DIR / "adaptations"
MODELS_DIR = VAR_DIR / "models"
LABORATORY_DIR = VAR_DIR / "laboratory"
FONT_FOLDERS = env.list("HEMAVIEW_FONTS", default=["/usr/share/fonts", "/usr/local/share/fonts"])
ANCHORS_DIR = Path(env.str("HEMAVIEW_ANCHORS", str(VAR_DIR / "anchors")))
CACHE_DIR = VAR_DIR / "cache"

TILE_CACHE_DIR = CACHE_DIR / "tiles"
TILE_CACHE_BYTES = env.int("HEMAVIEW_TILE_CACHE_BYTES", 2 * 1024**3)
TILE_RECHECK_S = env.float("HEMAVIEW_TILE_RECHECK_S", 5.0)

UPLOAD_MAX_BYTES = env.int("HEMAVIEW_UPLOAD_MAX_BYTES", 20 * 1024**3)
MODEL_MAX_BYTES = env.int("HEMAVIEW_MODEL_MAX_BYTES", 200 * 1024**2)
UPLOAD_CHUNK_MAX_BYTES = env.int("HEMAVIEW_UPLOAD_CHUNK_MAX_BYTES", 64 * 1024**2)
DISK_RESERVE_BYTES = env.int("HEMAVIEW_DISK_RESERVE_BYTES", 1024**3)
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_CHUNK_MAX_BYTES + 1024

# --- queue, sockets -------------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", "")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
    CHANNEL_LAYERS = redis_layers(REDIS_URL)
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    _BROKER_DIR = VAR_DIR / "broker"
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_BROKER_DIR / "messages"),
        "data_folder_out": str(_BROKER_DIR / "messages"),
        "control_folder": str(_BROKER_DIR / "control"),
        "store_processed": False,
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    (_BROKER_DIR / "messages").mkdir(parents=True, exist_ok=True)
    (_BROKER_DIR / "control").mkdir(parents=True, exist_ok=True)

CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_ROUTES = {
    "apps.analysis.tasks.sweep": {"queue": "bells"},
    "apps.slides.tasks.sweep": {"queue": "bells"},
    "apps.teaching.tasks.sweep": {"queue": "bells"},
    "apps.reports.tasks.sweep": {"queue": "bells"},
    "apps.slides.tasks.*": {"queue": "imports"},
    "apps.analysis.tasks.sweep_models": {"queue": "bells"},
    "apps.analysis.tasks.check_model": {"queue": "imports"},
}
JOB_QUEUES = env.list("HEMAVIEW_JOB_QUEUES", default=["cpu"])
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "apps.analysis.tasks.sweep", "schedule": Steady(5.0), "options": {"expires": 10}},
    "sweep-teachings": {"task": "apps.teaching.tasks.sweep", "schedule": Steady(15.0), "options": {"expires": 15}},
    "sweep-models": {"task": "apps.analysis.tasks.sweep_models", "schedule": Steady(15.0), "options": {"expires": 15}},
    "sweep-imports": {"task": "apps.slides.tasks.sweep", "schedule": Steady(60.0), "options": {"expires": 60}},
    "sweep-files": {"task": "apps.reports.tasks.sweep", "schedule": Steady(3600.0), "options": {"expires": 3600}},
}
JOB_LEASE_S = env.float("HEMAVIEW_JOB_LEASE_S", 20.0)
SIGNING_LEASE_S = env.float("HEMAVIEW_SIGNING_LEASE_S", 180.0)
PROGRESS_POLL_S = env.float("HEMAVIEW_PROGRESS_POLL_S", 0.5)

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SECOND_FACTOR_REQUIRED = env.str("HEMAVIEW_SECOND_FACTOR", "0").lower() == "required"
SECOND_FACTOR = SECOND_FACTOR_REQUIRED or env.bool("HEMAVIEW_SECOND_FACTOR", False)
OTP_TOTP_ISSUER = "HemaView"
REAUTHENTICATION = "apps.accounts.reauthentication.by_password"
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
SESSION_COOKIE_AGE = 60 * 60 * 10
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "apps.accounts.api.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "apps.accounts.api.queryparameters.AsksForWhatThereIs",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.accounts.api.inputs.FlatEnoughJSON"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.accounts.api.pages.Pages",
    "DEFAULT_FILTER_BACKENDS": ["apps.accounts.api.filters.Filters"],
    "EXCEPTION_HANDLER": "hemaview.config.problems.problem_details",
    "DEFAULT_THROTTLE_RATES": {"upload": "600/min", "sign": "12/min"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "HemaView",
    "DESCRIPTION": "Slides, jobs, cells, review and reports of a haematology reading room. Research use only.",
    "VERSION": VERSION,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "PREPROCESSING_HOOKS": ["hemaview.config.openapi.this_version"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hemaview.config.openapi.described",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AnnotationKindEnum": "apps.review.models.Annotation.Kind",
        "PhraseKindEnum": "apps.laboratory.models.Phrase.Kind",
        "SettingKindEnum": "hemaview.assays.settings.KINDS",
        "SpecimenEnum": "apps.cases.models.Case.Specimen",
        "CaseStateEnum": "apps.cases.models.Case.State",
        "JobStateEnum": "apps.analysis.models.Job.State",
        "ModelUploadStateEnum": "apps.analysis.models.ModelUpload.State",
        "ReportStateEnum": "apps.reports.models.Report.State",
        "LabelStateEnum": "apps.review.api.shapes.cells.STATES",
        "ColouringEnum": "apps.slides.models.Slide.Colouring",
        "ConversionEnum": "apps.slides.models.Slide.Conversion",
        "SlideStatusEnum": "apps.slides.models.Slide.Status",
    },
}

# --- static ---------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("HEMAVIEW_STATIC_ROOT", str(VAR_DIR / "staticfiles")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "static" / "dist" / ".vite" / "manifest.json",
        "static_url_prefix": "dist",
    }
}

# --- language -------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
if env.bool("HEMAVIEW_PSEUDO_LANGUAGE", False):
    LANGUAGE_CODE, LOCALE_PATHS = pseudo.CODE, [VAR_DIR / "locale"]
    LANGUAGES = [(pseudo.CODE, "Pseudo-English")]
    pseudo.write(BASE_DIR / "locale", VAR_DIR / "locale")
TIME_ZONE = env.str("HEMAVIEW_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

UNFOLD = {
    "SITE_TITLE": "HemaView administration",
    "SITE_HEADER": "HemaView",
    "SITE_SUBHEADER": "Administration · research use only",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}

LOG_JSON = env.bool("HEMAVIEW_LOG_JSON", os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".production"))
structured_logs()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "hemaview.config.logs.json_formatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json" if LOG_JSON else "line"}},
    "root": {"handlers": ["console"], "level": env.str("HEMAVIEW_LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "ERROR"},
        "hemaview.request": {"level": "INFO" if LOG_JSON else "WARNING"},
        "kombu": {"level": "ERROR"},
        "pyvips": {"level": "WARNING"},
    },
}

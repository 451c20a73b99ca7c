"""Every address of HemaView."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from apps.accounts.api.views import TokenView
from apps.accounts.forms import LoginForm
from apps.accounts.views import admin_login
from apps.desk import routing
from hemaview.config.health import health, readiness
from hemaview.config.metrics import metrics

api: list[URLPattern | URLResolver] = [
    path("", include("apps.laboratory.api.urls")),
    path("", include("apps.cases.api.urls")),
    path("", include("apps.slides.api.urls")),
    path("", include("apps.analysis.api.urls")),
    path("", include("apps.review.api.urls")),
    path("", include("apps.reports.api.urls")),
    path("", include("apps.teaching.api.urls")),
    path("", include("apps.desk.api.urls")),
    path("", include("apps.audit.api.urls")),
    path("token/", TokenView.as_view(), name="token"),
    path("openapi/", SpectacularAPIView.as_view(), name="openapi"),
    path("docs/", login_required(SpectacularSwaggerView.as_view(url_name="openapi")), name="api-docs"),
    path("redoc/", login_required(SpectacularRedocView.as_view(url_name="openapi")), name="api-redoc"),
]

urlpatterns = [
    path("admin/login/", admin_login),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account")),
    path("admin/", admin.site.urls),
    path(
        "accounts/login/",
        auth_views.LoginView.as_view(redirect_authenticated_user=True, authentication_form=LoginForm),
        name="login",
    ),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("health/", health, name="health"),
    path("metrics/", metrics, name="metrics"),
    path("metrics", metrics),
    path("ready/", readiness, name="ready"),
    path("api/", include(api)),  # as before /api/v1: answers on for one version, with a Deprecation header
    path("api/v1/", include(api)),  # last, so that addresses are made with it
    path("", include("apps.accounts.urls")),
    path("", include("apps.laboratory.urls")),
    path("", include("apps.slides.urls")),
    path("", include("apps.analysis.urls")),
    path("", include("apps.audit.urls")),
    path("", include("apps.reports.urls")),
    path("", include("apps.teaching.urls")),
    path("", include("apps.desk.urls")),
]

handler404 = "hemaview.config.problems.not_found"
handler500 = "hemaview.config.problems.server_error"

websocket_urlpatterns = routing.websocket_urlpatterns

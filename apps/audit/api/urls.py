from django.urls import path

from apps.audit.api.views import AuditListView, AuditVerdictView

urlpatterns = [
    path("audit/", AuditListView.as_view(), name="api-audit"),
    path("audit/verdict/", AuditVerdictView.as_view(), name="api-audit-verdict"),
]

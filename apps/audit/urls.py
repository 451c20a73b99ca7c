from django.urls import path

from apps.audit.views import audit_file, audit_page

urlpatterns = [
    path("audit/", audit_page, name="audit"),
    path("audit/audit.csv", audit_file, name="audit-file"),
]

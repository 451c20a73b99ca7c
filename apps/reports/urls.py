from django.urls import path

from apps.reports import views

urlpatterns = [
    path("reports/<uuid:report_id>/", views.report_page, name="report"),
    path("reports/<uuid:report_id>.pdf", views.report_pdf, name="report-pdf"),
    path("cases/<str:accession>/report/", views.draft_page, name="draft"),
    path("cases/<str:accession>/report.pdf", views.draft_pdf, name="draft-pdf"),
]

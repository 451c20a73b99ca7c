from django.urls import path

from apps.reports.api import removals, views

urlpatterns = [
    path("cases/<str:accession>/sign/", views.SignView.as_view(), name="case-sign"),
    path("cases/<str:accession>/signing/", views.SigningView.as_view(), name="case-signing"),
    path("cases/<str:accession>/holds/", views.HoldsView.as_view(), name="case-holds"),
    path("cases/<str:accession>/amend/", views.AmendView.as_view(), name="case-amend"),
    path("cases/<str:accession>/reports/", views.CaseReportsView.as_view(), name="case-reports"),
    path("cases/<str:accession>/deletion/", removals.CaseDeletionView.as_view(), name="case-deletion"),
    path("slides/<uuid:slide_id>/removal/", removals.SlideRemovalView.as_view(), name="slide-removal"),
    path("reports/<uuid:report_id>/", views.ReportView.as_view(), name="api-report"),
    path("reports/<uuid:report_id>/export/<slug:kind>/", views.ReportExportView.as_view(), name="report-export"),
    path(
        "reports/<uuid:report_id>/counts.csv", views.ReportExportView.as_view(), {"kind": "csv"}, name="report-counts"
    ),
    path(
        "reports/<uuid:report_id>/cells.csv",
        views.ReportExportView.as_view(),
        {"kind": "cells-csv"},
        name="report-cells",
    ),
    path(
        "reports/<uuid:report_id>/cells.geojson",
        views.ReportExportView.as_view(),
        {"kind": "geojson"},
        name="report-geojson",
    ),
    path("reports/<uuid:report_id>/fhir.json", views.ReportExportView.as_view(), {"kind": "fhir"}, name="report-fhir"),
    path("cases/<str:accession>/export/<slug:kind>/", views.CaseExportView.as_view(), name="case-export"),
    path("jobs/<uuid:job_id>/export/<slug:kind>/", views.JobExportView.as_view(), name="job-export"),
    path("exports/", views.FormatsView.as_view(), name="exports"),
]

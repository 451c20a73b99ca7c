from django.urls import path

from apps.reports.api import views

urlpatterns = [
    path("cases/<str:accession>/sign/", views.SignView.as_view(), name="case-sign"),
    path("cases/<str:accession>/holds/", views.HoldsView.as_view(), name="case-holds"),
    path("cases/<str:accession>/amend/", views.AmendView.as_view(), name="case-amend"),
    path("cases/<str:accession>/reports/", views.CaseReportsView.as_view(), name="case-reports"),
    path("reports/<uuid:report_id>/", views.ReportView.as_view(), name="api-report"),
    path("reports/<uuid:report_id>/counts.csv", views.CountsCsvView.as_view(), name="report-counts"),
    path("reports/<uuid:report_id>/cells.csv", views.CellsCsvView.as_view(), name="report-cells"),
    path("reports/<uuid:report_id>/cells.geojson", views.GeoJsonView.as_view(), name="report-geojson"),
    path("reports/<uuid:report_id>/fhir.json", views.FhirView.as_view(), name="report-fhir"),
]

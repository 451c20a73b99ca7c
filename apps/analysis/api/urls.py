from django.urls import path

from apps.analysis.api import ownmodels, protocols, views

urlpatterns = [
    path("slides/<uuid:slide_id>/jobs/", views.SlideJobsView.as_view(), name="slide-jobs"),
    path("jobs/", views.JobListView.as_view(), name="job-list"),
    path("jobs/<uuid:job_id>/", views.JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/cancel/", views.JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<uuid:job_id>/retry/", views.JobRetryView.as_view(), name="job-retry"),
    path("jobs/<uuid:job_id>/regions/", views.JobRegionsView.as_view(), name="job-regions"),
    path("jobs/<uuid:job_id>/cells/index.json", views.JobIndexView.as_view(), name="job-index"),
    path("jobs/<uuid:job_id>/cells/<int:first>-<int:count>.bin", views.cell_rows, name="job-rows"),
    path("jobs/<uuid:job_id>/contours/<int:first>-<int:count>.bin", views.contour_rows, name="job-contours"),
    path("jobs/<uuid:job_id>/fields/<int:field>/cells.bin", views.field_cells, name="job-field"),
    path("protocols/", views.ProtocolsView.as_view(), name="api-protocols"),
    path("protocols/<slug:name>/", protocols.ProtocolView.as_view(), name="api-protocol"),
    path("protocols/<slug:name>/copy/", protocols.ProtocolCopyView.as_view(), name="api-protocol-copy"),
    path("protocols/<slug:name>/retired/", protocols.ProtocolRetiredView.as_view(), name="api-protocol-retired"),
    path("models/", views.ModelsView.as_view(), name="api-models"),
    path("models/uploads/", ownmodels.ModelUploadsView.as_view(), name="api-model-uploads"),
    path("models/uploads/<uuid:upload_id>/", ownmodels.ModelUploadView.as_view(), name="api-model-upload"),
    path("models/<slug:name>/<str:version>/", ownmodels.ModelVersionView.as_view(), name="api-model-version"),
    path("schema/<slug:name>/", views.SchemaView.as_view(), name="schema"),
]

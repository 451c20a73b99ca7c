from django.urls import path

from apps.review.api import views

urlpatterns = [
    path("jobs/<uuid:job_id>/labels/", views.LabelsView.as_view(), name="job-labels"),
    path("jobs/<uuid:job_id>/labels/undo/", views.UndoView.as_view(), name="job-undo"),
    path("jobs/<uuid:job_id>/cells/", views.AddedCellsView.as_view(), name="job-add"),
    path("jobs/<uuid:job_id>/gallery/", views.GalleryView.as_view(), name="job-gallery"),
    path("jobs/<uuid:job_id>/counts/", views.CountsView.as_view(), name="job-counts"),
    path("jobs/<uuid:job_id>/cells/<int:row>/", views.CellView.as_view(), name="job-cell"),
    path("jobs/<uuid:job_id>/cells/<int:row>/crop.jpg", views.cell_crop, name="job-crop"),
    path("jobs/<uuid:job_id>/added/<uuid:added_id>/crop.jpg", views.added_crop, name="added-crop"),
]

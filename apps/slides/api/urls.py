from django.urls import path

from apps.slides.api import tus, views

urlpatterns = [
    path("cases/<str:accession>/slides/", views.CaseSlidesView.as_view(), name="case-slides"),
    path("cases/<str:accession>/slides/contents/", views.ContentsView.as_view(), name="upload-contents"),
    path("cases/<str:accession>/slides/each-series/", views.EachSeriesView.as_view(), name="case-slides-each-series"),
    path("slides/<uuid:slide_id>/", views.SlideView.as_view(), name="slide"),
    path("slides/<uuid:slide_id>/tiles/", views.TileAccessView.as_view(), name="slide-tiles"),
    path("slides/<uuid:slide_id>/identity/", views.IdentityView.as_view(), name="slide-identity"),
    path("slides/<uuid:slide_id>/conversion/", views.ConversionView.as_view(), name="slide-conversion"),
    path("presets/", views.PresetsView.as_view(), name="presets"),
    path("uploads/", tus.UploadListView.as_view(), name="upload-list"),
    path("uploads/<uuid:upload_id>/", tus.UploadView.as_view(), name="upload"),
]

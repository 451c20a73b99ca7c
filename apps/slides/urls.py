from django.urls import path, re_path

from apps.slides import views

urlpatterns = [
    path("slides/<uuid:slide_id>.dzi", views.descriptor, name="slide-dzi"),
    re_path(
        r"^slides/(?P<slide_id>[0-9a-f-]{36})_files/(?P<level>\d{1,2})/(?P<column>\d{1,7})_(?P<row>\d{1,7})\.jpg$",
        views.tile,
        name="slide-tile",
    ),
    path("slides/<uuid:slide_id>/thumbnail.jpg", views.thumbnail, name="slide-thumbnail"),
    path("slides/<uuid:slide_id>/associated/<slug:name>.jpg", views.associated, name="slide-associated"),
]

from django.urls import path

from apps.analysis import views

urlpatterns = [
    path("queue/", views.queue_page, name="queue"),
    path("models/", views.models_page, name="models"),
    path("models/<slug:name>/", views.model_page, name="model"),
]

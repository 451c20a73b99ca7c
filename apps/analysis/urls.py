from django.urls import path

from apps.analysis import modelpages, protocolpages, views

urlpatterns = [
    path("queue/", views.queue_page, name="queue"),
    path("protocols/", protocolpages.protocols_page, name="protocols"),
    path("protocols/<slug:name>/", protocolpages.protocol_page, name="protocol"),
    path("protocols/<slug:name>/copy/", protocolpages.copy_page, name="protocol-copy"),
    path("models/", modelpages.models_page, name="models"),
    path("models/upload/", modelpages.upload_page, name="model-upload"),
    path("models/<slug:name>/", modelpages.model_page, name="model"),
]

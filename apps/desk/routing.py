from django.urls import path

from apps.desk.consumers import CaseConsumer, WorklistConsumer

websocket_urlpatterns = [
    path("ws/cases/<str:accession>/", CaseConsumer.as_asgi()),
    path("ws/worklist/", WorklistConsumer.as_asgi()),
]

from django.urls import path

from apps.desk.api import views

urlpatterns = [
    path("cases/<str:accession>/room/", views.RoomView.as_view(), name="case-room"),
    path("cases/<str:accession>/blood-count/", views.BloodCountView.as_view(), name="case-blood-count"),
    path("cases/<str:accession>/history/", views.HistoryView.as_view(), name="case-history"),
]

from django.urls import path

from apps.desk.api import views

urlpatterns = [path("cases/<str:accession>/room/", views.RoomView.as_view(), name="case-room")]

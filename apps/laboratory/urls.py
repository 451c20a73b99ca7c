from django.urls import path

from apps.laboratory import views

urlpatterns = [
    path("laboratory/", views.laboratory_page, name="laboratory"),
    path("laboratory/logo.png", views.logo, name="laboratory-logo"),
    path("laboratory/phrases/<str:code>/", views.phrase_page, name="phrase"),
]

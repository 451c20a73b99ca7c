from django.urls import path

from apps.laboratory.api import views

urlpatterns = [
    path("laboratory/", views.LaboratoryView.as_view(), name="api-laboratory"),
    path("laboratory/logo/", views.LogoView.as_view(), name="api-laboratory-logo"),
    path("phrases/", views.PhrasesView.as_view(), name="api-phrases"),
    path("phrases/<str:code>/", views.PhraseView.as_view(), name="api-phrase"),
]

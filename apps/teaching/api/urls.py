from django.urls import path

from apps.teaching.api import views

urlpatterns = [
    path("sites/", views.SitesView.as_view(), name="api-sites"),
    path("sites/<int:site_id>/", views.SiteView.as_view(), name="api-site"),
    path("sites/<int:site_id>/adaptations/", views.SiteAdaptationsView.as_view(), name="api-site-adaptations"),
    path("adaptations/<uuid:adaptation_id>/", views.AdaptationView.as_view(), name="api-adaptation"),
]

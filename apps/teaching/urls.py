from django.urls import path

from apps.teaching import views

urlpatterns = [
    path("sites/", views.sites_page, name="sites"),
    path("sites/<int:site_id>/", views.site_page, name="site"),
]

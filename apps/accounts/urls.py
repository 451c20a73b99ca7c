from django.urls import path, re_path

from apps.accounts import people, views

urlpatterns = [
    path("people/", people.people_page, name="people"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("account/", views.account, name="account"),
    path("account/password/", views.change_password, name="change-password"),
    path("account/tokens/", views.new_token, name="new-token"),
    re_path(r"^account/(?P<what>session|token)/(?P<pk>[0-9]{1,12})/end/$", views.end, name="end-own"),
    path("account/second-factor/", views.second_factor, name="second-factor"),
    path("invited/<str:key>/", views.invitation, name="invited"),
]

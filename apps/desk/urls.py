from django.urls import path

from apps.desk import picking, rights, views

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("administration/", views.administration, name="administration"),
    path("next-case/", views.next_case, name="next-case"),
    path("cases/new/", views.new_case, name="new-case"),
    path("cases/<str:accession>/", views.case_page, name="case-page"),
    path("cases/<str:accession>/rights/", rights.rights_page, name="case-rights-page"),
    path("cases/<str:accession>/read/", views.room, name="room"),
    path("cases/<str:accession>/compare/<uuid:a>/<uuid:b>/", views.compare_page, name="compare"),
    path("cases/<str:accession>/picking/<uuid:job_id>/", picking.picking_page, name="picking"),
]

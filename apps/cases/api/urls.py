from django.urls import path

from apps.cases.api import views

urlpatterns = [
    path("cases/", views.CaseListView.as_view(), name="case-list"),
    path("cases/<str:accession>/", views.CaseView.as_view(), name="case"),
    path("cases/<str:accession>/conclusion/", views.CaseConclusionView.as_view(), name="case-conclusion"),
    path("cases/<str:accession>/comment/", views.CaseCommentView.as_view(), name="case-comment"),
    path("cases/<str:accession>/reader/", views.CaseReaderView.as_view(), name="case-reader"),
    path("cases/<str:accession>/archived/", views.CaseArchivedView.as_view(), name="case-archived"),
    path("cases/<str:accession>/urgent/", views.CaseUrgentView.as_view(), name="case-urgent"),
    path("cases/<str:accession>/rights/", views.CaseRightsView.as_view(), name="case-rights"),
]

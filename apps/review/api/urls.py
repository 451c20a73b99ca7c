from django.urls import path

from apps.review.api import analyses, annotations, cellnotes, counts, crops, gallery, labels, picking, readings

urlpatterns = [
    path("slides/<uuid:slide_id>/annotations/", annotations.SlideAnnotationsView.as_view(), name="slide-annotations"),
    path("annotations/<uuid:annotation_id>/", annotations.AnnotationView.as_view(), name="annotation"),
    path(
        "annotations/<uuid:annotation_id>/restore/",
        annotations.RestoreAnnotationView.as_view(),
        name="annotation-restore",
    ),
    path("cases/<str:accession>/agreement/", readings.AgreementView.as_view(), name="case-agreement"),
    path("cases/<str:accession>/second-reading/", readings.SecondReadingView.as_view(), name="case-second-reading"),
    path(
        "cases/<str:accession>/second-reading/close/",
        readings.CloseSecondReadingView.as_view(),
        name="case-second-reading-close",
    ),
    path("jobs/<uuid:job_id>/decide/", readings.DecisionView.as_view(), name="job-decide"),
    path("jobs/<uuid:job_id>/labels/", labels.LabelsView.as_view(), name="job-labels"),
    path("jobs/<uuid:job_id>/notes/", cellnotes.CellNotesView.as_view(), name="job-notes"),
    path("notes/<uuid:note_id>/", cellnotes.CellNoteView.as_view(), name="cell-note"),
    path("notes/<uuid:note_id>/restore/", cellnotes.RestoreCellNoteView.as_view(), name="cell-note-restore"),
    path("jobs/<uuid:job_id>/labels/redo/", labels.RedoView.as_view(), name="job-redo"),
    path("jobs/<uuid:job_id>/counts/within/", counts.CountsWithinView.as_view(), name="job-counts-within"),
    path("jobs/<uuid:job_id>/labels/undo/", labels.UndoView.as_view(), name="job-undo"),
    path("jobs/<uuid:job_id>/cells/", labels.AddedCellsView.as_view(), name="job-add"),
    path("jobs/<uuid:job_id>/gallery/", gallery.GalleryView.as_view(), name="job-gallery"),
    path("jobs/<uuid:job_id>/typical/<int:cls>/", gallery.TypicalView.as_view(), name="job-typical"),
    path("typical/<str:folder>/<str:name>", crops.typical_picture, name="typical-picture"),
    path("jobs/<uuid:job_id>/candidates/", picking.CandidatesView.as_view(), name="job-candidates"),
    path("jobs/<uuid:job_id>/counts/", counts.CountsView.as_view(), name="job-counts"),
    path("jobs/<uuid:job_id>/results/", counts.ResultsView.as_view(), name="job-results"),
    path("jobs/<uuid:job_id>/choose/", analyses.ChooseView.as_view(), name="job-choose"),
    path("jobs/<uuid:job_id>/carried/", analyses.WaitingLabelsView.as_view(), name="job-carried"),
    path("jobs/<uuid:job_id>/compare/<uuid:other_id>/", analyses.CompareView.as_view(), name="job-compare"),
    path("jobs/<uuid:job_id>/cells/<int:row>/", gallery.CellView.as_view(), name="job-cell"),
    path("jobs/<uuid:job_id>/cells/<int:row>/crop.jpg", crops.cell_crop, name="job-crop"),
    path("jobs/<uuid:job_id>/added/<uuid:added_id>/crop.jpg", crops.added_crop, name="added-crop"),
    path("jobs/<uuid:job_id>/carried/<uuid:label_id>/crop.jpg", crops.carried_crop, name="carried-crop"),
]

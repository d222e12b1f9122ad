"""Routes of the front desk."""

from django.urls import path

from myotome.pages.desk import people, views, visits

app_name = "desk"
urlpatterns = [
    path("", views.day, name="day"),
    path("week/", views.week, name="week"),
    path("appointment/<int:appointment>/move-to/", visits.move, name="move"),
    path("appointment/<int:appointment>/<slug:to>/", views.step, name="step"),
    path("appointment/<int:appointment>/", views.appointment, name="appointment"),
    path("request/<int:appointment>/phoned/", views.phoned, name="phoned"),
    path("find/", people.find, name="find"),
    path("patient/new/", people.new_patient, name="new_patient"),
    path("patient/<int:patient>/", people.patient, name="patient"),
    path("patient/<int:patient>/correct/", people.correct, name="correct"),
    path("patient/<int:patient>/merge/", people.merge, name="merge"),
    path("patient/<int:patient>/messages/", people.what_we_send, name="what_we_send"),
    path("patient/<int:patient>/treats-here/", people.treats_here, name="treats_here"),
    path("merge/<int:merge>/undo/", people.unmerge, name="unmerge"),
    path("book/<int:patient>/", visits.book, name="book"),
]

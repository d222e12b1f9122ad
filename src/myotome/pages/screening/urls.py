"""Routes of the intake: the patient's by link, the practitioner's summary, the questions asked by telephone."""

from django.urls import path

from myotome.pages.screening import safety, staff, views

app_name = "screening"
urlpatterns = [
    path("", views.start, name="start"),
    path("summary/<int:intake>/", staff.summary, name="summary"),
    path("phone/<int:patient>/", staff.phone, name="phone"),
    path("<str:token>/stop/", safety.stop, name="stop"),
    path("<str:token>/call-first/", safety.call_first, name="call_first"),
    path("<str:token>/safety/<slug:code>/", safety.question, name="safety"),
    path("<str:token>/safety/<slug:code>/correct/", safety.correct, name="correct"),
    path("<str:token>/check/", views.check, name="check"),
    path("<str:token>/<slug:step>/", views.step, name="step"),
]

"""Routes of the owner."""

from django.urls import path

from myotome.pages.owner import capacity, harm, learning, views

app_name = "owner"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("measures/", views.measures, name="measures"),
    path("audit/", views.audit, name="audit"),
    path("incident/<int:incident>/", views.reviewed, name="reviewed"),
    path("capacity/", capacity.capacity, name="capacity"),
    path("harm/", harm.harm, name="harm"),
    path("supervision/", harm.supervision, name="supervision"),
    path("supervision/<int:supervision>/end/", harm.supervision_end, name="supervision_end"),
    path("forecasts/", learning.learning, name="learning"),
    path("forecasts/refit/", learning.start, name="refit_start"),
    path("forecasts/bring/", learning.bring, name="refit_bring"),
    path("forecasts/accept/<int:fit>/", learning.accept, name="refit_accept"),
    path("forecasts/aside/", learning.aside, name="baseline_aside"),
    path("forecasts/speak/", learning.speak, name="baseline_speak"),
    path("forecasts/back/", learning.take_back, name="refit_back"),
]

"""Routes of booking."""

from django.urls import path

from myotome.pages.booking import times, views

app_name = "booking"
urlpatterns = [
    path("", views.choose, name="choose"),
    path("times/", times.times, name="times"),
    path("details/", views.details, name="details"),
    path("manage/<str:token>/", views.manage, name="manage"),
    path("manage/<str:token>/move/", views.move, name="move"),
    path("manage/<str:token>/cancel/", views.cancel, name="cancel"),
    path("manage/<str:token>/appointment.ics", views.ics, name="ics"),
]

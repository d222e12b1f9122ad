"""Routes of the owner."""

from django.urls import path

from myotome.pages.owner import views

app_name = "owner"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("measures/", views.measures, name="measures"),
    path("audit/", views.audit, name="audit"),
    path("incident/<int:incident>/", views.reviewed, name="reviewed"),
]

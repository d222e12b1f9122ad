"""Routes of the public site."""

from django.urls import path

from myotome.pages.public import views

app_name = "public"
urlpatterns = [
    path("", views.front, name="front"),
    path("known/", views.known, name="known"),
    path("about/", views.about, name="about"),
]

"""Routes of the front desk."""

from django.urls import path

from myotome.pages.desk import views

app_name = "desk"
urlpatterns = [path("", views.day, name="day")]

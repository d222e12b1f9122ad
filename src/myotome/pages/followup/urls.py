"""Routes of the course and its end."""

from django.urls import path

from myotome.pages.followup import muscle_pages, views

app_name = "followup"
urlpatterns = [
    path("results/", views.results, name="results"),
    path("<int:course>/", views.course, name="course"),
    path("<int:course>/share/", views.share, name="share"),
    path("<int:course>/score/", views.score, name="score"),
    path("<int:course>/talked/", views.talked, name="talked"),
    path("<int:course>/activities/", views.activities, name="activities"),
    path("<int:course>/describe/", views.describe, name="describe"),
    path("<int:course>/muscles/", muscle_pages.my_muscles, name="my_muscles"),
    path("<int:course>/muscles.pdf", muscle_pages.my_muscles_paper, name="my_muscles_paper"),
    path("<int:course>/discharge/", views.discharge, name="discharge"),
]

"""Routes of reports and data sets."""

from django.urls import path

from myotome.pages.learning import views

app_name = "learning"
urlpatterns = [
    path("course/<int:course>/", views.report, name="report"),
    path("course/<int:course>/meter/", views.meter, name="meter"),
    path("course/<int:course>/stricta.csv", views.report_csv, name="report_csv"),
    path("course/<int:course>/stricta.json", views.report_json, name="report_json"),
    path("course/<int:course>/stricta.pdf", views.report_pdf, name="report_pdf"),
    path("courses/", views.courses, name="courses"),
    path("courses/data.zip", views.data, name="data"),
]

"""Routes of the chart."""

from django.urls import path

from myotome.pages.chart import views

app_name = "chart"
urlpatterns = [
    path("<int:patient>/", views.patient, name="patient"),
    path("<int:patient>/break-glass/", views.break_glass, name="break_glass"),
    path("<int:patient>/again/<int:course>/", views.again, name="again"),
]

"""Routes of assessment pages."""

from django.urls import path

from myotome.pages.assessment import acts, views

app_name = "assessment"
urlpatterns = [
    path("begin/<int:appointment>/", views.begin, name="begin"),
    path("<int:examination>/", views.examination, name="examination"),
    path("<int:examination>/print/", views.printed, name="printed"),
    path("<int:examination>/chart/", acts.chart, name="chart"),
    path("<int:examination>/impression/", acts.impression, name="impression"),
    path("<int:examination>/region/", acts.region, name="region"),
    path("<int:examination>/second-look/", acts.second_look, name="second_look"),
    path("<int:examination>/agreement/", views.agreement, name="agreement"),
    path("<int:examination>/finish/", acts.finish, name="finish"),
]

"""Routes of the atlas."""

from django.urls import path

from myotome.pages.atlas import views

app_name = "atlas"
urlpatterns = [
    path("", views.search, name="search"),
    path("muscle/<slug:muscle>/", views.muscle, name="muscle"),
    path("root/<slug:root>/", views.root, name="root"),
    path("point/<slug:point>/", views.point, name="point"),
]

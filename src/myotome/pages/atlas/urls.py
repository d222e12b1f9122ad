"""Routes of the atlas."""

from django.urls import path

from myotome.pages.atlas import content, views

app_name = "atlas"
urlpatterns = [
    path("", views.search, name="search"),
    path("muscle/<slug:muscle>/", views.muscle, name="muscle"),
    path("root/<slug:root>/", views.root, name="root"),
    path("point/<slug:point>/", views.point, name="point"),
    path("conditions/", content.conditions, name="conditions"),
    path("cautions/", content.cautions, name="cautions"),
    path("cautions/add/", content.add, name="add_caution"),
    path("<slug:table>/<slug:row>/", content.row, name="row"),
    path("<slug:table>/<slug:row>/change/", content.change, name="change_row"),
    path("<slug:table>/<slug:row>/as-shipped/", content.as_shipped, name="row_as_shipped"),
    path("<slug:table>/<slug:row>/sign-off/", content.sign_off, name="sign_off_row"),
]

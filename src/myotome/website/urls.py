"""Root of all routes. A clinic's slug comes first; each stage keeps its own routes."""

from django.urls import include, path

from myotome.website import keeping, views

handler404 = "myotome.website.views.page_not_found"
handler500 = "myotome.website.views.server_error"

urlpatterns = [
    path("", views.door, name="door"),
    path("workplaces/", views.workplaces, name="workplaces"),
    path("locked/", views.locked, name="locked"),
    path("locked/all-out/<int:visit>/", views.locked_all_out, name="locked_all_out"),
    path("locked/beat/", views.beat, name="beat"),
    path("device/", views.device, name="device"),
    path("keeper.js", keeping.worker, name="keeper"),
    path("offline/", keeping.offline, name="offline"),
    path("accounts/", include("allauth.urls")),
    path("<slug:clinic>/desk/", include("myotome.pages.desk.urls")),
    path("<slug:clinic>/money/", include("myotome.pages.money.urls")),
    path("<slug:clinic>/owner/", include("myotome.pages.owner.urls")),
    path("<slug:clinic>/staff/", include("myotome.pages.accounts.urls")),
    path("<slug:clinic>/chart/", include("myotome.pages.chart.urls")),
    path("<slug:clinic>/intake/", include("myotome.pages.screening.urls")),
    path("<slug:clinic>/book/", include("myotome.pages.booking.urls")),
    path("<slug:clinic>/me/", include("myotome.pages.portal.urls")),
    path("<slug:clinic>/examination/", include("myotome.pages.assessment.urls")),
    path("<slug:clinic>/plan/", include("myotome.pages.planning.urls")),
    path("<slug:clinic>/visit/", include("myotome.pages.needling.urls")),
    path("<slug:clinic>/atlas/", include("myotome.pages.atlas.urls")),
    path("<slug:clinic>/course/", include("myotome.pages.followup.urls")),
    path("<slug:clinic>/learning/", include("myotome.pages.learning.urls")),
    path("<slug:clinic>/", include("myotome.pages.public.urls")),
]

"""Routes of booking."""

from django.urls import path

from myotome.pages.booking import (
    away,
    blocks,
    calendars,
    day_acts,
    importing,
    series,
    set_up,
    times,
    together,
    unsent,
    views,
    waiting,
)

app_name = "booking"
urlpatterns = [
    path("", views.choose, name="choose"),
    path("times/", times.times, name="times"),
    path("series/<int:patient>/", series.series, name="series"),
    path("series/together/", together.together, name="together"),
    path("waiting/", waiting.waiting_list, name="waiting"),
    path("waiting/<int:patient>/", waiting.wait, name="wait"),
    path("waiting/stop/<int:wish>/", waiting.stop, name="stop_waiting"),
    path("offer/<str:token>/", waiting.offer, name="offer"),
    path("mail/<str:token>/", day_acts.mail, name="mail"),
    path("block/", blocks.block, name="block"),
    path("block/give-back/", blocks.unblock, name="unblock"),
    path("away/", away.away, name="away"),
    path("away/open-again/", away.again, name="open_again"),
    path("undo/", day_acts.undoable, name="undoable"),
    path("undo/<int:act>/", day_acts.take_back, name="take_back"),
    path("messages/", unsent.unsent_messages, name="unsent"),
    path("messages/<int:appointment>/", unsent.settle, name="settle_messages"),
    path("messages/<slug:letter>/<int:number>/", unsent.settle_letter, name="settle_letter"),
    path("late/<int:practitioner>/", day_acts.late, name="late"),
    path("set-up/", set_up.set_up, name="set_up"),
    path("set-up/<slug:what>/", set_up.change, name="change"),
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/<int:feed>/end/", calendars.end, name="end_calendar"),
    path("calendar/<str:token>.ics", calendars.feed, name="feed"),
    path("import/", importing.hand_in_file, name="import"),
    path("import/<int:handed>/", importing.import_it, name="import_it"),
    path("proof/<str:token>/", views.proof, name="proof"),
    path("details/", views.details, name="details"),
    path("manage/<str:token>/", views.manage, name="manage"),
    path("manage/<str:token>/move/", views.move, name="move"),
    path("manage/<str:token>/cancel/", views.cancel, name="cancel"),
    path("manage/<str:token>/appointment.ics", views.ics, name="ics"),
]

"""Routes of the visit."""

from django.urls import path

from myotome.pages.needling import views

app_name = "needling"
urlpatterns = [
    path("board/", views.board, name="board"),
    path("open/<int:appointment>/", views.open_for_appointment, name="open"),
    path("<int:visit>/", views.chart, name="chart"),
    path("<int:visit>/print/", views.printed, name="printed"),
    path("<int:visit>/asked-again/", views.asked_again, name="asked_again"),
    path("<int:visit>/needle/", views.needle, name="needle"),
    path("<int:visit>/line/", views.line, name="line"),
    path("<int:visit>/needle/<int:number>/out/", views.out, name="out"),
    path("<int:visit>/needle/<int:number>/response/", views.response, name="response"),
    path("<int:visit>/needle/<int:number>/left-in/", views.left_in, name="left_in"),
    path("<int:visit>/needle/<int:number>/fragment/", views.fragment, name="fragment"),
    path("<int:visit>/needle/<int:number>/strike/", views.strike, name="strike"),
    path("<int:visit>/all-out/", views.all_out, name="all_out"),
    path("<int:visit>/count/", views.count, name="count"),
    path("<int:visit>/hand-over/", views.handed_over, name="hand_over"),
    path("<int:visit>/accept/", views.accepted, name="accept"),
    path("<int:visit>/adverse-event/", views.adverse_event, name="adverse_event"),
    path("<int:visit>/close/", views.close, name="close"),
    path("<int:visit>/sign/", views.sign, name="sign"),
    path("<int:visit>/addendum/", views.addendum, name="addendum"),
]

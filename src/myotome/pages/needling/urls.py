"""Routes of needling pages."""

from django.urls import path

from myotome.pages.needling import acts, kept, stock, views

app_name = "needling"
urlpatterns = [
    path("board/", views.board, name="board"),
    path("kept/", kept.kept, name="kept"),
    path("stock/", stock.stock, name="stock"),
    path("stock/receive/", stock.receive, name="receive"),
    path("stock/used/", stock.lot_used, name="lot_used"),
    path("stock/lot/", stock.lot, name="lot"),
    path("open/<int:appointment>/", views.open_for_appointment, name="open"),
    path("<int:visit>/", views.chart, name="chart"),
    path("<int:visit>/sites/", views.sites, name="sites"),
    path("<int:visit>/print/", views.printed, name="printed"),
    path("<int:visit>/take-home/", views.take_home, name="take_home"),
    path("<int:visit>/print.pdf", views.paper, name="paper"),
    path("<int:visit>/asked/", acts.asked_again, name="asked_again"),
    path("<int:visit>/answer/", acts.answered, name="answered"),
    path("<int:visit>/fact/", acts.fact_corrected, name="fact_corrected"),
    path("<int:visit>/consent/", acts.consented, name="consented"),
    path("<int:visit>/consent/<int:consent>/withdraw/", acts.withdrawn, name="withdrawn"),
    path("<int:visit>/needle/", acts.needle, name="needle"),
    path("<int:visit>/set/", acts.needle_set, name="needle_set"),
    path("<int:visit>/line/", acts.line, name="line"),
    path("<int:visit>/line/words/", views.line_words, name="line_words"),
    path("<int:visit>/needle/<int:number>/out/", acts.out, name="out"),
    path("<int:visit>/needle/<int:number>/response/", acts.response, name="response"),
    path("<int:visit>/needle/<int:number>/left-in/", acts.left_in, name="left_in"),
    path("<int:visit>/needle/<int:number>/fragment/", acts.fragment, name="fragment"),
    path("<int:visit>/needle/<int:number>/missing/", acts.missing, name="missing"),
    path("<int:visit>/needle/<int:number>/strike/", acts.strike, name="strike"),
    path("<int:visit>/counted-out/", acts.counted_out, name="counted_out"),
    path("<int:visit>/tally/", acts.tally, name="tally"),
    path("<int:visit>/all-out/", acts.all_out, name="all_out"),
    path("<int:visit>/count/", acts.count, name="count"),
    path("<int:visit>/hand-over/", acts.handed_over, name="hand_over"),
    path("<int:visit>/accept/", acts.accepted, name="accept"),
    path("<int:visit>/adverse/", acts.adverse_event, name="adverse_event"),
    path("<int:visit>/close/", acts.close, name="close"),
    path("<int:visit>/sign/", acts.sign, name="sign"),
    path("<int:visit>/found/", acts.found, name="found"),
    path("<int:visit>/addendum/", acts.addendum, name="addendum"),
    path("<int:visit>/incident/<int:incident>/", acts.resolved, name="resolved"),
]

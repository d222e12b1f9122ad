"""Routes of money."""

from django.urls import path

from myotome.pages.money import acts, set_up, views

app_name = "money"
urlpatterns = [
    path("", views.day, name="day"),
    path("close/", acts.close, name="close"),
    path("owed/", views.owed, name="owed"),
    path("patient/<int:patient>/", views.account, name="account"),
    path("patient/<int:patient>/pay/", acts.pay, name="pay"),
    path("visit/<int:appointment>/", acts.charge, name="charge"),
    path("charge/<int:charge>/take-back/", acts.take_back, name="take_back"),
    path("document/<int:payment>/", views.document, name="document"),
    path("document/<int:payment>/paper.pdf", views.paper, name="paper"),
    path("document/<int:payment>/refund/", acts.refund, name="refund"),
    path("set-up/", set_up.set_up, name="set_up"),
    path("set-up/<slug:what>/", set_up.change, name="change"),
]

"""Routes of the patient."""

from django.urls import path

from myotome.pages.portal import booking, check, diary, muscles, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("page/<str:token>/", views.page, name="page"),
    path("book/", booking.book, name="book"),
    path("page/<str:token>/book/", booking.book_by_link, name="book_by_link"),
    path("record/", views.record, name="record"),
    path("page/<str:token>/record/", views.record_by_link, name="record_by_link"),
    path("muscles/", muscles.muscles, name="muscles"),
    path("muscles.pdf", muscles.muscles_paper, name="muscles_paper"),
    path("page/<str:token>/muscles/", muscles.muscles_by_link, name="muscles_by_link"),
    path("page/<str:token>/muscles.pdf", muscles.muscles_paper_by_link, name="muscles_paper_by_link"),
    path("receipt/<int:payment>.pdf", views.receipt, name="receipt"),
    path("page/<str:token>/receipt/<int:payment>.pdf", views.receipt_by_link, name="receipt_by_link"),
    path("messages/", views.my_messages, name="messages"),
    path("treats-here/", views.treats_here, name="treats_here"),
    path("page/<str:token>/treats-here/", views.treats_here_by_link, name="treats_here_by_link"),
    path("diary/", diary.diary, name="diary"),
    path("page/<str:token>/diary/", diary.diary_by_link, name="diary_by_link"),
    path("questions/<str:token>/", views.questions, name="questions"),
    path("questions/<str:token>/<int:number>/", views.question, name="question"),
    path("check/<str:token>/", check.door, name="check"),
    path("check/<str:token>/<int:number>/", check.question, name="check_question"),
    path("check/<str:token>/<int:number>/now/", check.now, name="check_now"),
]

"""Routes of the plan."""

from django.urls import path

from myotome.pages.planning import views

app_name = "planning"
urlpatterns = [
    path("<int:course>/", views.plan, name="plan"),
    path("<int:course>/make/", views.make, name="make"),
    path("<int:course>/agree/<int:plan>/", views.agree, name="agree"),
    path("<int:course>/consent/", views.consent, name="consent"),
    path("<int:course>/consent/<int:consent>/withdraw/", views.withdraw, name="withdraw"),
]

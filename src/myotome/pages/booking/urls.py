"""Routes of booking pages."""

from django.urls.resolvers import URLPattern

app_name = "booking"
urlpatterns: list[URLPattern] = []

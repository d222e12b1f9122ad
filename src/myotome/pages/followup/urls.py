"""Routes of followup pages."""

from django.urls.resolvers import URLPattern

app_name = "followup"
urlpatterns: list[URLPattern] = []

"""Routes of assessment pages."""

from django.urls.resolvers import URLPattern

app_name = "assessment"
urlpatterns: list[URLPattern] = []

"""Routes of screening pages."""

from django.urls.resolvers import URLPattern

app_name = "screening"
urlpatterns: list[URLPattern] = []

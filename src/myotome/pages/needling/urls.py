"""Routes of needling pages."""

from django.urls.resolvers import URLPattern

app_name = "needling"
urlpatterns: list[URLPattern] = []

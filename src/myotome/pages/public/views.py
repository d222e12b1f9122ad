"""The public site: what the clinic does, in plain words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from myotome.pages.access import public
from myotome.vocabulary.actors import Actor


@public
def front(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The front page of one clinic."""
    return render(request, "public/front.html")

"""The front desk: the day at a glance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from myotome.pages.access import for_roles
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
def day(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Today's appointments."""
    return render(request, "desk/day.html")

"""The atlas: what the tables know of a muscle, a root or a point, with its sources; nothing of any patient."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from myotome.knowledge import acupoints, muscles
from myotome.pages.access import for_roles
from myotome.pages.atlas.entries import found_by, muscle_entry, point_entry, root_entry
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import ROOT_INDEX
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotFound

readers = for_roles(Role.PRACTITIONER, Role.OWNER)


@readers
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One box for muscles, roots and points: English and Latin names, synonyms, codes, pinyin, hanzi."""
    words = request.GET.get("q", "")[:80].strip()
    return render(request, "atlas/search.html", {"q": words, "found": found_by(words)})


@readers
def muscle(request: HttpRequest, actor: Actor, muscle: str) -> HttpResponse:
    """One muscle: where it lies, its nerve and roots, its neighbours on the same roots, hazards, sources."""
    row = muscles.muscles().get(muscle)
    if row is None:
        raise NotFound("There is no such muscle. Search for it by another name.")
    return render(request, "atlas/muscle.html", muscle_entry(row))


@readers
def root(request: HttpRequest, actor: Actor, root: str) -> HttpResponse:
    """One root: its muscles by weight, its skin, reflexes and points."""
    if root not in ROOT_INDEX:
        raise NotFound("There is no such root. Roots are C1 to S5.")
    return render(request, "atlas/root.html", root_entry(root))


@readers
def point(request: HttpRequest, actor: Actor, point: str) -> HttpResponse:
    """One point: names, depths as each source gives them, hazards of all sources, muscles passed through."""
    row = acupoints.acupoints().get(point)
    if row is None:
        raise NotFound("There is no such point. Search for it by its code or name.")
    return render(request, "atlas/point.html", point_entry(row))

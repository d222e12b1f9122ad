"""What lets a tablet go on without the network: the worker at the root of the site, and the page it shows then."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_GET

from myotome.pages.access import public

WORKER = "keeper.js"


@public
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, never cached, so that a new build is seen at the next page; its scope is the whole site."""
    answer = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    answer["Service-Worker-Allowed"] = "/"
    return answer


@public
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """No network, and no chart kept for this address: says so and leads to the charts that are kept."""
    return render(request, "website/offline.html")


@lru_cache(maxsize=1)
def _worker() -> str:
    """The built worker with the names of the files it may keep and a mark that changes with any of them."""
    mark, files = hashlib.sha256(), []
    for file in sorted(settings.BUILT.iterdir()):
        mark.update(file.name.encode() + file.read_bytes())
        if file.name != WORKER:
            files.append(static(f"built/{file.name}"))
    said = {"BUILD": mark.hexdigest()[:16], "FILES": files, "OFFLINE": reverse("offline")}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in said.items())
    return head + (settings.BUILT / WORKER).read_text()

"""Plates in templates: `{% load plates %}{% body_plate "back" states=states crop="low_back_buttock" %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from myotome.pages.plates import drawing, instruments, ladder

register = template.Library()


@register.simple_tag
def body_plate(view: str, **options: Any) -> SafeString:
    """See `pages.plates.drawing.body_plate`."""
    return drawing.body_plate(view, **options)


@register.simple_tag
def region_plate(view: str, **options: Any) -> SafeString:
    """See `pages.plates.drawing.region_plate`."""
    return drawing.region_plate(view, **options)


@register.simple_tag
def count_ring(**options: Any) -> SafeString:
    """See `pages.plates.instruments.count_ring`."""
    return instruments.count_ring(**options)


@register.simple_tag
def needle_to_scale(**options: Any) -> SafeString:
    """See `pages.plates.instruments.needle_to_scale`."""
    return instruments.needle_to_scale(**options)


@register.simple_tag
def root_ladder(roots: Any, **options: Any) -> SafeString:
    """See `pages.plates.ladder.root_ladder`."""
    return ladder.root_ladder(roots, **options)

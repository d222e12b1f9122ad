"""The recovery model and the plain baselines beside it, by the names that pages give them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

FORECASTS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "model": gettext_lazy("The recovery model"),
        "no_change": gettext_lazy("No change"),
        "mean_change": gettext_lazy("The mean change for everybody"),
        "proportional": gettext_lazy("The same share for everybody"),
        "sqrt_linear": gettext_lazy("A straight line between square roots"),
    }
)

"""Behind a reverse proxy a request is counted by the address that the proxy passes on, and by no other word."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from myotome.website.middleware import TrustedProxyMiddleware


@pytest.mark.parametrize(
    ("trusted", "came_from", "passed_on", "counted"),
    [
        (set(), "10.0.0.1", "203.0.113.7", "10.0.0.1"),
        ({"10.0.0.1"}, "10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ({"10.0.0.1"}, "10.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ({"10.0.0.1", "10.0.0.2"}, "10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ({"10.0.0.1"}, "10.0.0.1", "", "10.0.0.1"),
        ({"10.0.0.1"}, "10.0.0.1", " , ", "10.0.0.1"),
        ({"10.0.0.1"}, "198.51.100.9", "203.0.113.7", "198.51.100.9"),
    ],
)
def test_the_word_of_a_trusted_proxy_alone_is_taken_and_its_nearest_hop_alone(
    settings, trusted, came_from, passed_on, counted
):
    settings.TRUSTED_PROXIES = trusted
    seen = []
    view = TrustedProxyMiddleware(lambda request: seen.append(request.META["REMOTE_ADDR"]) or HttpResponse())
    view(RequestFactory().get("/", REMOTE_ADDR=came_from, HTTP_X_FORWARDED_FOR=passed_on))
    assert seen == [counted]

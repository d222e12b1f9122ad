"""The WSGI application; it refuses to start when a route declares no access."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myotome.website.settings")

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from myotome.website.checks import every_route_declares_access  # noqa: E402
from myotome.website.parent import end_with_parent_if_served  # noqa: E402

if _faults := every_route_declares_access(None):
    raise ImproperlyConfigured("; ".join(fault.msg for fault in _faults))

end_with_parent_if_served()
gc.freeze()  # what is loaded stays: the collector need not go over it again in the midst of an answer

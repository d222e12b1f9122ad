"""The demo clinic: everything as in production, on loopback, with logins that need no second factor."""

from myotome.website.settings import *  # noqa: F403

IS_DEMO = True

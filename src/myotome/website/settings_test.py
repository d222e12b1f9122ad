"""Settings of the tests: the production settings with a fast hasher and mail kept in memory.

`DATABASE_URL` chooses the database, as in production; without it the tests run on embedded SQLite.
"""

import os
import tempfile

os.environ.setdefault("MYOTOME_SECRET_KEY", "a-key-for-tests-only-and-long-enough-for-django")
os.environ.setdefault("MYOTOME_DATA_DIR", tempfile.mkdtemp(prefix="myotome-test-"))

from myotome.website.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405

# A file, as in a clinic: the threads of a live server have connections of their own, and wait for each other.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405

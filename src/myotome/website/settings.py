"""Production settings; everything that differs between clinics comes from the environment.

MYOTOME_DATA_DIR      folder of the database, mail spool and secret key (default ./var)
MYOTOME_SECRET_KEY    or the file `secret_key` in the data folder, made at the first start
DATABASE_URL          postgresql://... ; without it embedded SQLite in the data folder
MYOTOME_ALLOWED_HOSTS comma-separated host names
MYOTOME_PUBLIC_URL    how links in mails begin, for example https://clinic.example
MYOTOME_LOG_LEVEL     from which level our own log lines are written (default INFO), as JSON, without patient data
MYOTOME_SMS_URL       console: or https://... of an SMS carrier (MYOTOME_SMS_TOKEN its bearer token); without it no SMS
MYOTOME_SMTP_URL      smtp://user:word@host:port or smtps://...; without it mail is written to the data folder
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from myotome.website.database import database_from
from myotome.website.logs import logging_settings

PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("MYOTOME_DATA_DIR", "var")).resolve()


def _secret_key() -> str:
    if key := os.environ.get("MYOTOME_SECRET_KEY"):
        return key
    file = DATA_DIR / "secret_key"
    if not file.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text().strip()
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(60))
    return file.read_text().strip()


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("MYOTOME_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
TRUSTED_PROXIES = frozenset(filter(None, os.environ.get("MYOTOME_TRUSTED_PROXY", "").replace(" ", "").split(",")))
"""Addresses of reverse proxies whose word for where a request came from is taken; nobody's else."""
PUBLIC_URL = os.environ.get("MYOTOME_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SERVED_BY_TLS = os.environ.get("MYOTOME_TLS", "") == "1"

STAGES = [
    "audit",
    "people",
    "screening",
    "booking",
    "money",
    "assessment",
    "planning",
    "needling",
    "followup",
    "learning",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_tasks",
    "django_tasks_db",
    *(f"myotome.clinic.{stage}" for stage in STAGES),
    "myotome.clinic.pathway",
    "myotome.pages",
    "myotome.website",
]

MIDDLEWARE = [
    "myotome.website.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "myotome.website.middleware.SecondFactorMiddleware",
    "myotome.website.middleware.IdleLockMiddleware",
    "myotome.website.middleware.MyotomeErrorMiddleware",
]

ROOT_URLCONF = "myotome.website.urls"
WSGI_APPLICATION = "myotome.website.wsgi.application"
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["myotome.website.sessions.Backend"]
SESSION_ENGINE = "myotome.website.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "website" / "templates", *sorted((PACKAGE / "pages").glob("*/templates"))],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "myotome.website.context.clinic",
            ],
        },
    }
]

DATABASES = {"default": database_from(os.environ.get("DATABASE_URL", ""), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_rows"}}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [PACKAGE / "website" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("MYOTOME_STATIC_ROOT", str(DATA_DIR / "static")))
BUILT = PACKAGE / "website" / "static" / "built"
STATICFILES_DIRS = [("built", BUILT)]
TYPEFACES = BUILT  # for pages on paper
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "myotome.website.static_files.HashedStaticFiles"},
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = SERVED_BY_TLS
CSRF_COOKIE_SECURE = SERVED_BY_TLS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "myotome.website.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_BY_TLS else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

ACCOUNT_ADAPTER = "myotome.website.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Myotome"


def _email(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


if os.environ.get("MYOTOME_SMTP_URL"):
    globals().update(_email(os.environ["MYOTOME_SMTP_URL"]))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
# Where mail leaves the house, somebody new proves her address before a time is hers.
PROVE_EMAIL = bool(os.environ.get("MYOTOME_SMTP_URL"))
# The Python that has the extra `refit`, where it is not this one.
REFIT_PYTHON = os.environ.get("MYOTOME_REFIT_PYTHON") or sys.executable
SMS_URL, SMS_TOKEN = os.environ.get("MYOTOME_SMS_URL", ""), os.environ.get("MYOTOME_SMS_TOKEN", "")
DEFAULT_FROM_EMAIL = os.environ.get("MYOTOME_FROM_EMAIL", "clinic@localhost")

LOGGING = logging_settings(os.environ.get("MYOTOME_LOG_LEVEL", "INFO"))

SILENCED_SYSTEM_CHECKS: list[str] = []

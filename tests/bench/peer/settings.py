"""Settings of the peer, as for production; where the database is comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

_ADDRESS = urlsplit(os.environ["PEER_DATABASE"])

DEBUG = False
SECRET_KEY = "only a bench signs with it, with demo data"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.bench.peer.views"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "tests.bench.peer",
]
AUTH_USER_MODEL = "peer.User"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _ADDRESS.path.lstrip("/") or "postgres",
        "USER": unquote(_ADDRESS.username or "postgres"),
        "PASSWORD": unquote(_ADDRESS.password or ""),
        "HOST": _ADDRESS.hostname or parse_qs(_ADDRESS.query).get("host", [""])[0],
        "PORT": str(_ADDRESS.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": "-c jit=off -c random_page_cost=1.1", "server_side_binding": True},
    }
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "tests.bench.peer.views.frame",
            ],
            "loaders": [
                ("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])
            ],
        },
    }
]
USE_I18N, USE_TZ = True, True
LANGUAGE_CODE, TIME_ZONE = "zh-hans", "Asia/Shanghai"
LANGUAGES = [("zh-hans", "简体"), ("zh-hant", "繁體")]

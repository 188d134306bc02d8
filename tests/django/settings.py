"""The settings of a project that hosts klimaflow."""

import os
from typing import Any

SECRET_KEY = "for the tests only"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "tests.django.urls"
USE_TZ = True
TIME_ZONE = "Europe/Copenhagen"
LANGUAGE_CODE = "da"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "klimaflow.contrib.django",
    "tests.django.host",
]
KLIMAFLOW_PROCEDURES = ["klimaalliancen-2024"]

SQLITE = os.environ.get("KLIMAFLOW_SQLITE", "cases.sqlite3")
BACKENDS: dict[str, Any] = {
    "sqlite": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SQLITE,
        "TEST": {"NAME": SQLITE},
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA",
        },
    },
    "postgresql": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres"},
}
DATABASES = {"default": BACKENDS[os.environ.get("KLIMAFLOW_DJANGO", "sqlite")]}
DATABASES["default"]["ATOMIC_REQUESTS"] = True

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

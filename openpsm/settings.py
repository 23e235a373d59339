"""Settings, read from `OPENPSM_*` variables or a `.env` file; the program runs without any of them."""

import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env

BASE_DIR = Path(__file__).resolve().parent
env = Env(prefix="OPENPSM_", expand_vars=False)
env.read_env(str(Path.cwd() / ".env"), recurse=False)


def _kept_secret(path: Path) -> str:
    """Return the secret kept in the data folder, making it on the first start (readable by its owner only)."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        if not path.read_text():
            path.write_text(secrets.token_urlsafe(64))
    return path.read_text().strip()


def _one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
    chosen = env.str(name, default)
    if chosen not in allowed:
        raise ImproperlyConfigured(f"OPENPSM_{name} is {chosen!r}; it must be one of {', '.join(allowed)}.")
    return str(chosen)


def _database() -> dict[str, Any]:
    url = env.str("DATABASE_URL", f"sqlite:///{OPENPSM_DATA_DIR / 'openpsm.sqlite3'}")
    config: dict[str, Any] = env.dj_db_url("DATABASE_URL", url, conn_max_age=None, conn_health_checks=True)
    if config["ENGINE"].endswith("sqlite3"):
        config.pop("CONN_HEALTH_CHECKS", None)
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;",
        }
        config["TEST"] = {"NAME": str(OPENPSM_DATA_DIR / "test.sqlite3")}
    elif config["ENGINE"].endswith("postgresql"):
        # questions are short and many: compiling one takes longer than it saves
        config["OPTIONS"] = {"options": "-c jit=off", **config.get("OPTIONS", {})}
    else:
        raise ImproperlyConfigured("OPENPSM_DATABASE_URL must begin with sqlite:/// or postgres://.")
    return config


OPENPSM_DATA_DIR = Path(env.str("DATA_DIR", str(Path.cwd() / "data"))).resolve()
OPENPSM_DATA_DIR.mkdir(parents=True, exist_ok=True)
OPENPSM_BASE_URL = env.str("BASE_URL", "http://127.0.0.1:8000")
OPENPSM_CURRENCY = env.str("CURRENCY", "CNY")
OPENPSM_TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
OPENPSM_ATTACHMENT_MB = env.int("ATTACHMENT_MB", 20)
OPENPSM_MEDIA_QUOTA_MB = env.int("MEDIA_QUOTA_MB", 50_000)
OPENPSM_BACKUP_DIR = env.str("BACKUP_DIR", "")  # empty: no backups by themselves
OPENPSM_AUDIT_KEY = env.str("AUDIT_KEY", "")  # empty: kept in audit.key of the data folder

SECRET_KEY = env.str("SECRET_KEY", "") or _kept_secret(OPENPSM_DATA_DIR / "secret.key")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [OPENPSM_BASE_URL] if OPENPSM_BASE_URL.startswith("https://") else []

INSTALLED_APPS = [
    "openpsm.core.apps.CoreConfig",
    "openpsm.org.apps.OrgConfig",
    "openpsm.accounts.apps.AccountsConfig",
    "openpsm.catalog.apps.CatalogConfig",
    "openpsm.process.apps.ProcessConfig",
    "openpsm.projects.apps.ProjectsConfig",
    "openpsm.registrations.apps.RegistrationsConfig",
    "openpsm.evaluation.apps.EvaluationConfig",
    "openpsm.buying.apps.BuyingConfig",
    "openpsm.activities.apps.ActivitiesConfig",
    "openpsm.duplicates.apps.DuplicatesConfig",
    "openpsm.insights.apps.InsightsConfig",
    "openpsm.exchange.apps.ExchangeConfig",
    "openpsm.web.apps.WebConfig",
    "openpsm.api.apps.ApiConfig",
    "openpsm.cli.apps.CliConfig",
    "django_tasks",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "openpsm.core.middleware.RequestContext",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "openpsm.web.middleware.SignedIn",
    "openpsm.web.middleware.UserLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "openpsm.core.middleware.SecurityHeaders",
]

ROOT_URLCONF = "openpsm.urls"
WSGI_APPLICATION = "openpsm.wsgi.application"
APPEND_SLASH = False

FORM_RENDERER = "openpsm.web.forms.base.Renderer"
_loaders = ["openpsm.web.loading.TidyLoader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "OPTIONS": {
            "loaders": _loaders if DEBUG else [("django.template.loaders.cached.Loader", _loaders)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "openpsm.web.context.frame",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "openpsm.web.templatetags.psm"],
        },
    }
]

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

TASKS = {"default": {"BACKEND": "openpsm.core.jobs.backend.OutboxBackend", "QUEUES": []}}

AUTH_USER_MODEL = "org.User"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/today"
LOGOUT_REDIRECT_URL = "/login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
PASSWORD_RESET_TIMEOUT = 30 * 60
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["openpsm.org.sessions.Backend"]

_secure = OPENPSM_BASE_URL.startswith("https://")
SESSION_ENGINE = "openpsm.org.sessions"
MESSAGE_TAGS = {40: "danger"}  # what Django calls error has no look of that name
SESSION_COOKIE_NAME = "__Host-openpsm" if _secure else "openpsm"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if _secure else "csrftoken"
CSRF_FAILURE_VIEW = "openpsm.web.views.errors.csrf_failure"
SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", _secure)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OPENPSM_TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = _one_of("LANGUAGE", ("zh-hans", "en"), "zh-hans")
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["openpsm.formats"]
TIME_ZONE = env.str("TIME_ZONE", "Asia/Shanghai")
USE_I18N = USE_TZ = True
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _secure

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "web" / "static"]
STATIC_ROOT = OPENPSM_DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
MEDIA_ROOT = OPENPSM_DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600

EMAIL_CONFIG = env.dj_email_url("EMAIL_URL", "console://")
vars().update({key: value for key, value in EMAIL_CONFIG.items() if key.startswith("EMAIL_")})
DEFAULT_FROM_EMAIL = EMAIL_CONFIG.get("DEFAULT_FROM_EMAIL") or "openpsm@localhost"

NINJA_PAGINATION_MAX_LIMIT = 200
SILENCED_SYSTEM_CHECKS = [] if _secure else ["security.W004", "security.W008", "security.W012", "security.W016"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"structured": {"()": "openpsm.core.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
}

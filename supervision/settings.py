"""One settings file for every environment. Every value that differs between environments is read through `env`."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from supervision import env

BASE_DIR = env.ROOT
DATA_DIR = env.DATA_DIR

SECRET_KEY = env.text("MIDSHIFT_SECRET_KEY")
SEAL_KEYS = env.keys("MIDSHIFT_SEAL_KEYS")
DEBUG = env.flag("MIDSHIFT_DEBUG", default=False)
PUBLIC_URL = env.url("MIDSHIFT_PUBLIC_URL", "http://127.0.0.1:8321", schemes=("http", "https"))
ALLOWED_HOSTS = env.words("MIDSHIFT_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SERVED_OVER_TLS = PUBLIC_URL.startswith("https:")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "supervision.apps.MidshiftAdminConfig",
    "channels",
    "csp",
    "django_htmx",
    "template_partials",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "apps.shared",
    "apps.ui",
    "apps.access",
    "apps.agents",
    "apps.interactions",
    "apps.analysis",
    "apps.reviews",
    "apps.metrics",
    "apps.alerts",
    "apps.coaching",
    "apps.learning",
    "apps.routing",
    "apps.tuning",
    "apps.interventions",
    "apps.connectors",
    "apps.live",
    "apps.console",
    "apps.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.access.middleware.VerbMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Default deny: a view is only open to strangers when it says so.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "apps.access.middleware.SessionAgeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.access.middleware.ViewerMiddleware",
    "apps.access.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "supervision.urls"
ASGI_APPLICATION = "supervision.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.ui.context_processors.portal",
            ],
            "builtins": ["apps.ui.templatetags.ui"],
        },
    }
]

# Most connections that the threads of one process share; 0: each thread keeps its own. The web process has a pool
# (supervision/asgi.py); a Celery worker's processes do one thing at a time and need none.
DB_POOL = env.number("MIDSHIFT_DB_POOL", 0)
# A request waits so many seconds for a connection. A server that is away is asked again about as often: without the second
# number the pauses between attempts double, and a pool would be without connections long after the server is back.
PATIENCE = {"timeout": 5, "reconnect_timeout": 5}
# How long one statement may take before the database stops it; 0: as long as it needs. The web process has a limit
# (supervision/asgi.py): nobody waits longer for a page, and no question holds a connection for ever. Workers have none.
STATEMENT_SECONDS = env.number("MIDSHIFT_STATEMENT_SECONDS", 0)
DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        "CONN_MAX_AGE": 0 if DB_POOL else env.number("MIDSHIFT_DB_CONN_MAX_AGE_SECONDS", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "application_name": "midshift",
            **({"options": f"-c statement_timeout={STATEMENT_SECONDS}s"} if STATEMENT_SECONDS else {}),
            **({"pool": {"min_size": min(2, DB_POOL), "max_size": DB_POOL, **PATIENCE}} if DB_POOL else {}),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))
CHANNEL_LAYERS = {
    "default": {
        # Pub/sub and not the core layer: a hint costs one PUBLISH, nothing is stored, and a killed process leaves no group
        # membership behind. What is missed while the bus is away is made good by the hub, which renders everything again.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            # redis-py >= 8 gives sockets a 5 s time-out, which would end every idle subscription.
            "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
            "prefix": "midshift",
        },
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = env.url(
    "CELERY_BROKER_URL",
    REDIS_URL.replace("unix://", "redis+socket://"),
    schemes=("redis", "rediss", "redis+socket", "amqp", "amqps", "memory"),
)

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.access.passwords.WornPasswordValidator"},
]
# Whether team leads and above need a code beside their password. Off only where there is nothing to protect; whoever has
# set one up is asked for it all the same.
SECOND_FACTOR = env.flag("MIDSHIFT_SECOND_FACTOR", default=True)
# Proxies whose X-Forwarded-For is believed; nobody else's is.
TRUSTED_PROXIES = env.networks("MIDSHIFT_TRUSTED_PROXIES")
GUARDIAN_RAISE_403 = False
GUARDIAN_USER_OBJ_PERMS_MODEL = "guardian.UserObjectPermission"
# No row that stands for everybody: what nobody granted is refused.
ANONYMOUS_USER_NAME = None
# Grants are read through the viewer, never through a backend that would also ask global permissions.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

LOGIN_URL = "signin"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "signin"
# One shift at the most, and half an hour in which nobody does anything.
SESSION_ENGINE = "apps.access.session_store"
SESSION_LASTS, SESSION_IDLE = timedelta(hours=12), timedelta(minutes=30)
SESSION_COOKIE_AGE = int(SESSION_LASTS.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVED_OVER_TLS
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_OVER_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVED_OVER_TLS else None
# Other sites get nothing. "no-referrer" would also hide the origin of our own forms, which the CSRF check needs.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Notices go out by e-mail once a server is named; without one nobody is offered them.
MAIL = urlsplit(env.url("MIDSHIFT_MAIL_URL", "", schemes=("smtp", "smtps")))
MAIL_IS_ON = bool(MAIL.hostname)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL_IS_ON else 'dummy'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = MAIL.hostname or "", MAIL.port or (465 if MAIL.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(MAIL.username or ""), unquote(MAIL.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL.scheme == "smtps", MAIL.scheme == "smtp" and bool(MAIL.username)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.text("MIDSHIFT_MAIL_FROM", "midshift@localhost")

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "apps.ui.finders.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Midshift",
    "DESCRIPTION": "Send what happens on the floor; read what it means.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.connectors.api_description.describe_no_address",
        "apps.connectors.api_description.describe_door",
    ],
}

# How the parts are joined. Apps on one layer do not know each other, so they find each other here.
PIPELINE = "supervision.pipeline.PIPELINE"
SCHEDULE = "supervision.celery.SCHEDULE"
LATE_SOURCES = "apps.connectors.lateness.late_sources"
HOLIDAYS = "apps.metrics.calendars.holidays"
LIVE_REGIONS = "supervision.regions.REGIONS"
NAVIGATION = "apps.console.navigation.navigation_for"

# A second reader of moods, where its packages are installed (requirements-nlp.in).
SECOND_TIER = env.flag("MIDSHIFT_SECOND_TIER", default=True)

# Retention in days, as long as no admin has set another: raw deliveries and the values behind masks are sealed and live
# shorter than masked text and events.
RETENTION_DAYS = {
    "deliveries": env.number("MIDSHIFT_KEEP_DELIVERIES_DAYS", 7, at_least=1),
    "originals": env.number("MIDSHIFT_KEEP_ORIGINALS_DAYS", 90, at_least=1),
    "messages": env.number("MIDSHIFT_KEEP_MESSAGES_DAYS", 400, at_least=1),
    "events": env.number("MIDSHIFT_KEEP_EVENTS_DAYS", 400, at_least=1),
    "samples": env.number("MIDSHIFT_KEEP_SAMPLES_DAYS", 60, at_least=1),
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": "ext://supervision.log_format.PROCESSORS",
            "foreign_pre_chain": "ext://supervision.log_format.SHARED",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    # One line a request of our own client would drown everything else.
    "loggers": {"httpx": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env.text("MIDSHIFT_LOG_LEVEL", "INFO")},
}

"""Real servers for `make test-services`: do all three answer, are they new enough, and may we make a database?"""

from __future__ import annotations

import getpass
import os

import psycopg
import redis
from kombu import Connection

OLDEST_POSTGRES = 15
OLDEST_REDIS = 7


class NotUsable(Exception):
    """A service does not answer or is not what the suite needs; the message says which and why."""


def database() -> str:
    """Return TEST_DATABASE_URL, or the usual address under the usual accounts.

    :raises NotUsable: none of them lets us in, the server is too old, or we may not make a database.
    """
    named = os.environ.get("TEST_DATABASE_URL")
    usual = [f"postgresql://{user}@127.0.0.1:5432/postgres" for user in ("postgres", getpass.getuser())]
    reason = ""
    for url in [named] if named else usual:
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                version = connection.info.server_version // 10000
                row = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
                may = bool((row.fetchone() or [False])[0])
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
            continue
        if version < OLDEST_POSTGRES:
            raise NotUsable(f"PostgreSQL is version {version}; expected {OLDEST_POSTGRES} or newer.")
        if not may:
            reason = "the account may not make a database for the tests"
            continue
        return url
    raise NotUsable(f"PostgreSQL cannot be used ({reason}). Set TEST_DATABASE_URL.")


def cache() -> str:
    """Return TEST_REDIS_URL or the usual address.

    :raises NotUsable: it does not answer or is too old.
    """
    url = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            version = str(client.info("server")["redis_version"])
    except redis.RedisError as error:
        raise NotUsable(f"Redis does not answer ({type(error).__name__}). Set TEST_REDIS_URL.") from error
    if int(version.split(".")[0]) < OLDEST_REDIS:
        raise NotUsable(f"Redis is version {version}; expected {OLDEST_REDIS} or newer.")
    return url


def broker() -> str:
    """Return TEST_CELERY_BROKER_URL or the usual address of RabbitMQ.

    :raises NotUsable: it does not answer.
    """
    url = os.environ.get("TEST_CELERY_BROKER_URL") or "amqp://guest:guest@127.0.0.1:5672//"
    try:
        with Connection(url, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, timeout=5)
    except OSError as error:
        raise NotUsable(f"RabbitMQ does not answer ({type(error).__name__}). Set TEST_CELERY_BROKER_URL.") from error
    return url


def given() -> dict[str, str]:
    """Return the three URLs.

    :raises SystemExit: one of them cannot be used.
    """
    try:
        return {"DATABASE_URL": database(), "REDIS_URL": cache(), "CELERY_BROKER_URL": broker()}
    except NotUsable as error:
        raise SystemExit(str(error)) from error


def report() -> int:
    """Print what answers; 0 when all three can be used."""
    usable = True
    for find in (database, cache, broker):
        try:
            find()
        except NotUsable as error:
            usable = False
            print(f"  {error}")
    return 0 if usable else 1

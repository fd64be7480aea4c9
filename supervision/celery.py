"""Celery is the bell: the work itself lies in PostgreSQL. Tasks and the beat schedule on one page."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import task_postrun, task_prerun, worker_init, worker_ready

from supervision import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")

# The health page tells of each when it was last done.
SCHEDULE: dict[str, dict[str, Any]] = {
    # Sweeps: what a lost bell left behind is found within a second or two.
    "absorb waiting deliveries": {"task": "connectors.absorb", "schedule": 1.0, "options": {"expires": 2}},
    "dispatch announced facts": {"task": "shared.dispatch", "schedule": 1.0, "options": {"expires": 2}},
    # Numbers follow what happened at once, by a bell; what was read in messages, and what a lost bell left behind, by this.
    "recount what was marked": {"task": "metrics.recount", "schedule": 0.5, "options": {"expires": 1}},
    # What is usual follows the last 28 days; a floor that begins has one within minutes of its seventh day.
    "learn what is usual": {"task": "metrics.learn_baselines", "schedule": 300.0, "options": {"expires": 240}},
    # On the minute: what moves without an event is looked at and kept.
    "sample the gauges": {"task": "metrics.sample", "schedule": crontab(), "options": {"expires": 50}},
    "forget old samples": {"task": "metrics.forget_samples", "schedule": 3600.0},
    # Moods follow what customers write within a second.
    "read what was marked": {"task": "analysis.read", "schedule": 0.5, "options": {"expires": 1}},
    "learn second opinions": {"task": "analysis.learn_intents", "schedule": 600.0, "options": {"expires": 300}},
    "forget old readings": {"task": "analysis.forget", "schedule": 3600.0},
    # Waits pass their limits without an event: prompt rules are looked at every second, and at once when something happened.
    "watch prompt rules": {"task": "alerts.watch", "schedule": 0.5, "options": {"expires": 1}},
    "evaluate rules of the grid": {"task": "alerts.evaluate", "schedule": 5.0, "options": {"expires": 5}},
    "send notices": {"task": "alerts.deliver", "schedule": 2.0, "options": {"expires": 2}},
    "see that rules are evaluated": {"task": "alerts.guard", "schedule": 20.0, "options": {"expires": 15}},
    "forget old evaluations": {"task": "alerts.forget", "schedule": 3600.0},
    # Each plan draws at its hour; a draw that did not work is tried again within the quarter of an hour.
    "draw what is to be reviewed": {"task": "reviews.draw", "schedule": 60.0, "options": {"expires": 50}},
    # Automatic scores are for weeks, not for the minute: a bounded part of what is new at each look.
    "mark as a machine would": {"task": "reviews.score_automatically", "schedule": 300.0, "options": {"expires": 240}},
    "end examples whose time is over": {"task": "learning.keep", "schedule": 3600.0},
    # A diversion past its time holds no longer by itself; this writes it down and tells the platform.
    "return what was diverted": {"task": "routing.return_due", "schedule": 5.0, "options": {"expires": 5}},
    "judge what was done": {"task": "interventions.verify", "schedule": 10.0, "options": {"expires": 10}},
    # Weekly patterns are written out as the weeks go by.
    "plan shifts ahead": {"task": "agents.plan_ahead", "schedule": 3600.0, "options": {"expires": 3000}},
    # Once a person and shift, within minutes of its end.
    "mail reports of shifts": {"task": "interventions.mail_reports", "schedule": 300.0, "options": {"expires": 240}},
    "keep partitions ahead": {"task": "interactions.keep_partitions", "schedule": 3600.0},
    "purge old deliveries": {"task": "connectors.purge", "schedule": 3600.0},
    # What a customer was promised to be erased is gone within a minute.
    "wipe kept deliveries": {"task": "connectors.wipe", "schedule": 20.0, "options": {"expires": 15}},
    "forget handled facts": {"task": "shared.forget", "schedule": 600.0},
}

app = Celery("midshift")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=False,  # a lost bell is swept up; a re-queued poison task would loop
    worker_prefetch_multiplier=1,
    worker_max_memory_per_child=512 * 1024,  # KiB; a process that grew beyond it is replaced after its task
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    task_default_queue="ingest",
    task_routes={
        "connectors.*": {"queue": "ingest"},
        "shared.*": {"queue": "ingest"},
        "agents.*": {"queue": "reports"},
        "interactions.*": {"queue": "reports"},
        "reviews.*": {"queue": "reports"},
        "learning.*": {"queue": "reports"},
        "metrics.*": {"queue": "metrics"},
        "analysis.*": {"queue": "analysis"},
        # Learning takes seconds, in which nobody's message would be read.
        "analysis.learn_intents": {"queue": "reports"},
        "alerts.*": {"queue": "alerts"},
        # Beside the others: it tells when those are dead.
        "alerts.guard": {"queue": "metrics"},
        # A receiver that hangs must not keep rules from being evaluated.
        "alerts.deliver": {"queue": "reports"},
        # A mail server that hangs must not keep verdicts waiting.
        "interventions.mail_reports": {"queue": "reports"},
        "interventions.*": {"queue": "metrics"},
        "routing.*": {"queue": "alerts"},
    },
    beat_schedule=SCHEDULE,
    # Celery lets go of the database around every task, unless it is told after how many: fifteen sessions a second on a busy
    # floor, each of which learns the catalogue anew. When a connection is too old or broken is Django's to say (_reconnect).
    CELERY_DB_REUSE_MAX=sys.maxsize,
)
app.autodiscover_tasks()


def _felt(sender: Any = None, task: Any = None, **_: Any) -> None:
    from django.utils import timezone

    from apps.shared import pulse

    pulse.felt(task=sender.name, worker=str(task.request.hostname or ""), at=timezone.now())


@worker_init.connect
def _beat(**_: Any) -> None:
    """Workers, and nobody else who runs a task, leave a sign of life after each."""
    task_postrun.connect(_felt, weak=False)


def _reconnect(**_: Any) -> None:
    """Begin a task as a request begins: without a connection that is past its age, or that the last task left broken."""
    from django.db import close_old_connections

    close_old_connections()


@worker_init.connect
def _keep_connected(**_: Any) -> None:
    """Workers alone: a task that runs within a test, or within a page, has the connection of whoever calls it."""
    task_prerun.connect(_reconnect, weak=False)


@worker_init.connect
def _settle(**_: Any) -> None:
    """Before the processes that work are made, which share what was there until somebody writes on it."""
    memory.settle()


@worker_ready.connect
def _ahead(**_: Any) -> None:
    """A portal that was started just now has partitions ahead, rules and rubrics at once. Doing it again changes nothing."""
    app.send_task("interactions.keep_partitions", expires=60, retry=False)
    app.send_task("alerts.seed", expires=60, retry=False)
    app.send_task("reviews.seed", expires=60, retry=False)

"""Eight canaries through every input, found nowhere but in sealed columns. The real bus, broker and socket carry them.

What `test_nothing_unsealed` asks of the door with values of its own is asked here of every input there is, with the canaries
of the specification: events, files, every form in which somebody may type what a customer said, the sign-in. Redis is
listened to by MONITOR, so keys, values, hints and task arguments are seen as they travel.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from celery.signals import before_task_publish
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from websockets.sync.client import connect

from apps.access.masking import Masked
from apps.access.models import User
from apps.access.viewer import Viewer
from apps.connectors import services as connectors
from apps.connectors.door import Door
from apps.connectors.tasks import absorb
from apps.interactions.models import Conversation, Customer, Message, Queue
from apps.shared import outbox
from tests.connectors.test_door import door as door  # the real one, in front of nothing
from tests.connectors.test_door import post
from tests.console.floors import granted
from tests.contracts import test_nothing_unsealed as unsealed
from tests.contracts.payloads import CANARIES
from tests.contracts.tables import every_row
from tests.contracts.test_nothing_unsealed import Ear, seen_by
from tests.contracts.test_nothing_unsealed import cast as cast  # everybody
from tests.live.server import Server, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bells]

# As they might be found: as sent, without gaps, and what is telling in a part.
NEEDLES = [
    *CANARIES.values(), *(value.replace(" ", "") for value in CANARIES.values()), "canaryzqx7", "zqx7example", "ordzqx7", "Zyxander",
    "Quillfeather", "Zanzibar",
]  # fmt: skip
# As a word only: inside the random words of forms and links, of which every page has some, four signs stand by chance.
TELLING = re.compile(r"(?<![a-z0-9])zqx7(?![a-z0-9])")
ANYBODY = ", then ".join(value for kind, value in CANARIES.items() if kind != "name")
TEXT = f"{ANYBODY}. I am {CANARIES['name']}"


def leaks(told: dict[str, Any]) -> set[str]:
    """Places in which a canary stands, plainly, escaped for an address, or as hexadecimal digits of its bytes."""
    words = [needle.casefold() for needle in NEEDLES]
    words += [needle.encode().hex() for needle in NEEDLES] + [needle.casefold().replace(" ", "+") for needle in NEEDLES]
    return {
        place
        for place, text in told.items()
        if any(word in str(text).casefold() for word in words) or TELLING.search(str(text).casefold())
    }


@pytest.mark.parametrize("told", [
    "to canary.zqx7@example.test", "canary.zqx7", "zqx7@[email 1]", "'zqx7':1", "63616e6172792e7a717837406578616d706c652e74657374",
    "ordzqx7000123", "[order 1]-ZQX7-", "canaryzqx7exampletest", "miss quillfeather",
])  # fmt: skip
def test_a_canary_is_seen_whole_and_in_telling_parts(told: str) -> None:
    assert leaks({"page": f"<p>{told}</p>"}) == {"page"}


def test_four_signs_inside_a_random_word_are_no_canary() -> None:
    assert leaks({"page": '<input value="tZ8dzqX7kWmP0">'}) == set()


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The events of the other sweep, with these values."""
    values = {kind: CANARIES[kind] for kind in ("card", "iban", "email", "phone")}
    customer = {**unsealed.CUSTOMER, "name": CANARIES["name"], "email": CANARIES["email"], "phone": CANARIES["phone"]}
    for name, value in (
        ("PLANTED", values),
        ("NAME", CANARIES["name"]),
        ("TEXT", TEXT),
        ("ANYBODY", ANYBODY),
        ("CUSTOMER", customer),
    ):
        monkeypatch.setattr(unsealed, name, value)


def opened(command: str) -> list[str]:
    """What a command carries as base64, which is how tasks travel."""
    found = []
    for word in re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", command):
        try:
            found.append(base64.b64decode(word, validate=True).decode("utf-8"))
        except ValueError:
            continue
    return found


class Monitor:
    """Every command that Redis is given while it listens, as the server tells it."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self._client = redis.Redis.from_url(django_settings.REDIS_URL, socket_timeout=None)
        self._monitor = self._client.monitor()

    def __enter__(self) -> Monitor:
        self._monitor.__enter__()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def _listen(self) -> None:
        for told in self._monitor.listen():
            self.commands += [told["command"], *opened(told["command"])]
            if "monitor-ends" in told["command"]:
                return

    def __exit__(self, *_: object) -> None:
        # The commands come in the order in which the server takes them: this one is the last that matters.
        redis.Redis.from_url(django_settings.REDIS_URL).get("monitor-ends")
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()
        self._client.close()


class Published:
    """The arguments of every task as it is handed to the broker, whichever that is."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def __enter__(self) -> Published:
        before_task_publish.connect(self._published)
        return self

    def _published(self, sender: str = "", body: object = None, headers: object = None, **_: object) -> None:
        self.bodies.append(f"{sender} {body!r} {headers!r}")

    def __exit__(self, *_: object) -> None:
        before_task_publish.disconnect(self._published)


def is_redis_broker() -> bool:
    """Whether tasks travel through the server that is listened to as well."""
    return django_settings.CELERY_BROKER_URL.startswith(("redis", "rediss"))


@pytest.fixture
def server(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, plain_static: None) -> Iterator[Server]:
    """The web process with the real regions."""
    with serving(settings, tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def log(server: Server) -> Iterator[Ear]:
    """What is logged once the web process runs: its start sets logging up anew."""
    ear, root, level = Ear(), logging.getLogger(), logging.getLogger().level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    # The driver and the broker's client tell of every byte they send; nobody runs them so, and they are listened to by MONITOR.
    quiet = [logging.getLogger(name) for name in ("django.db.backends", "django.template", "websockets", "asyncio")]
    levels = [one.level for one in quiet]
    for one in quiet:
        one.setLevel(logging.INFO)
    yield ear
    for one, before in zip(quiet, levels, strict=True):
        one.setLevel(before)
    root.setLevel(level)
    root.removeHandler(ear)


def work_off() -> None:
    while connectors.absorb(at=timezone.now()) or outbox.dispatch(at=timezone.now()):
        continue


def frames_of(server: Server, viewer: Viewer, talk: Conversation, change: Callable[[], None]) -> list[str]:
    """The frames of a real socket that watches the conversation, the floor and the list while something changes."""
    client = Client()
    client.force_login(User.objects.get(pk=viewer.user.pk))
    watched = [
        {"region": "conversation.transcript", "params": {"conversation": str(talk.pk)}}, {"region": "floor.waiting", "params": {}},
        {"region": "queue.waiting", "params": {"queue": str(talk.queue_id)}}, {"region": "conversations.new", "params": {}},
    ]  # fmt: skip
    headers = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    found: list[str] = []
    with connect(
        f"ws://localhost:{server.port}/ws/live", additional_headers=headers, origin=server.url, max_size=None
    ) as ws:  # type: ignore[arg-type]
        ws.send(json.dumps({"watch": watched}))
        end, is_changed = time.monotonic() + 15, False
        while time.monotonic() < end:
            try:
                found.append(str(ws.recv(timeout=0.5)))
            except TimeoutError:
                if is_changed and any("a new line" in one for one in found):
                    break
            if not is_changed and any('"conversation.transcript"' in one for one in found):
                change()
                is_changed = True
    return found


def typed(client: Client, people: dict[str, Viewer], talk: Conversation) -> dict[str, str]:
    """Every form into which somebody may type what a customer said; the answers."""
    message = Message.objects.filter(conversation_id=talk.pk).earliest("sent_at")
    customer = Customer.objects.get(pk=talk.customer_id)
    forms: list[tuple[str, str, list[Any], dict[str, str]]] = [
        ("lena", "find", [], {"q": TEXT[:100]}), ("lena", "conversations", [], {"q": CANARIES["email"]}),
        ("lena", "open_values", [talk.pk, message.pk], {"placeholder": "email 9", "reason": TEXT}),
        ("lena", "audit", [], {"q": CANARIES["email"]}), ("adam", "audit", [], {"q": CANARIES["card"], "since": CANARIES["ip"]}),
        ("adam", "privacy", [], {"way": "email", "value": CANARIES["email"]}),
        ("adam", "privacy", [], {"way": "name", "value": CANARIES["name"]}),
        ("adam", "customer_data", [customer.pk], {"step": "erase", "reason": f"They wrote: {ANYBODY}"}),
        ("adam", "customer_data", [customer.pk], {"step": "hold", "reason": f"A court wrote: {ANYBODY}"}),
    ]  # fmt: skip
    answers = {}
    for name, place, args, form in forms:
        client.force_login(User.objects.get(pk=people[name].user.pk))
        answer = client.post(reverse(place, args=args), form)
        assert answer.status_code < 500
        # A field shows again what was typed into it, to whoever typed it and to nobody else.
        text = answer.content.decode()
        for value in form.values():
            text = text.replace(f'value="{value}"', "")
        answers[f"{name} {place} {form.get('step', form.get('way', ''))}"] = text
    client.logout()
    client.post(reverse("signin"), {"username": CANARIES["email"], "password": CANARIES["card"]})
    return answers


def failures(monkeypatch: pytest.MonkeyPatch, client: Client, people: dict[str, Viewer]) -> dict[str, str]:
    """A page and a task that fail with the values in their locals and in what they say."""

    def fails(*_: object, **__: object) -> None:
        everything = TEXT
        raise RuntimeError(f"the row {everything.replace(CANARIES['name'], '')} was refused")

    client.force_login(User.objects.get(pk=people["lena"].user.pk))
    client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr("apps.console.conversations.listing", fails)
        page = client.get(reverse("conversations"))
        assert page.status_code == 500
        patched.setattr("apps.connectors.services.absorb", fails)
        told = absorb.apply()
        assert told.failed()
        logging.getLogger("celery.app.trace").error("Task failed: %s", told.result, exc_info=told.result)
    return {"a page that fails": page.content.decode()}


def test_the_canaries_are_found_nowhere_but_sealed(
    door: Door, log: Ear, cast: dict[str, Viewer], client: Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Monitor() as heard, Published() as published:
        _, token = connectors.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
        sent = unsealed.events()
        answers = [
            post(door, body, token).text
            for body in (sent, [{**sent[0], "id": "bad", "data": {"conversation_id": TEXT}}])
        ]
        work_off()
        talk, queue = Conversation.objects.get(), Queue.objects.get()
        granted(cast["lena"], queue=queue)

        def one_more() -> None:
            new = {
                **sent[5],
                "id": "later",
                "data": {**sent[5]["data"], "message_id": "later", "text": f"a new line {TEXT}"},
            }
            answers.append(post(door, [new], token).text)
            work_off()

        frames = frames_of(server, cast["lena"], talk, one_more)
        forms = typed(client, cast, talk)
        failed = failures(monkeypatch, client, cast)
        pages = seen_by(cast, client)
    assert any(("a new line" in one and "[name 1]" in one) or "name 1" in one for one in frames)
    assert any(one.startswith("PUBLISH") for one in heard.commands)
    assert published.bodies
    if is_redis_broker():
        assert any('"expires"' in one or "[[], {" in one for one in heard.commands)
    assert any("was refused" in line for line in log.lines)
    tables = every_row()
    assert len(tables["interactions_sealedvalue"]) > 60
    told = {
        "frames": frames, "redis": heard.commands, "tasks": published.bodies, "log": log.lines, "answers of the door": answers, "mail": [m.message() for m in mail.outbox],
        **pages, **forms, **failed, **tables,
    }  # fmt: skip
    assert len(told) > 150
    assert leaks(told) == set()


def test_the_sweep_can_fail(
    door: Door, log: Ear, cast: dict[str, Viewer], client: Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the mask each of the ways tells: the sweep listens to every one of them."""
    monkeypatch.setattr("apps.interactions.seals.mask", lambda text, known, among, **_: Masked(text, among))
    monkeypatch.setattr("supervision.log_format.mask", lambda text: Masked(text, ()))
    with Monitor() as heard, Published() as published:
        _, token = connectors.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
        sent = unsealed.events()
        post(door, sent, token)
        work_off()
        talk, queue = Conversation.objects.get(), Queue.objects.get()
        granted(cast["lena"], queue=queue)

        def one_more() -> None:
            new = {
                **sent[5],
                "id": "later",
                "data": {**sent[5]["data"], "message_id": "later", "text": f"a new line {TEXT}"},
            }
            post(door, [new], token)
            work_off()

        frames = frames_of(server, cast["lena"], talk, one_more)
        failures(monkeypatch, client, cast)
        # What a careless task would carry.
        absorb.apply_async(kwargs={"text": TEXT}, ignore_result=True, retry=False)
    ways = {"frames": frames, "tasks": published.bodies, "log": log.lines}
    if is_redis_broker():
        ways["redis"] = heard.commands
    assert leaks(ways) == set(ways)
    assert {"interactions_message", "interactions_conversation"} <= leaks(every_row())

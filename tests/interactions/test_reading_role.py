"""The third net: with the queryset and the object check open, PostgreSQL itself shows no row of what is not one's own."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from apps.access.models import User
from apps.access.services import give_grant, take_grant
from apps.access.viewer import Viewer, viewer_for
from apps.agents.models import Agent
from apps.console import transcript as told
from apps.console.conversations import rows_of
from apps.interactions import reading_role
from apps.interactions.models import (
    Conversation,
    ConversationEvent,
    ConversationQuerySet,
    Customer,
    Message,
    Queue,
    SealedValue,
)
from apps.interactions.quotes import quotes
from apps.interactions.reading_role import reading
from apps.interactions.showing import Text, shown
from apps.ui.masked import Chip
from tests.interactions.test_disclosures import told as talked

pytestmark = pytest.mark.django_db
CAST = ("lena", "quentin", "asha", "nils", "mona", "olu", "adam")


@pytest.fixture
def message(lena: Viewer, quentin: Viewer, asha: Viewer) -> Message:
    """A conversation of Lena's and Quentin's queue that Asha holds."""
    found = talked(lena=lena, quentin=quentin)
    Agent.objects.filter(name="Asha Rao").update(user=asha.user)
    return found


def rows(viewer: Viewer, conversation: object) -> tuple[int, int]:
    """How many messages and events; what is sealed is seen exactly with the messages it is of."""
    with reading(viewer=viewer, conversations=[conversation]):  # type: ignore[arg-type]
        assert SealedValue.objects.exists() == Message.objects.exists()
        return Message.objects.count(), ConversationEvent.objects.count()


def test_the_net_is_there(db: None) -> None:
    assert reading_role.is_there()


def test_everybody_sees_what_the_matrix_says(message: Message, request: pytest.FixtureRequest) -> None:
    """The row transcript.view, told by the database alone."""
    seen = {name for name in CAST if rows(request.getfixturevalue(name), message.conversation_id) != (0, 0)}
    assert seen == {"lena", "quentin", "asha", "mona"}


def test_the_page_of_a_stranger_is_empty_with_the_other_nets_open(
    message: Message, nils: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConversationQuerySet, "visible_to", lambda self, viewer: self)
    found = told.transcript(viewer=nils, pk=message.conversation_id, at=message.sent_at)
    assert [one for one in found.items if isinstance(one, told.Said)] == []
    monkeypatch.setattr(reading_role, "is_there", lambda: False)
    found = told.transcript(viewer=nils, pk=message.conversation_id, at=message.sent_at)
    assert len([one for one in found.items if isinstance(one, told.Said)]) == 1


def test_the_line_in_a_list_and_a_value_are_not_shown_with_the_other_nets_open(
    message: Message, nils: Viewer, lena: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists and what stands behind marks: of a list of several conversations each is judged by itself."""
    monkeypatch.setattr(ConversationQuerySet, "visible_to", lambda self, viewer: self)
    asked = {"keys": [message.conversation_id], "is_counted": True}
    assert [one.line for one in rows_of(viewer=lena, **asked)] != [""]
    assert [one.line for one in rows_of(viewer=nils, **asked)] == [""]
    said = [Text(message.text, message.pk, message.conversation_id)]
    chips = {
        who.user.username: [one for one in shown(viewer=who, texts=said, is_counted=True, is_openable=True)[0].pieces
                            if isinstance(one, Chip)]
        for who in (lena, nils)
    }  # fmt: skip
    assert any(one.href for one in chips["lena"])
    assert not any(one.href or one.hint or one.value for one in chips["nils"])
    assert chips["nils"]
    assert quotes(viewer=nils, messages=[message.pk]) == {}
    monkeypatch.setattr(reading_role, "is_there", lambda: False)
    assert [one.line for one in rows_of(viewer=nils, **asked)] != [""]
    assert quotes(viewer=nils, messages=[message.pk]) != {}


def test_another_conversation_than_the_one_that_is_read_has_no_rows(message: Message, lena: Viewer) -> None:
    other = Conversation.objects.create(
        id=message.pk, source="shop", external_id="x", queue=Queue.objects.get(), started_at=message.sent_at,
        last_event_at=message.sent_at,
    )  # fmt: skip
    assert rows(lena, other.pk) == (0, 0)
    assert rows(lena, message.conversation_id)[0] == 1


def test_in_the_role_nothing_else_can_be_read_and_nothing_changed(message: Message, lena: Viewer) -> None:
    for forbidden in (
        lambda: Customer.objects.count(),
        lambda: User.objects.count(),
        lambda: Message.objects.update(text="x"),
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            reading(viewer=lena, conversations=[message.conversation_id]),
        ):
            forbidden()
    assert Message.objects.get().text != "x"


def test_nothing_stays_on_the_connection(message: Message, lena: Viewer) -> None:
    rows(lena, message.conversation_id)
    assert Customer.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role'), current_setting('midshift.viewer', true)")
        assert cursor.fetchone() == ("none", "")


def test_an_account_that_is_switched_off_sees_nothing(message: Message, lena: Viewer) -> None:
    User.objects.filter(pk=lena.user.pk).update(is_active=False)
    assert rows(lena, message.conversation_id) == (0, 0)


def test_the_net_knows_the_same_bounds_as_the_queryset(
    message: Message, adam: Viewer, nils: Viewer, lena: Viewer, noon: datetime
) -> None:
    """Two tellings of one rule, held against each other over every kind of bound."""
    queue, works = Queue.objects.get(), "interactions.work_queue"
    ended = Conversation.objects.get().last_event_at

    def agree(viewer: Viewer) -> bool:
        seen = Conversation.objects.visible_to(viewer_for(viewer.user)).exists()
        assert (rows(viewer, message.conversation_id)[0] > 0) == seen
        return seen

    told_ = [agree(nils)]
    for minutes in (-5, 5):
        at = ended + timedelta(minutes=minutes)
        give_grant(by=adam, user=nils.user, on=queue, permission=works, at=at)
        told_.append(agree(nils))
        take_grant(by=adam, user=nils.user, on=queue, permission=works, at=at + timedelta(minutes=1))
        told_.append(agree(nils))
        take_grant(by=adam, user=nils.user, on=queue, permission=works, at=at, with_past=True)
        told_.append(agree(nils))
    take_grant(by=adam, user=lena.user, on=queue, permission=works, at=ended + timedelta(minutes=1))
    told_.append(agree(lena))
    assert told_ == [False, True, False, False, False, False, False, True]

"""What may be shared, who is asked, who sees it, and when it is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.access.models import AuditEntry, RetentionPolicy
from apps.access.policy import Level
from apps.agents.models import Agent
from apps.interactions.erasure import erase
from apps.interactions.facts import CustomerErased
from apps.interactions.models import CustomerRequest, Hold, Message, SealedValue
from apps.learning import queries, services
from apps.learning.models import End, Exemplar
from apps.learning.services import ExemplarRefused
from apps.reviews.models import Rubric
from apps.shared.errors import NotAllowed, OutOfScope
from apps.ui.masked import Chip
from tests.learning.conftest import Shop, asked, said_by, shared

pytestmark = pytest.mark.django_db


def sees(shop: Shop, who: str, one: Exemplar, at: datetime) -> bool:
    viewer = getattr(shop, who, None) or getattr(shop.floor, who)
    return Exemplar.objects.visible_to(viewer, at).filter(pk=one.pk).exists()


def test_nobody_but_who_shared_it_and_who_is_asked_sees_it_before_the_answer(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon, is_open=False)
    assert [who for who in ("quentin", "asha", "ben", "lena", "nils", "zoe") if sees(shop, who, one, noon)] == [
        "quentin",
        "asha",
    ]
    assert queries.asked_of(viewer=shop.floor.asha, at=noon) == 1
    services.answer(by=shop.floor.asha, pk=one.pk, is_given=True, at=noon)
    assert queries.asked_of(viewer=shop.floor.asha, at=noon) == 0
    assert [who for who in ("quentin", "asha", "ben", "lena", "nils", "zoe") if sees(shop, who, one, noon)] == [
        "quentin", "asha", "ben", "lena",
    ]  # fmt: skip


def test_one_no_ends_it_for_good(shop: Shop, noon: datetime) -> None:
    said_by(shop, shop.colleague, noon)
    one = shared(shop, noon)
    assert not sees(shop, "lena", one, noon)  # the colleague speaks in it too, and was not heard
    services.answer(by=shop.ben, pk=one.pk, is_given=False, at=noon)
    one.refresh_from_db()
    assert one.ended == End.DECLINED
    with pytest.raises(OutOfScope):
        services.answer(by=shop.ben, pk=one.pk, is_given=True, at=noon)


def test_a_yes_can_be_taken_back_at_any_time(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon)
    later = noon + timedelta(days=100)
    services.answer(by=shop.floor.asha, pk=one.pk, is_given=False, at=later)
    assert not any(sees(shop, who, one, later) for who in ("quentin", "asha", "ben", "lena", "mona"))


def test_only_whose_words_they_are_answer(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon, is_open=False)
    for viewer in (shop.floor.quentin, shop.ben, shop.floor.lena, shop.floor.mona):
        with pytest.raises(OutOfScope):
            services.answer(by=viewer, pk=one.pk, is_given=True, at=noon)


def test_every_reader_is_shown_bare_placeholders_whatever_the_policy_shows_elsewhere(
    shop: Shop, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = shared(shop, noon)
    SealedValue.objects.create(
        message_id=shop.floor.said[0],
        conversation_id=shop.floor.talk.pk,
        kind="card",
        number=1,
        hint="1111",
        sealed=b"x",
    )
    shows_all = {role: {"card": Level.PARTLY} for role in ("agent", "qa", "lead", "qa_manager")}
    monkeypatch.setattr("apps.access.policy.current", lambda: shows_all)
    for viewer in (shop.ben, shop.floor.quentin, shop.floor.lena, shop.floor.mona):
        told = queries.get_told(viewer=viewer, pk=one.pk, at=noon)
        [chip] = [piece for piece in told.words[0].text.pieces if isinstance(piece, Chip)]
        assert (chip.label, chip.hint, chip.value, chip.href) == ("card 1", "", "", "")


def test_a_private_note_is_in_no_example(shop: Shop, noon: datetime) -> None:
    Message.objects.filter(pk=shop.floor.said[3]).update(is_private=True)
    said_by(shop, shop.floor.agent, noon)
    made = services.share(by=shop.floor.quentin, key=uuid4(), asked=asked(shop.floor), at=noon)
    assert shop.floor.said[3] not in made.messages


def test_a_passage_holds_the_run_from_first_to_last(shop: Shop, noon: datetime) -> None:
    said = shop.floor.said
    one = shared(shop, noon, first=said[1], last=said[3])
    assert (one.messages, one.is_whole) == (said[1:4], False)
    with pytest.raises(ExemplarRefused, match="in this order"):
        services.share(
            by=shop.floor.quentin, key=uuid4(), asked=asked(shop.floor, first=said[3], last=said[1]), at=noon
        )


def test_without_an_account_somebody_cannot_be_asked(shop: Shop, noon: datetime) -> None:
    Agent.objects.filter(pk=shop.floor.agent.pk).update(user=None)
    with pytest.raises(ExemplarRefused, match="has no account"):
        services.share(by=shop.floor.quentin, key=uuid4(), asked=asked(shop.floor), at=noon)


def test_a_lead_shares_words_of_whom_they_lead_only(shop: Shop, noon: datetime) -> None:
    assert shared(shop, noon, by=shop.floor.lena).team == shop.floor.team
    said_by(shop, shop.zoe.user.agent, noon)
    with pytest.raises(ExemplarRefused, match="you do not lead"):
        services.share(by=shop.floor.lena, key=uuid4(), asked=asked(shop.floor), at=noon)
    with pytest.raises(OutOfScope):
        services.share(by=shop.nils, key=uuid4(), asked=asked(shop.floor), at=noon)


def test_agents_share_none_and_only_a_qa_manager_shares_with_all(shop: Shop, noon: datetime) -> None:
    with pytest.raises(NotAllowed):
        services.share(by=shop.floor.asha, key=uuid4(), asked=asked(shop.floor), at=noon)
    with pytest.raises(NotAllowed):
        services.share(by=shop.floor.quentin, key=uuid4(), asked=asked(shop.floor, is_for_all=True), at=noon)
    one = shared(shop, noon, by=shop.floor.mona, is_for_all=True)
    assert sees(shop, "zoe", one, noon)


def test_a_form_that_is_sent_twice_shares_once(shop: Shop, noon: datetime) -> None:
    key = uuid4()
    for _ in range(2):
        services.share(by=shop.floor.quentin, key=key, asked=asked(shop.floor), at=noon)
    assert Exemplar.objects.count() == 1
    with pytest.raises(OutOfScope):
        services.share(by=shop.floor.mona, key=key, asked=asked(shop.floor), at=noon)


def test_what_is_written_about_it_is_masked(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon, why="She calls back at wilhelmina@example.test at once")
    assert one.why == "She calls back at [email 1] at once"


def test_erasing_the_customer_removes_the_passage_at_once_and_its_reasons_in_the_next_step(
    shop: Shop, noon: datetime
) -> None:
    one = shared(shop, noon)
    gone = erase(customer=shop.customer.pk, source="shop", at=noon)
    with pytest.raises(OutOfScope):  # its words are gone with the messages, before any step ran
        queries.get_told(viewer=shop.ben, pk=one.pk, at=noon)
    fact = CustomerErased(
        request_id=1, customer_id=shop.customer.pk, conversation_ids=list(gone.conversations), at=noon
    )
    services.forget_customer(fact, noon)
    one.refresh_from_db()
    assert (one.ended, one.why, one.topic, one.messages) == (End.ERASED, "", "", [])
    assert not sees(shop, "mona", one, noon)


def test_a_customer_who_asks_to_be_erased_or_is_held_trains_nobody(shop: Shop, noon: datetime) -> None:
    one, adam = shared(shop, noon), shop.floor.mona.user
    request = CustomerRequest.objects.create(
        kind="erase", customer_id=shop.customer.pk, source="shop", reason="They ask", asked_by=adam, asked_at=noon
    )
    assert not any(sees(shop, who, one, noon) for who in ("ben", "asha", "quentin", "lena", "mona"))
    with pytest.raises(ExemplarRefused, match="kept for the law"):
        services.share(by=shop.floor.quentin, key=uuid4(), asked=asked(shop.floor), at=noon)
    CustomerRequest.objects.filter(pk=request.pk).update(withdrawn_at=noon)
    assert sees(shop, "ben", one, noon)
    Hold.objects.create(customer_id=shop.customer.pk, reason="a court", placed_by=adam, placed_at=noon)
    assert not any(sees(shop, who, one, noon) for who in ("ben", "asha", "quentin", "lena", "mona"))


def test_it_expires_by_itself(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon)
    assert one.expires_at == noon + timedelta(days=180)
    assert not sees(shop, "mona", one, noon + timedelta(days=180))
    assert services.keep(at=noon + timedelta(days=179)) == 0
    assert services.keep(at=noon + timedelta(days=180)) == 1
    assert services.keep(at=noon + timedelta(days=180)) == 0
    one.refresh_from_db()
    assert one.ended == End.EXPIRED


def test_it_is_gone_with_its_messages_however_long_it_would_last(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon)
    RetentionPolicy.objects.create(
        days={"deliveries": 1, "originals": 1, "messages": 30, "events": 30, "samples": 30},
        made_by=shop.floor.mona.user,
        made_at=noon,
    )
    later = noon + timedelta(days=31)
    with pytest.raises(OutOfScope):
        queries.get_told(viewer=shop.ben, pk=one.pk, at=later)
    services.keep(at=later)
    one.refresh_from_db()
    assert (one.ended, one.why) == (End.GONE, "")


def test_a_message_that_its_source_takes_back_is_gone_from_it(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon)
    Message.objects.filter(pk=shop.floor.said[2]).update(removed_at=noon, text="")
    told = queries.get_told(viewer=shop.ben, pk=one.pk, at=noon)
    assert (len(told.words), told.taken_back) == (3, 1)


def test_who_reads_one_stands_in_the_audit_of_whose_words_it_holds(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon)
    services.note_viewed(viewer=shop.ben, one=one, at=noon)
    told = [(entry.verb, entry.by_id, entry.concerns) for entry in AuditEntry.objects.order_by("pk")]
    asha = [shop.floor.asha.user.pk]
    assert told == [
        ("exemplar.shared", shop.floor.quentin.user.pk, asha), ("exemplar.agreed", shop.floor.asha.user.pk, asha),
        ("exemplar.viewed", shop.ben.user.pk, asha),
    ]  # fmt: skip


def test_who_leads_the_team_withdraws_it_and_a_colleague_cannot(shop: Shop, noon: datetime) -> None:
    one = shared(shop, noon)
    with pytest.raises(NotAllowed):
        services.withdraw(by=shop.ben, pk=one.pk, at=noon)
    with pytest.raises(OutOfScope):
        services.withdraw(by=shop.nils, pk=one.pk, at=noon)
    services.withdraw(by=shop.floor.lena, pk=one.pk, at=noon)
    assert not sees(shop, "asha", one, noon)


def test_the_library_is_filtered_by_line_and_topic(shop: Shop, noon: datetime) -> None:
    rubric = Rubric.objects.get(family="people")
    tagged = shared(shop, noon, rubric=rubric.pk, lines=["next-step", "shows-heard"])
    shared(shop, noon, topic="refunds")
    found = queries.library(viewer=shop.ben, at=noon)
    assert len(found.rows) == 2
    assert found.topics == [("late parcels", 1), ("refunds", 1)]
    by_line = queries.library(viewer=shop.ben, at=noon, line=f"{rubric.pk}/next-step")
    assert [row.one.pk for row in by_line.rows] == [tagged.pk]
    assert queries.library(viewer=shop.ben, at=noon, line=f"{rubric.pk}/no-such-line").rows == []
    assert queries.examples_of(viewer=shop.floor.quentin, rubric=rubric.pk, at=noon) == {
        "next-step": 1,
        "shows-heard": 1,
    }


def test_lines_are_of_one_rubric_and_at_most_three(shop: Shop, noon: datetime) -> None:
    rubric = Rubric.objects.get(family="people").pk
    with pytest.raises(ExemplarRefused, match="at most 3"):
        shared(shop, noon, rubric=rubric, lines=["next-step", "shows-heard", "right-answer", "warm-and-plain"])
    with pytest.raises(ExemplarRefused, match="lines of one rubric"):
        shared(shop, noon, rubric=rubric, lines=["of-another"])

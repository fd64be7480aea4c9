"""Reading lists: whose they are, what goes in, and how far everybody is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.learning import lists, services
from apps.learning.lists import ListRefused
from apps.learning.models import Exemplar, ReadingList
from apps.shared.errors import NotAllowed, OutOfScope
from tests.console.floors import on_shift
from tests.learning.conftest import Shop, shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(shop: Shop, noon: datetime) -> ReadingList:
    """A list of two examples, the later shared one first."""
    one = lists.make(by=shop.floor.lena, name="First week", team=shop.floor.team.pk, at=noon)
    for topic in ("late parcels", "refunds"):
        lists.add(by=shop.floor.lena, pk=one.pk, exemplar=shared(shop, noon, topic=topic).pk, at=noon)
    lists.move_up(by=shop.floor.lena, pk=one.pk, item=one.items.get(exemplar__topic="refunds").pk)
    return one


def topics(shop: Shop, made: ReadingList, at: datetime) -> list[str]:
    return [place.topic for place in lists.get_told(viewer=shop.floor.lena, pk=made.pk, at=at).places]


def test_its_examples_stand_in_the_order_that_was_given_to_them(shop: Shop, made: ReadingList, noon: datetime) -> None:
    assert topics(shop, made, noon) == ["refunds", "late parcels"]
    lists.move_up(by=shop.floor.lena, pk=made.pk, item=made.items.get(exemplar__topic="refunds").pk)
    assert topics(shop, made, noon) == ["refunds", "late parcels"]  # the first stays


def test_what_was_read_is_seen_by_the_agent_and_the_lead(shop: Shop, made: ReadingList, noon: datetime) -> None:
    lists.give(by=shop.floor.lena, pk=made.pk, agent=shop.colleague.pk, at=noon)
    services.mark_read(by=shop.ben, pk=Exemplar.objects.get(topic="refunds").pk, at=noon)
    [hers] = lists.mine(viewer=shop.ben, at=noon)
    assert (hers.progress, [place.is_read for place in hers.places]) == ("you have read 1 of 2", [True, False])
    [reader] = lists.get_told(viewer=shop.floor.lena, pk=made.pk, at=noon).readers
    assert (reader.name, reader.n_read, reader.last_at) == ("Ben Cole", 1, noon)
    services.mark_read(by=shop.ben, pk=Exemplar.objects.get(topic="late parcels").pk, at=noon)
    [row] = lists.kept(viewer=shop.floor.lena, at=noon)
    assert (row.n, row.n_people, row.n_done) == (2, 1, 1)


def test_who_joins_the_team_later_has_its_lists(shop: Shop, made: ReadingList, noon: datetime) -> None:
    lists.give(by=shop.floor.lena, pk=made.pk, agent=None, at=noon)
    on_shift("Cara New", shop.floor.team, noon)
    readers = lists.get_told(viewer=shop.floor.lena, pk=made.pk, at=noon).readers
    assert [one.name for one in readers] == ["Asha Verma", "Ben Cole", "Cara New"]


def test_what_ended_is_not_there_and_nobody_is_behind_for_want_of_it(
    shop: Shop, made: ReadingList, noon: datetime
) -> None:
    lists.give(by=shop.floor.lena, pk=made.pk, agent=shop.colleague.pk, at=noon)
    services.withdraw(by=shop.floor.quentin, pk=Exemplar.objects.get(topic="refunds").pk, at=noon)
    services.mark_read(by=shop.ben, pk=Exemplar.objects.get(topic="late parcels").pk, at=noon)
    [hers] = lists.mine(viewer=shop.ben, at=noon)
    assert hers.is_done
    assert topics(shop, made, noon) == ["", "late parcels"]


def test_a_list_is_kept_by_who_leads_its_team(shop: Shop, made: ReadingList, noon: datetime) -> None:
    with pytest.raises(OutOfScope):
        lists.get_told(viewer=shop.nils, pk=made.pk, at=noon)
    with pytest.raises(OutOfScope):
        lists.make(by=shop.nils, name="Mine too", team=shop.floor.team.pk, at=noon)
    for viewer in (shop.ben, shop.floor.quentin):
        with pytest.raises(NotAllowed):
            lists.get_told(viewer=viewer, pk=made.pk, at=noon)
    assert lists.get_told(viewer=shop.floor.mona, pk=made.pk, at=noon).row.n == 2


def test_nobody_of_another_team_is_given_it(shop: Shop, made: ReadingList, noon: datetime) -> None:
    with pytest.raises(OutOfScope):
        lists.give(by=shop.floor.mona, pk=made.pk, agent=shop.zoe.user.agent.pk, at=noon)
    assert lists.mine(viewer=shop.zoe, at=noon) == []


def test_what_another_team_agreed_to_goes_into_no_list_of_this_one(shop: Shop, noon: datetime) -> None:
    theirs = lists.make(by=shop.nils, name="First week", team=shop.zoe.user.agent.team_id, at=noon)
    with pytest.raises(ListRefused, match="another team"):
        lists.add(by=shop.floor.mona, pk=theirs.pk, exemplar=shared(shop, noon).pk, at=noon)


def test_a_list_that_is_put_away_is_nobodys_and_its_name_is_free(shop: Shop, made: ReadingList, noon: datetime) -> None:
    lists.give(by=shop.floor.lena, pk=made.pk, agent=None, at=noon)
    with pytest.raises(ListRefused, match="has a list of this name"):
        lists.make(by=shop.floor.lena, name="First week", team=shop.floor.team.pk, at=noon)
    lists.put_away(by=shop.floor.lena, pk=made.pk, at=noon)
    assert lists.mine(viewer=shop.ben, at=noon) == []
    lists.make(by=shop.floor.lena, name="First week", team=shop.floor.team.pk, at=noon)


def test_who_changed_teams_reads_on_what_was_given_to_them_by_name(
    shop: Shop, made: ReadingList, noon: datetime
) -> None:
    lists.give(by=shop.floor.lena, pk=made.pk, agent=shop.colleague.pk, at=noon)
    shop.colleague.team = shop.zoe.user.agent.team
    shop.colleague.save()
    assert lists.mine(viewer=shop.ben, at=noon + timedelta(days=1))[0].n == 2
    lists.take_back(by=shop.floor.lena, pk=made.pk, agent=shop.colleague.pk, at=noon)
    assert Exemplar.objects.visible_to(shop.ben, noon).count() == 0

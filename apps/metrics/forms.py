"""What the pages under set-up are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms

from apps.interactions.models import Queue
from apps.metrics.calendars import WEEKDAYS, CalendarRefused, Plan, read_holidays, read_stretches, say_stretches
from apps.metrics.goals import PERIODS, GoalRefused, Scope
from apps.metrics.tiers import FIRST, HIGHEST


class TiersForm(forms.Form):
    """The tier of each queue."""

    def __init__(self, *args: Any, kept: list[tuple[Queue, int]], **more: Any) -> None:
        super().__init__(*args, **more)
        words = {tier: "First tier" if tier == FIRST else f"Tier {tier}" for tier in range(FIRST, HIGHEST + 1)}
        for queue, tier in kept:
            self.fields[f"tier_{queue.pk}"] = forms.TypedChoiceField(
                choices=list(words.items()),
                coerce=int,
                initial=tier,
                label=queue.name,
                widget=forms.Select(attrs={"class": "c-input"}),
            )

    def wanted(self) -> dict[UUID, int]:
        """The tiers as they were sent."""
        return {UUID(name.removeprefix("tier_")): tier for name, tier in self.cleaned_data.items()}


class HoursForm(forms.Form):
    """A calendar as a person writes it: a line of hours for each weekday, a line for each holiday."""

    name = forms.CharField(max_length=80)
    zone = forms.CharField(max_length=64)
    holidays = forms.CharField(required=False, max_length=4000, widget=forms.Textarea)
    queues = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, queues: list[Queue], prefix_id: str = "new", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["queues"].choices = [(str(queue.pk), queue.name) for queue in queues]  # type: ignore[attr-defined]
        for weekday, name in enumerate(WEEKDAYS, 1):
            self.fields[f"day_{weekday}"] = forms.CharField(required=False, max_length=200, label=name)
        # Makes the ids of several such forms on one page different.
        self.prefix_id = prefix_id

    @classmethod
    def showing(cls, plan: Plan, *, queues: list[Queue], prefix_id: str) -> HoursForm:
        """Return the form that says what a calendar says now."""
        days = {f"day_{weekday}": say_stretches(plan.hours.get(weekday, ())) for weekday in range(1, 8)}
        holidays = "\n".join(f"{day:%Y-%m-%d} {name}".strip() for day, name in sorted(plan.holidays.items()))
        initial = {
            **days, "name": plan.name, "zone": plan.zone, "holidays": holidays, "queues": [str(key) for key in plan.queues],
        }  # fmt: skip
        return cls(initial=initial, queues=queues, prefix_id=prefix_id)

    @property
    def days(self) -> Iterator[forms.BoundField]:
        """The fields of the weekdays, Monday first."""
        return (self[f"day_{weekday}"] for weekday in range(1, 8))

    @property
    def chosen(self) -> set[str]:
        """The keys of the queues that are ticked."""
        return set(self["queues"].value() or [])

    def clean(self) -> dict[str, Any]:
        """Read the hours and the holidays, and say of each field what could not be read."""
        data = super().clean() or {}
        data["hours"] = {}
        for weekday in range(1, 8):
            try:
                stretches = read_stretches(data.get(f"day_{weekday}") or "")
            except CalendarRefused as refused:
                self.add_error(f"day_{weekday}", str(refused))
            else:
                if stretches:
                    data["hours"][weekday] = stretches
        try:
            data["free"] = read_holidays(data.get("holidays") or "")
        except CalendarRefused as refused:
            self.add_error("holidays", str(refused))
        return data

    def plan(self) -> Plan:
        """Return what was written, once it is valid."""
        data = self.cleaned_data
        queues = frozenset(UUID(key) for key in data["queues"])
        return Plan(name=data["name"], zone=data["zone"], hours=data["hours"], holidays=data["free"], queues=queues)

    def refuse(self, refused: CalendarRefused) -> None:
        """Show a refusal where it belongs; one about the week stands with the form."""
        self.add_error(refused.about if refused.about in self.fields else None, str(refused))


class GoalForm(forms.Form):
    """A goal as a person writes it. `scope` is `queue:<id>`, `team:<id>`, `person:<id>` or `role:<name>`."""

    metric = forms.CharField(max_length=40)
    scope = forms.CharField(max_length=48)
    period = forms.ChoiceField(choices=list(PERIODS.items()))
    target = forms.CharField(max_length=20)
    threshold = forms.CharField(max_length=20, required=False)
    from_on = forms.DateField()

    def asked(self) -> dict[str, Any]:
        """Return what `set_goal` is called with, once it is valid."""
        data = dict(self.cleaned_data)
        kind, _, key = data.pop("scope").partition(":")
        return {**data, "scope": Scope(kind, key)}

    def refuse(self, refused: GoalRefused) -> None:
        """Show a refusal at the field it is about."""
        self.add_error(refused.about, str(refused))

"""A sampling plan as a person fills it in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from apps.reviews.planning import Asked
from apps.reviews.plans import Cadence, Risk, SamplingPlan, Stratum
from apps.reviews.spec import Family
from apps.reviews.work import Choices


class PlanForm(forms.Form):
    """Every field of a plan. What cannot be is said by the service, at the field it names."""

    name = forms.CharField(max_length=80)
    family = forms.ChoiceField(choices=Family.choices)
    cadence = forms.ChoiceField(choices=Cadence.choices)
    zone = forms.CharField(max_length=64)
    draws_at_hour = forms.IntegerField()
    chance_n = forms.IntegerField()
    risk_n = forms.IntegerField()
    strata = forms.MultipleChoiceField(choices=Stratum.choices, required=False)
    risks = forms.MultipleChoiceField(choices=Risk.choices, required=False)
    fewest_messages = forms.IntegerField()
    due_days = forms.IntegerField()
    teams = forms.MultipleChoiceField(required=False)
    queues = forms.MultipleChoiceField(required=False)
    reviewers = forms.MultipleChoiceField(required=False)
    is_on = forms.BooleanField(required=False)

    def __init__(self, *args: Any, choices: Choices, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["teams"].choices = [(str(one.pk), one.name) for one in choices.teams]  # type: ignore[attr-defined]
        self.fields["queues"].choices = [(str(one.pk), one.name) for one in choices.queues]  # type: ignore[attr-defined]
        self.fields["reviewers"].choices = [(str(one.pk), str(one)) for one in choices.reviewers]  # type: ignore[attr-defined]

    @classmethod
    def new(cls, *, choices: Choices, zone: str) -> PlanForm:
        """Return the form of a plan that there is not yet, with what most plans begin with."""
        initial = {
            "family": Family.PEOPLE, "cadence": Cadence.WEEK, "zone": zone, "draws_at_hour": 6, "chance_n": 2, "risk_n": 1,
            "strata": [Stratum.CHANNEL, Stratum.QUEUE], "risks": [Risk.CSAT, Risk.ALERT, Risk.MOOD, Risk.REOPENED],
            "fewest_messages": 2, "due_days": 5, "is_on": True,
        }  # fmt: skip
        return cls(initial=initial, choices=choices)

    @classmethod
    def showing(cls, plan: SamplingPlan, *, choices: Choices) -> PlanForm:
        """Return the form that says what a plan says now. The plan's teams, queues and reviewers were fetched with it."""
        initial = {
            "name": plan.name, "family": plan.family, "cadence": plan.cadence, "zone": plan.zone, "draws_at_hour": plan.draws_at_hour,
            "chance_n": plan.chance_n, "risk_n": plan.risk_n, "strata": plan.strata, "risks": plan.risks,
            "fewest_messages": plan.fewest_messages, "due_days": plan.due_days, "is_on": plan.is_on,
            "teams": [str(one.pk) for one in plan.teams.all()], "queues": [str(one.pk) for one in plan.queues.all()],
            "reviewers": [str(one.pk) for one in plan.reviewers.all()],
        }  # fmt: skip
        return cls(initial=initial, choices=choices)

    @property
    def ticked(self) -> dict[str, set[str]]:
        """The values that are ticked, by field."""
        names = ("strata", "risks", "teams", "queues", "reviewers")
        return {name: {str(value) for value in self[name].value() or ()} for name in names}

    def asked(self) -> Asked:
        """Return what a form that was filled in asks for."""
        data = self.cleaned_data
        return Asked(
            name=data["name"], family=data["family"], cadence=data["cadence"], zone=data["zone"], draws_at_hour=data["draws_at_hour"],
            chance_n=data["chance_n"], risk_n=data["risk_n"], strata=tuple(data["strata"]), risks=tuple(data["risks"]),
            fewest_messages=data["fewest_messages"], due_days=data["due_days"], is_on=data["is_on"],
            teams=[int(key) for key in data["teams"]], queues=[UUID(key) for key in data["queues"]],
            reviewers=[int(key) for key in data["reviewers"]],
        )  # fmt: skip

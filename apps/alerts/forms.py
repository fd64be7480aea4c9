"""What the pages about rules and silences are sent."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.alerts.silences import SilenceRefused
from apps.alerts.thresholds import ACTIONS, SENSITIVITY, SEVERITIES, RuleRefused


class RuleForm(forms.Form):
    """A rule as a person writes it: the blanks of its sentence, what follows it, and whom to ask about it."""

    name = forms.CharField(max_length=80)
    scope = forms.CharField(max_length=48, required=False)
    limit = forms.CharField(max_length=20, required=False)
    change = forms.CharField(max_length=10, required=False)
    side = forms.ChoiceField(choices=[("rises", "rises"), ("drops", "drops")], required=False)
    sensitivity = forms.ChoiceField(choices=[(name, name) for name in SENSITIVITY], required=False)
    wait = forms.CharField(max_length=12, required=False)
    keep = forms.CharField(max_length=12, required=False)
    leave = forms.CharField(max_length=8, required=False)
    least_n = forms.CharField(max_length=8, required=False)
    minutes = forms.CharField(max_length=12, required=False)
    severity = forms.ChoiceField(choices=[(name, name) for name in SEVERITIES])
    action = forms.ChoiceField(choices=list(ACTIONS.items()))
    owner = forms.IntegerField(required=False)

    def asked(self) -> dict[str, Any]:
        """Return what was written, once it is valid."""
        data = dict(self.cleaned_data)
        kind, _, key = data.pop("scope").partition(":")
        return {**data, "scope_kind": kind, "scope_key": key}

    def refuse(self, refused: RuleRefused) -> None:
        """Show a refusal at the blank it is about."""
        self.add_error(refused.about if refused.about in self.fields else None, str(refused))


class SilenceForm(forms.Form):
    """A silence as a person writes it."""

    rule = forms.IntegerField(required=False)
    queue = forms.UUIDField(required=False)
    minutes = forms.IntegerField(required=False)
    reason = forms.CharField(max_length=200, required=False)

    def refuse(self, refused: SilenceRefused) -> None:
        """Show a refusal at the field it is about."""
        self.add_error(refused.about, str(refused))


SEVERITY_FROM = [(0, "never"), (3, "critical alerts"), (2, "warnings and critical alerts"), (1, "every alert")]


class WishForm(forms.Form):
    """How one person is told beside the screens."""

    mail_from = forms.TypedChoiceField(choices=SEVERITY_FROM, coerce=int)
    quiet_from = forms.TimeField(required=False)
    quiet_until = forms.TimeField(required=False)

    def asked(self) -> dict[str, Any]:
        """Return what was written, once it is valid."""
        return dict(self.cleaned_data)


class EndpointForm(forms.Form):
    """An address outside that is told."""

    name = forms.CharField(max_length=80)
    url = forms.CharField(max_length=500)
    least_severity = forms.TypedChoiceField(choices=SEVERITY_FROM[1:], coerce=int)

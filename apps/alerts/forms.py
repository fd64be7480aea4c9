"""What the pages about rules and silences are sent."""

from __future__ import annotations

from typing import Any

from django import forms

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

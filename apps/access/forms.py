"""What the audit is narrowed to, as a browser sends it."""

from __future__ import annotations

from django import forms

from apps.access.audit import VERBS
from apps.access.queries import Sought


class SoughtForm(forms.Form):
    """Every field may be empty. A field that cannot be read narrows nothing and says so."""

    verb = forms.ChoiceField(required=False, choices=[("", ""), *VERBS.items()])
    person = forms.IntegerField(required=False, min_value=1)
    conversation = forms.UUIDField(required=False)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    q = forms.CharField(required=False, max_length=100)
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000)

    def sought(self) -> Sought:
        """What could be read of it."""
        self.is_valid()
        data = self.cleaned_data
        return Sought(
            verb=data.get("verb") or "", person=data.get("person"), conversation=data.get("conversation"),
            since=data.get("since"), until=data.get("until"), words=data.get("q") or "", page=data.get("page") or 1,
        )  # fmt: skip

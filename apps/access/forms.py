"""What a browser sends: codes and passwords, and what the audit is narrowed to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from apps.access.audit import VERBS
from apps.access.models import User
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


class CodeForm(forms.Form):
    """The app's code, or a recovery code where one is taken."""

    code = forms.CharField(max_length=40, error_messages={"required": "Type the six digits that your app shows."})


class ConfirmForm(forms.Form):
    """It is still the same person: the password again, and a code where there is a second factor."""

    current_password = forms.CharField(
        strip=False, max_length=1000, error_messages={"required": "Type your present password."}
    )
    current_code = forms.CharField(max_length=40, required=False)


class PasswordForm(ConfirmForm):
    """A new password, twice."""

    new_password = forms.CharField(strip=False, max_length=1000, error_messages={"required": "Type a new password."})
    again = forms.CharField(strip=False, max_length=1000, error_messages={"required": "Type it again."})

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_new_password(self) -> str:
        """Pass what the rules for passwords allow."""
        password = str(self.cleaned_data["new_password"])
        validate_password(password, self._user)
        return password

    def clean(self) -> dict[str, Any]:
        """Refuse two that differ, and the old one."""
        found = super().clean() or {}
        new = found.get("new_password")
        if new and "again" in found and new != found["again"]:
            self.add_error("again", "The two differ. Type the new password twice.")
        if new and self._user.check_password(new):
            self.add_error("new_password", "This is your present password. Choose another one.")
        return found

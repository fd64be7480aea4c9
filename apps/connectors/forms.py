from __future__ import annotations

from django import forms


class SourceForm(forms.Form):
    """A new source: a name for people and a short one for its address."""

    name = forms.CharField(max_length=120)
    slug = forms.SlugField(max_length=64)

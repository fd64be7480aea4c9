"""Foreign keys written as strings escape the import linter, so they are held against the same layers here."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import models

from tests.contracts.layers import depth_of


def upward(found: Iterable[type[models.Model]], depth: dict[str, int]) -> list[str]:
    """Return the relations that point up, or sideways into another app of the same layer."""
    return [
        f"{model._meta.label}.{field.name} -> {target._meta.label}"
        for model in found
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and (target := field.related_model)
        if model._meta.app_label in depth and target._meta.app_label in depth
        if model._meta.app_label != target._meta.app_label
        if depth[target._meta.app_label] <= depth[model._meta.app_label]
    ]


def test_every_relation_points_down() -> None:
    assert upward(apps.get_models(include_auto_created=True), depth_of()) == []


def test_the_contract_can_fail() -> None:
    depth = depth_of()
    depth["agents"], depth["access"] = depth["access"], depth["agents"]
    assert "agents.Agent.user -> access.User" in upward(apps.get_models(), depth)


def test_every_app_of_ours_stands_in_a_layer() -> None:
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}
    assert ours <= set(depth_of())

"""Reviews and rubrics for programs: read, within what the account may see on its pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.reviews import queries, rubrics
from apps.reviews.models import Rubric
from apps.shared.answering import REFUSALS, Answering


class MarkSerializer(serializers.Serializer[Any]):
    """What a review says about one line; `step` is null where it does not apply or is not marked."""

    line = serializers.CharField(source="line.key")
    text = serializers.CharField(source="line.text")
    step = serializers.IntegerField(allow_null=True)
    is_na = serializers.BooleanField()
    causes = serializers.ListField(child=serializers.CharField())
    evidence = serializers.ListField(child=serializers.UUIDField())
    comment = serializers.CharField(allow_blank=True)


class ReviewSerializer(serializers.Serializer[Any]):
    """One review; scores are null in a draft and where nothing applied."""

    id = serializers.UUIDField()
    conversation_id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent = serializers.CharField(source="agent.name")
    reviewer = serializers.CharField()
    rubric = serializers.CharField(source="version.rubric.key")
    form = serializers.IntegerField(source="version.n")
    pick = serializers.CharField()
    pick_reason = serializers.CharField(allow_blank=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    releases_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    score = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    raw_score = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    is_failed = serializers.BooleanField()
    active_seconds = serializers.IntegerField()


class ReviewWithMarksSerializer(ReviewSerializer):
    """One review with its marks and the note to its agent."""

    note = serializers.CharField(allow_blank=True)
    marks = MarkSerializer(many=True)


class RubricSerializer(serializers.Serializer[Any]):
    """One rubric, without what it asks."""

    id = serializers.IntegerField(source="pk")
    key = serializers.CharField()
    name = serializers.CharField()
    family = serializers.CharField()
    is_default = serializers.BooleanField()
    retired_at = serializers.DateTimeField(allow_null=True)
    form = serializers.IntegerField(source="latest")


class RubricLineSerializer(serializers.Serializer[Any]):
    """One line of a form."""

    key = serializers.CharField()
    text = serializers.CharField()
    scale = serializers.CharField()
    steps = serializers.IntegerField(source="scale.steps")
    weight = serializers.IntegerField()
    may_be_na = serializers.BooleanField()
    fails = serializers.CharField(allow_blank=True)
    shown_if = serializers.CharField(allow_blank=True)
    shown_at = serializers.ListField(child=serializers.IntegerField())
    causes = serializers.ListField(child=serializers.CharField())
    guidance = serializers.CharField(allow_blank=True)
    good_example = serializers.CharField(allow_blank=True)
    reading = serializers.CharField(allow_null=True)


class RubricSectionSerializer(serializers.Serializer[Any]):
    """One section of a form."""

    name = serializers.CharField()
    weight = serializers.IntegerField()
    lines = RubricLineSerializer(many=True)


class FormSerializer(serializers.Serializer[Any]):
    """The form of a rubric that holds."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    family = serializers.CharField()
    form = serializers.IntegerField()
    weighing = serializers.CharField()
    sections = RubricSectionSerializer(many=True)


def form_of(rubric: Rubric) -> dict[str, Any]:
    """A rubric as it holds, for its serializer."""
    version = rubrics.current(rubric)
    spec = version.spec()
    return {
        "id": rubric.pk, "key": rubric.key, "name": rubric.name, "family": rubric.family, "form": version.n, "weighing": spec.weighing,
        "sections": spec.sections,
    }  # fmt: skip


class PageSerializer(serializers.Serializer[Any]):
    """Which page of a list is asked for."""

    page = serializers.IntegerField(min_value=1, max_value=10_000, default=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no part of the question."""
        for name in sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError({name[:60]: "There is no such parameter."})
        return attrs


class ReviewsView(Answering):
    """Reviews that the account may read, latest saved first, fifty a page."""

    @extend_schema(
        parameters=[OpenApiParameter("page", OpenApiTypes.INT)],
        responses={200: ReviewSerializer(many=True), **REFUSALS},
    )
    def get(self, request: Request) -> Response:
        """One page; an empty one is past the last."""
        asked = PageSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        found = queries.page_of_reviews(
            viewer=request._request.viewer, page=asked.validated_data["page"], at=timezone.now()  # type: ignore[attr-defined]
        )  # fmt: skip
        return Response(ReviewSerializer(found, many=True).data)


class ReviewView(Answering):
    """One review with its marks."""

    @extend_schema(responses={200: ReviewWithMarksSerializer, **REFUSALS})
    def get(self, request: Request, pk: UUID) -> Response:
        """A draft is its writer's alone; an agent's own once it is released."""
        found = queries.review_with_marks(viewer=request._request.viewer, pk=pk, at=timezone.now())  # type: ignore[attr-defined]
        return Response(ReviewWithMarksSerializer(found).data)


class RubricsView(Answering):
    """Every rubric. Everybody may read by what conversations are judged."""

    @extend_schema(responses={200: RubricSerializer(many=True), **REFUSALS})
    def get(self, request: Request) -> Response:
        """All of them, those in use first."""
        return Response(RubricSerializer(rubrics.listed(viewer=request._request.viewer), many=True).data)  # type: ignore[attr-defined]


class RubricView(Answering):
    """One rubric as it holds."""

    @extend_schema(responses={200: FormSerializer, **REFUSALS})
    def get(self, request: Request, pk: int) -> Response:
        """Its latest form with every line."""
        rubric = rubrics.get_rubric(viewer=request._request.viewer, pk=pk)  # type: ignore[attr-defined]
        return Response(FormSerializer(form_of(rubric)).data)

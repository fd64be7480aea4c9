"""How everybody is measured, as a page; and numbers for programs: one metric, a scope and a window at a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.metrics import queries
from apps.metrics.agent_states import LABELS
from apps.metrics.method import method
from apps.metrics.queries import Scope
from apps.metrics.windows import NAMES
from apps.shared.answering import REFUSALS, Answering, SaidSerializer


def how_i_am_measured(request: HttpRequest) -> HttpResponse:
    """Explain every number to everybody who is signed in."""
    families = method(viewer=request.viewer)  # type: ignore[attr-defined]
    lines = [line for family in families for line in family.lines]
    text = (
        f"{len(lines)} numbers are defined, {sum(line.is_measured for line in lines)} of them measured so far. Nobody is "
        "ranked, and nothing is judged from fewer cases than stated here."
    )
    return render(
        request, "metrics/how_i_am_measured.html", {"page": "how_i_am_measured", "families": families, "text": text}
    )


class ScopeField(serializers.Field[Scope, str, str, Any]):
    """`all`, `team:<number>`, `queue:<id>` or `agent:<id>`."""

    def to_internal_value(self, data: str) -> Scope:
        kind, _, key = data.partition(":")
        if data == "all":
            return Scope()
        if kind == "team" and key.isascii() and key.isdigit() and len(key) < 10:
            return Scope(team_id=int(key))
        try:
            return (
                Scope(queue_id=UUID(key)) if kind == "queue" else Scope(agent_id=UUID(key if kind == "agent" else ""))
            )
        except ValueError:
            raise serializers.ValidationError(
                f"Saw {data[:80]!r}. Expected all, team:<number>, queue:<id> or agent:<id>."
            ) from None


class QuestionSerializer(serializers.Serializer[Any]):
    """What is asked about a metric."""

    scope = ScopeField(default=Scope())
    window = serializers.ChoiceField(choices=NAMES, default="60min")
    by = serializers.ChoiceField(choices=queries.BY, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no part of the question: a filter that nobody reads would seem to have narrowed something."""
        for name in sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError({name[:60]: "There is no such parameter."})
        return attrs


class DefinitionSerializer(serializers.Serializer[Any]):
    """The metric as the dictionary defines it."""

    key = serializers.CharField()
    name = serializers.CharField()
    meaning = serializers.CharField()
    formula = serializers.CharField()
    unit = serializers.CharField()
    direction = serializers.CharField()
    kind = serializers.CharField()
    subject = serializers.CharField()
    basis = serializers.CharField()
    edge_cases = serializers.ListField(child=serializers.CharField())
    minimum_n = serializers.IntegerField()
    guard = serializers.CharField()
    version = serializers.IntegerField()


class WindowSerializer(serializers.Serializer[Any]):
    """The span of time."""

    name = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    is_exact = serializers.BooleanField()


class NumberSerializer(serializers.Serializer[Any]):
    """One number; null where nothing was measured. `low` and `high` are the 95 % interval of a share."""

    value = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    is_enough = serializers.BooleanField(help_text="At least as many cases as the metric needs to be judged.")
    hits = serializers.IntegerField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    p50 = serializers.FloatField(allow_null=True)
    p90 = serializers.FloatField(allow_null=True)
    business = serializers.FloatField(
        allow_null=True, help_text="The mean on the clock of business hours; null where no queue has a calendar."
    )
    business_n = serializers.IntegerField(help_text="How many of the cases are of a queue with a calendar.")
    revision = serializers.IntegerField(help_text="How often late events changed buckets of this number.")
    corrected = serializers.IntegerField(help_text="How many of its buckets late events changed.")


class GroupSerializer(serializers.Serializer[Any]):
    """A number and whose it is; key and label are empty for the whole scope."""

    key = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # shadows the field's own label
    number = NumberSerializer()


class MomentSerializer(serializers.Serializer[Any]):
    """A step of a gauge's past: the mean of its samples (of a longest wait the longest), and the extremes."""

    at = serializers.DateTimeField()
    value = serializers.FloatField()
    lowest = serializers.FloatField()
    highest = serializers.FloatField()
    samples = serializers.IntegerField()


class SeriesSerializer(serializers.Serializer[Any]):
    """The past of a gauge in one place; minutes nobody looked are missing."""

    key = serializers.CharField(allow_blank=True)
    moments = MomentSerializer(many=True)


class AnswerSerializer(serializers.Serializer[Any]):
    """The answer, with all that says how far to trust it."""

    metric = DefinitionSerializer()
    window = WindowSerializer()
    as_of = serializers.DateTimeField(help_text="Everything recorded until then is counted.")
    is_complete = serializers.BooleanField(help_text="Nothing waits to be counted.")
    is_provisional = serializers.BooleanField(help_text="Cases of this window may still be decided otherwise.")
    error = serializers.FloatField(help_text="How far a percentile may be off, as a share of its value.")
    groups = GroupSerializer(many=True)
    withheld = serializers.IntegerField(
        help_text="How many groups are not told: of fewer than five people, or telling a number of fewer."
    )
    series = SeriesSerializer(many=True, help_text="Samples of a gauge over the window; empty for other metrics.")


class MetricView(Answering):
    """One metric over a window. What a role may not read here it may read nowhere."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "scope", OpenApiTypes.STR, description="all, team:<number>, queue:<id> or agent:<id>", default="all"
            ),
            OpenApiParameter("window", OpenApiTypes.STR, enum=NAMES, default="60min"),
            OpenApiParameter("by", OpenApiTypes.STR, enum=[one for one in queries.BY if one]),
        ],
        responses={200: AnswerSerializer, **REFUSALS},
    )
    def get(self, request: Request, key: str) -> Response:
        """Answer one metric for the signed-in person."""
        asked = QuestionSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        viewer = request._request.viewer  # type: ignore[attr-defined]
        answer = queries.measure(viewer=viewer, key=key, at=timezone.now(), **asked.validated_data)
        return Response(AnswerSerializer(answer).data)


class AgentStateSerializer(serializers.Serializer[Any]):
    """What a person does now, by the first of eight steps that holds, and since when."""

    agent_id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=list(LABELS))
    label = serializers.CharField()  # type: ignore[assignment]  # shadows the field's own label
    since = serializers.DateTimeField()
    held = serializers.IntegerField(help_text="Conversations in hand.")


class AgentStatesView(Answering):
    """What everybody signed in does now, as far as the viewer may see people by name."""

    @extend_schema(responses={200: AgentStateSerializer(many=True), 403: SaidSerializer, 503: SaidSerializer})
    def get(self, request: Request) -> Response:
        """Answer the states of now."""
        viewer = request._request.viewer  # type: ignore[attr-defined]
        found = queries.agent_states(viewer=viewer, at=timezone.now())
        return Response(AgentStateSerializer(found, many=True).data)

"""A number with the rows behind it: as a page, as a file, and for programs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.metrics import drilldown, exporting, queries, wording
from apps.metrics.behind import ALL, ALL_REASONS, LEFT_OUT, NO_NAME, PARTS, Question
from apps.metrics.drilldown import Drill, Rows
from apps.metrics.left_out import MOST_LOOKED_AT
from apps.metrics.views.numbers import AnswerSerializer, MetricView, NumberSerializer, QuestionSerializer
from apps.metrics.windows import NAMES
from apps.shared.answering import REFUSALS
from apps.shared.errors import Refusal

WINDOWS = {
    "5min": "5 min", "15min": "15 min", "60min": "60 min", "today": "Today", "shift": "Shift", "7d": "7 days", "28d": "28 days",
}  # fmt: skip


class RowsQuestionSerializer(QuestionSerializer):
    """What is asked about the rows of a number. `at` holds a number still while its pages are turned."""

    group = serializers.CharField(default="", max_length=64, allow_blank=True)
    part = serializers.ChoiceField(choices=list(PARTS), default=ALL)
    reason = serializers.ChoiceField(choices=["", *ALL_REASONS], default="")
    page = serializers.IntegerField(min_value=1, max_value=drilldown.MOST_PAGES, default=1)
    at = serializers.DateTimeField(default=None, allow_null=True)

    def validate_at(self, value: datetime | None) -> datetime | None:
        if value is not None and value > timezone.now():
            raise serializers.ValidationError("Saw a moment to come. Expected one that has passed.")
        return value


class RowSerializer(serializers.Serializer[Any]):
    """One row behind a number."""

    conversation_id = serializers.UUIDField(allow_null=True, help_text="Null for a stretch of somebody's time.")
    title = serializers.CharField()
    at = serializers.DateTimeField()
    customer = serializers.CharField()
    channel = serializers.CharField()
    queue = serializers.CharField()
    agent = serializers.CharField()
    said = serializers.CharField(help_text="What the case says, with its unit.")
    part = serializers.CharField()
    reason = serializers.CharField(help_text="Why it is left out; empty for a case.")


class PartSerializer(serializers.Serializer[Any]):
    """One list behind a number."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # shadows the field's own label
    count = serializers.IntegerField()
    hidden = serializers.IntegerField(help_text="Rows of conversations that the reader may not read.")


class ReasonSerializer(serializers.Serializer[Any]):
    """Why rows were left out."""

    key = serializers.CharField()
    words = serializers.CharField()
    count = serializers.IntegerField()


class DrillSerializer(serializers.Serializer[Any]):
    """A number with a page of its rows."""

    answer = AnswerSerializer()
    number = NumberSerializer()
    group = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # shadows the field's own label
    formula = serializers.CharField(help_text="The formula in words with the figures of this number in it.")
    parts = PartSerializer(many=True)
    part = PartSerializer()
    rows = RowSerializer(many=True)
    reasons = ReasonSerializer(many=True)
    reason = serializers.CharField()
    looked_at_all = serializers.BooleanField(
        help_text=f"False: only the newest {MOST_LOOKED_AT} conversations were looked through for what is left out."
    )
    page = serializers.IntegerField()
    has_next = serializers.BooleanField()


def _question(key: str, asked: RowsQuestionSerializer) -> tuple[Question, datetime]:
    given = dict(asked.validated_data)
    at = given.pop("at") or timezone.now()
    return Question(key=key, **given), at


class MetricRowsView(MetricView):
    """The rows behind one number. Whoever may not read the number may not count its rows."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "scope", OpenApiTypes.STR, description="all, team:<number>, queue:<id> or agent:<id>", default="all"
            ),
            OpenApiParameter("window", OpenApiTypes.STR, enum=NAMES, default="60min"),
            OpenApiParameter("by", OpenApiTypes.STR, enum=[one for one in queries.BY if one]),
            OpenApiParameter("group", OpenApiTypes.STR, description="The key of one of the groups."),
            OpenApiParameter("part", OpenApiTypes.STR, enum=list(PARTS), default=ALL),
            OpenApiParameter(
                "reason", OpenApiTypes.STR, enum=list(ALL_REASONS), description="Of what is left out, for one reason."
            ),
            OpenApiParameter("page", OpenApiTypes.INT, default=1),
            OpenApiParameter("at", OpenApiTypes.DATETIME, description="As of when; now where it is not given."),
        ],
        responses={200: DrillSerializer, **REFUSALS},
    )
    def get(self, request: Request, key: str) -> Response:
        """Answer a page of the rows behind one number."""
        asked = RowsQuestionSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        question, at = _question(key, asked)
        found = drilldown.drill(viewer=_viewer(request._request), question=question, at=at)
        return Response(DrillSerializer(found).data)


def _viewer(request: HttpRequest) -> Viewer:
    return request.viewer  # type: ignore[attr-defined, no-any-return]


def _asked(request: HttpRequest, key: str) -> tuple[Question, datetime]:
    """Read the question of an address.

    :raises Refusal: one of its words is none that can be asked.
    """
    queries.get_metric(key)
    # A page's address is passed on by people and their mail programs, which add words of their own; only programs are held
    # to what there is.
    known = RowsQuestionSerializer().fields
    asked = RowsQuestionSerializer(data={name: word for name, word in request.GET.items() if name in known})
    if not asked.is_valid():
        name, errors = next(iter(asked.errors.items()))
        raise Refusal(f"The address asks for a {name} that there is not. {errors[0]}")
    return _question(key, asked)


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of a choice."""

    label: str
    href: str
    is_current: bool
    count: int | None = None


class _Addresses:
    """The addresses of a page's other states: the same question with some words changed."""

    def __init__(self, request: HttpRequest, question: Question, at: datetime) -> None:
        self.path = reverse("metric_page", args=[question.key])
        self.words = {
            "scope": request.GET.get("scope", ""), "window": question.window, "by": question.by, "group": question.group,
            "part": question.part, "reason": question.reason, "at": at.isoformat(),
        }  # fmt: skip

    def href(self, **changes: str) -> str:
        words = {**self.words, **changes}
        return f"{self.path}?{urlencode({name: word for name, word in words.items() if word and word != ALL})}"


@require_GET
def metric_page(request: HttpRequest, key: str) -> HttpResponse:
    """One number with the rows behind it, or the numbers it is divided into."""
    question, at = _asked(request, key)
    viewer = _viewer(request)
    found = drilldown.drill(viewer=viewer, question=question, at=at)
    to = _Addresses(request, question, at)
    unit = found.answer.metric.unit
    is_divided = bool(question.by) and not question.group
    context = {
        "page": "how_i_am_measured", "found": found, "metric": found.answer.metric, "question": question, "at": at,
        "is_divided": is_divided, "where": queries.name_of(viewer=viewer, scope=question.scope),
        "value": wording.told(found.number.value, unit), "interval": wording.interval(found.number, unit),
        "numbers": [
            (one, to.href(group=one.key or NO_NAME, part=ALL, page=""), wording.told(one.number.value, unit), wording.interval(one.number, unit))
            for one in found.answer.groups
        ] if is_divided else [],
        "windows": [
            Choice(label, to.href(window=name, at="", page="", reason=""), name == question.window)
            for name, label in WINDOWS.items()
        ],
        "divisions": _divisions(found, question, to),
        "parts": [Choice(one.label, to.href(part=one.key, reason=""), one.key == found.part.key, one.count) for one in found.parts],
        "reasons": [Choice(one.words, to.href(reason=one.key), one.key == found.reason, one.count) for one in found.reasons],
        "all_reasons": to.href(reason=""), "most_looked_at": MOST_LOOKED_AT,
        "newer": to.href(page=str(found.page - 1)) if found.page > 1 else "",
        "older": to.href(page=str(found.page + 1)) if found.has_next else "",
        "is_of_time": queries.is_of_time(key), "shown": found.part.count - found.part.hidden, "is_left_out": found.part.key == LEFT_OUT,
        "export": f"{reverse('metric_export', args=[key])}{to.href()[len(to.path):]}",
        "may_read": viewer.allows(Permission.VIEW_CONVERSATIONS),
    }  # fmt: skip
    return render(request, "metrics/number.html", context)


def _divisions(found: Drill, question: Question, to: _Addresses) -> list[Choice]:
    names = {"": "As a whole", "queue": "By queue", "channel": "By channel", "agent": "By agent", "age": "By age"}
    if question.scope.agent_id is not None:
        return []
    ways = queries.ways_of(found.answer.metric.key)
    return [Choice(names[by], to.href(by=by, group="", part=ALL, reason=""), by == question.by) for by in ways]


@require_POST
def metric_export(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """The rows of one part as a file, written while it is read."""
    question, at = _asked(request, key)
    rows = exporting.export(by=_viewer(request), question=question, at=at)
    response = StreamingHttpResponse(_streamed(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}-{question.window}-{question.part}.csv"'
    response["Cache-Control"] = "no-store"
    return response


async def _streamed(rows: Rows) -> AsyncIterator[str]:
    yield exporting.head()
    while text := await sync_to_async(exporting.chunk)(rows):
        yield text

"""Reviews, second looks and rubrics for programs that write: the verbs of the pages, with their rules and their refusals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.reviews import exchange, queries, rubrics, services
from apps.reviews.drafts import Entry
from apps.reviews.models import Outcome
from apps.reviews.rubrics import RubricRefused
from apps.reviews.sheets import shown
from apps.reviews.spec import LONGEST_KEY, MOST_LINES
from apps.reviews.views.api import FormSerializer, ReviewWithMarksSerializer, form_of
from apps.shared.answering import REFUSALS, Answering
from apps.shared.errors import NotAllowed, OutOfScope, Refusal

MOST_MESSAGES = 20
# What a column of whole numbers holds.
MOST_NUMBER = 2_000_000_000


class RefusedSerializer(serializers.Serializer[Any]):
    """An expected "no": its sentence, a word for programs, and every mistake where there are several."""

    detail = serializers.CharField()
    code = serializers.CharField(required=False)
    mistakes = serializers.ListField(child=serializers.CharField(), required=False)


WRITTEN: dict[int, Any] = {**REFUSALS, 409: RefusedSerializer}


class Exactly(serializers.Serializer[Any]):
    """A body that says nothing else than what is asked."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no part of it."""
        for name in sorted(set(self.initial_data) - set(self.fields)) if isinstance(self.initial_data, dict) else ():
            raise serializers.ValidationError({str(name)[:60]: "There is no such field."})
        return attrs


class BeginSerializer(Exactly):
    """Whose part in which conversation is scored."""

    conversation = serializers.UUIDField()
    agent = serializers.UUIDField()


class EntrySerializer(serializers.Serializer[Any]):
    """What is said about one line: a step, or that it does not apply, and what shows it."""

    line = serializers.CharField(max_length=LONGEST_KEY)
    step = serializers.IntegerField(allow_null=True, default=None, min_value=0, max_value=9)
    is_na = serializers.BooleanField(default=False)
    causes = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=20)
    evidence = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=MOST_MESSAGES)
    comment = serializers.CharField(allow_blank=True, default="", max_length=400)


class BasedOn(Exactly):
    """A body that names the revision it is based on."""

    based_on = serializers.IntegerField(min_value=0, max_value=MOST_NUMBER)


class DraftSerializer(BasedOn):
    """A draft as a whole: what is left out is not marked. `key` names this save, so that it may be sent again."""

    key = serializers.UUIDField()
    entries = EntrySerializer(many=True)
    note = serializers.CharField(allow_blank=True, default="", max_length=1000)
    active_seconds = serializers.IntegerField(default=0, min_value=0, max_value=86_400)

    def validate_entries(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse more marks than any form has lines."""
        if len(entries) > MOST_LINES:
            raise serializers.ValidationError(f"Saw {len(entries)} marks. Expected at most {MOST_LINES}.")
        return entries


class KeptSerializer(serializers.Serializer[Any]):
    """What became of a save: the revision the next one is based on, the score so far, and what is left to mark."""

    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    saved_at = serializers.DateTimeField()
    score = serializers.CharField()
    left = serializers.IntegerField()
    failed = serializers.ListField(child=serializers.CharField())


class SubmitSerializer(BasedOn):
    """The revision that is submitted."""


class AskSerializer(Exactly):
    """Why a line, or with an empty one the whole, is looked at again."""

    line = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_KEY)
    text = serializers.CharField(max_length=2000)


class DecideSerializer(Exactly):
    """How a second look ends; `changes` are steps by line, null where a line does not apply."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    answer = serializers.CharField(max_length=2000)
    changes = serializers.DictField(
        child=serializers.IntegerField(allow_null=True, min_value=0, max_value=9), default=dict
    )


class SecondLookSerializer(serializers.Serializer[Any]):
    """One second look."""

    id = serializers.UUIDField()
    review_id = serializers.UUIDField()
    line = serializers.CharField(source="line.key", default="")
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)
    score_before = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    score_after = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)


class ImportSerializer(Exactly):
    """A rubric as a document, YAML or JSON. With `rubric` its next version, based on the form that was looked at."""

    document = serializers.CharField(max_length=exchange.LARGEST, trim_whitespace=False)
    rubric = serializers.IntegerField(allow_null=True, default=None, min_value=1, max_value=MOST_NUMBER)
    based_on = serializers.IntegerField(default=0, min_value=0, max_value=MOST_NUMBER)
    says = serializers.CharField(allow_blank=True, default="", max_length=200)


class Writing(Answering):
    """A door that changes something. A refusal carries the name of its kind and every mistake."""

    def handle_exception(self, exc: Exception) -> Response:
        """Add to a refusal what a program needs to tell one from another."""
        answer = super().handle_exception(exc)
        if isinstance(exc, Refusal) and not isinstance(exc, (NotAllowed, OutOfScope)) and isinstance(answer.data, dict):
            kind = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(exc).__name__).lstrip("_")
            answer.data |= {"code": kind, "mistakes": list(getattr(exc, "mistakes", [str(exc)]))}
        return answer

    def asked(
        self, request: Request, form: type[serializers.Serializer[Any]], *, needs: Permission, about: UUID | None = None
    ) -> tuple[Viewer, dict[str, Any]]:
        """Return who asks and what they say, in the order in which nothing is told to whom it does not concern.

        Steps: (1) the permission; (2) the review that it is about, which must be theirs to read; (3) the body, or 400 with what is
        wrong with it.
        """
        viewer: Viewer = request._request.viewer  # type: ignore[attr-defined]
        viewer.require(needs)
        if about is not None:
            queries.get_review(viewer=viewer, pk=about, at=timezone.now())
        told = form(data=request.data)
        told.is_valid(raise_exception=True)
        return viewer, told.validated_data


def _whole(viewer: Viewer, pk: UUID) -> Any:
    return ReviewWithMarksSerializer(queries.review_with_marks(viewer=viewer, pk=pk, at=timezone.now())).data


def _entries(told: list[dict[str, Any]]) -> dict[str, Entry]:
    return {
        one["line"]: Entry(
            step=one["step"], is_na=one["is_na"], causes=tuple(one["causes"]), evidence=tuple(dict.fromkeys(one["evidence"])),
            comment=one["comment"],
        )
        for one in told
    }  # fmt: skip


class DraftsView(Writing):
    """Begin to score."""

    @extend_schema(request=BeginSerializer, responses={201: ReviewWithMarksSerializer, **WRITTEN})
    def post(self, request: Request) -> Response:
        """Begin a draft by the rubric in use; one's own draft of the same part is returned as it is."""
        viewer, told = self.asked(request, BeginSerializer, needs=Permission.REVIEW)
        made = services.begin(by=viewer, at=timezone.now(), **told)
        return Response(_whole(viewer, made.pk), status.HTTP_201_CREATED)


class DraftView(Writing):
    """A draft of one's own."""

    @extend_schema(request=DraftSerializer, responses={200: KeptSerializer, **WRITTEN})
    def post(self, request: Request, pk: UUID) -> Response:
        """Keep the draft as a whole; the same key again changes nothing."""
        viewer, told = self.asked(request, DraftSerializer, needs=Permission.REVIEW, about=pk)
        told["entries"] = _entries(told["entries"])
        kept, score = services.save(by=viewer, pk=pk, at=timezone.now(), **told)
        said = {
            "id": kept.pk, "revision": kept.revision, "saved_at": kept.saved_at, "score": shown(score), "left": score.left,
            "failed": list(score.failed),
        }  # fmt: skip
        return Response(KeptSerializer(said).data)


class SubmitView(Writing):
    """A draft that holds from now on."""

    @extend_schema(request=SubmitSerializer, responses={200: ReviewWithMarksSerializer, **WRITTEN})
    def post(self, request: Request, pk: UUID) -> Response:
        """Submit; a second time changes nothing."""
        viewer, told = self.asked(request, SubmitSerializer, needs=Permission.REVIEW, about=pk)
        services.submit(by=viewer, pk=pk, at=timezone.now(), **told)
        return Response(_whole(viewer, pk))


class SecondLooksView(Writing):
    """Second looks at a review of one's own work."""

    @extend_schema(request=AskSerializer, responses={201: SecondLookSerializer, **WRITTEN})
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask for one, within five working days of the release."""
        viewer, told = self.asked(request, AskSerializer, needs=Permission.BE_REVIEWED, about=pk)
        made = services.ask_second_look(by=viewer, review=pk, at=timezone.now(), **told)
        return Response(SecondLookSerializer(made).data, status.HTTP_201_CREATED)


class DecisionView(Writing):
    """The end of a second look."""

    @extend_schema(request=DecideSerializer, responses={200: SecondLookSerializer, **WRITTEN})
    def post(self, request: Request, pk: UUID) -> Response:
        """Decide it; never about a review that one wrote."""
        viewer, told = self.asked(request, DecideSerializer, needs=Permission.MANAGE_QUALITY)
        told["outcome"] = Outcome(told["outcome"])
        done = services.decide_second_look(by=viewer, pk=pk, at=timezone.now(), **told)
        return Response(SecondLookSerializer(done).data)


class ImportView(Writing):
    """Rubrics as documents."""

    @extend_schema(request=ImportSerializer, responses={201: FormSerializer, **WRITTEN})
    def post(self, request: Request) -> Response:
        """Let what a document says hold: as a new rubric, or as the next form of one. The same content makes no new form."""
        viewer, told = self.asked(request, ImportSerializer, needs=Permission.MANAGE_QUALITY)
        name, family, spec = exchange.read(told["document"])
        rubric = None if told["rubric"] is None else rubrics.get_rubric(viewer=viewer, pk=told["rubric"])
        if rubric is not None and rubric.family != family:
            raise RubricRefused(
                f"“{rubric.name}” is for {rubric.get_family_display().lower()}, and the document is not."
            )
        made = services.save_rubric(
            by=viewer, rubric=rubric, name=name, family=family, spec=spec, says=told["says"], based_on=told["based_on"], at=timezone.now()
        )  # fmt: skip
        return Response(FormSerializer(form_of(made.rubric)).data, status.HTTP_201_CREATED)

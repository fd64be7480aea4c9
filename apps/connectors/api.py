"""Doors for the platforms behind the sources: who takes a conversation now, and what is to be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.connectors import commands, queries
from apps.connectors.models import Source
from apps.shared.answering import Answering


@dataclass(frozen=True, slots=True)
class Platform:
    """The caller behind a source's token, in the place of a person."""

    source: Source

    @property
    def is_authenticated(self) -> bool:
        """It is known by its token."""
        return True


class SourceToken(BaseAuthentication):
    """`Authorization: Bearer` with the token of an active source, as at the door of events."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Find the source; nothing where no bearer token was sent.

        :raises AuthenticationFailed: no active source has this token.
        """
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        source = commands.source_of(token=token.strip())
        if source is None:
            raise AuthenticationFailed("No active source has this token.")
        return Platform(source), source

    def authenticate_header(self, request: Request) -> str:
        """Whoever is unknown is told how to become known: 401."""
        return "Bearer"


class SourceTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in the description; the door's part of it defines the scheme."""

    target_class = SourceToken
    name = "sourceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}


class IsPlatform(BasePermission):
    """A source's token, and no person."""

    message = "Platforms fetch this with the token of their source."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether a source asks."""
        return isinstance(request.user, Platform)


class Words(serializers.Serializer[Any]):
    """A refusal in one sentence."""

    detail = serializers.CharField()


class Wrong(serializers.Serializer[Any]):
    """What could not be read, by parameter."""

    parameter = serializers.ListField(child=serializers.CharField(), required=False)


class Asked(serializers.Serializer[Any]):
    """What is asked: a queue, and what is known of the conversation."""

    queue = serializers.CharField(max_length=255)
    intent = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    complex = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no part of the question."""
        for name in sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError({name[:60]: "There is no such parameter."})
        return attrs


class Because(serializers.Serializer[Any]):
    """A diversion that the answer follows."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    until = serializers.DateTimeField()


class Answer(serializers.Serializer[Any]):
    """Who is to take the conversation. Agents by the names that the source gave them; for people by our keys."""

    as_of = serializers.DateTimeField()
    handler = serializers.ChoiceField(choices=["as_usual", "people", "seniors", "ai"])
    until = serializers.DateTimeField(allow_null=True, help_text="Holds until then; null where nothing is diverted.")
    joining = serializers.ListField(
        child=serializers.CharField(), help_text="May take it though the queue is not theirs."
    )
    away = serializers.ListField(child=serializers.CharField(), help_text="May not take it though the queue is theirs.")
    because = Because(many=True)


class OrderSerializer(serializers.Serializer[Any]):
    """One change to follow. Report on it with an `action.result` event of this action_id."""

    action_id = serializers.UUIDField()
    kind = serializers.CharField(help_text="The kind to report with.")
    what = serializers.ChoiceField(choices=["begin", "end"])
    change = serializers.ChoiceField(choices=["move", "seniors", "to_ai", "pause"])
    queue = serializers.CharField()
    to_queue = serializers.CharField(allow_null=True)
    intent = serializers.CharField(allow_null=True)
    agents = serializers.ListField(child=serializers.CharField())
    from_at = serializers.DateTimeField()
    until = serializers.DateTimeField()


class Orders(serializers.Serializer[Any]):
    """What is not done yet, oldest first."""

    commands = OrderSerializer(many=True)


class PlatformDoor(Answering):
    """A door for a source's platform, by its token, and for people who are signed in."""

    authentication_classes = [SourceToken, SessionAuthentication]


class DecisionView(PlatformDoor):
    """Who is to take a conversation now: asked by a platform before it routes, or by whoever may reroute."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "queue", OpenApiTypes.STR, required=True, description="The source's name of the queue, or our key."
            ),
            OpenApiParameter("intent", OpenApiTypes.STR, description="What the AI takes it for."),
            OpenApiParameter("complex", OpenApiTypes.BOOL, default=False),
        ],
        responses={200: Answer, 400: Wrong, 401: Words, 403: Words, 404: Words},
    )
    def get(self, request: Request) -> Response:
        """Answer for one conversation."""
        asked = Asked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given, now = asked.validated_data, timezone.now()
        if isinstance(request.user, Platform):
            found = queries.decision_for_source(
                source=request.user.source,
                queue=given["queue"],
                intent=given["intent"],
                is_complex=given["complex"],
                at=now,
            )
        else:
            found = queries.decision_for_viewer(
                viewer=request._request.viewer, queue=given["queue"], intent=given["intent"],  # type: ignore[attr-defined]
                is_complex=given["complex"], at=now,
            )  # fmt: skip
        return Response(Answer(found).data)


class CommandsView(PlatformDoor):
    """What a platform is to change, until it has reported on it."""

    permission_classes = [IsPlatform]

    @extend_schema(responses={200: Orders, 401: Words, 403: Words})
    def get(self, request: Request) -> Response:
        """Hand out the open commands of the source."""
        found = commands.hand_out(source=request.user.source, at=timezone.now())  # type: ignore[union-attr]  # IsPlatform
        return Response(Orders({"commands": found}).data)

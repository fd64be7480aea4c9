"""How doors for programs say an expected "no": as JSON with its sentence, never as a page."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.shared.errors import AWAY, AWAY_SECONDS, TOO_LONG, NotAllowed, OutOfScope, Refusal, is_away, is_too_long


class SaidSerializer(serializers.Serializer[Any]):
    """A refusal: its sentence."""

    detail = serializers.CharField()


class MistakesSerializer(serializers.Serializer[Any]):
    """What could not be read: sentences by the name of the parameter."""

    parameter = serializers.ListField(child=serializers.CharField(), required=False)


# What every question may be answered with but its answer.
REFUSALS: dict[int, Any] = {400: MistakesSerializer, **dict.fromkeys((403, 404, 409, 503), SaidSerializer)}


class Answering(APIView):
    """A door for programs of people who are signed in."""

    permission_classes = [IsAuthenticated]

    def handle_exception(self, exc: Exception) -> Response:
        """Answer an expected "no" as JSON: 404, 403, 409, or 503 for a question that took too long or a database that is away."""
        if isinstance(exc, OutOfScope):
            return Response({"detail": "There is no such thing in your scope."}, status.HTTP_404_NOT_FOUND)
        if isinstance(exc, Refusal):
            refused = status.HTTP_403_FORBIDDEN if isinstance(exc, NotAllowed) else status.HTTP_409_CONFLICT
            return Response({"detail": str(exc)}, refused)
        if is_too_long(exc):
            return Response({"detail": TOO_LONG}, status.HTTP_503_SERVICE_UNAVAILABLE)
        if is_away(exc):
            later = {"Retry-After": str(AWAY_SECONDS)}
            return Response({"detail": AWAY}, status.HTTP_503_SERVICE_UNAVAILABLE, headers=later)
        return super().handle_exception(exc)

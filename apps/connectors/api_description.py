"""The door's part of the OpenAPI document: it stands before Django, so the generator cannot see it by itself."""

from __future__ import annotations

from typing import Any

from apps.connectors.admission import LARGEST_BODY, MOST_EVENTS
from apps.connectors.door import JSON, PATH
from apps.interactions.canonical import TYPES

_PROBLEM = {
    "type": "object",
    "required": ["status", "title", "detail"],
    "properties": {"status": {"type": "integer"}, "title": {"type": "string"}, "detail": {"type": "string"}},
}
_EVENT = {
    "type": "object",
    "description": "A CloudEvent 1.0 whose data is one of the canonical events. Unknown fields are refused.",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 255, "description": "Sending it again changes nothing."},
        "source": {"type": "string", "example": "/connections/shop-chat"},
        "type": {"type": "string", "enum": list(TYPES)},
        "time": {"type": "string", "format": "date-time", "description": "RFC 3339, UTC, at most microseconds."},
        "data": {"type": "object"},
    },
}
_RESULT = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "enum": ["accepted", "duplicate", "refused"]},
        "pointer": {"type": "string", "description": "JSON pointer into a refused event."},
        "message": {"type": "string", "description": "What was seen and what is expected."},
    },
}
_SAYS = {
    "400": "The body as a whole cannot be read. It is kept, with this reason.",
    "401": "No active source has this key.",
    "413": f"More than {LARGEST_BODY} bytes or {MOST_EVENTS} events.",
    "415": "Not a JSON content type.",
    "429": "Too much is waiting, or the source's own rate is reached. Wait for Retry-After seconds.",
    "503": "The events could not be stored; none was. Send them again.",
}


_AS_PROBLEM: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def describe_no_address(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every operation that may find nothing: an address with no key in it is answered before any operation, as a problem."""
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if "404" in operation.get("responses", {}):
                operation["responses"]["404"].setdefault("content", {}).update(_AS_PROBLEM)
    return result


def describe_door(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add POST /api/v1/events to the generated document."""
    parts = result.setdefault("components", {})
    parts.setdefault("schemas", {}).update(
        {"Event": _EVENT, "Problem": _PROBLEM,
         "Results": {"type": "object", "required": ["results"],
                     "properties": {"results": {"type": "array", "items": _RESULT}}}}
    )  # fmt: skip
    parts.setdefault("securitySchemes", {}).update(
        {"sourceToken": {"type": "http", "scheme": "bearer", "description": "The token of a source."},
         "standardWebhooks": {"type": "apiKey", "in": "header", "name": "webhook-signature",
                              "description": "Standard Webhooks v1 with webhook-id and webhook-timestamp."}}
    )  # fmt: skip
    one, many = {"$ref": "#/components/schemas/Event"}, {"$ref": "#/components/schemas/Event"}
    body = {"oneOf": [one, {"type": "array", "maxItems": MOST_EVENTS, "items": many}]}
    result.setdefault("paths", {})[PATH] = {
        "post": {
            "operationId": "send_events",
            "summary": "Send events",
            "description": "One event or a list. Each gets its own result, in the order sent; 202 follows the commit.",
            "security": [{"sourceToken": []}, {"standardWebhooks": []}],
            "requestBody": {"required": True, "content": {kind: {"schema": body} for kind in JSON}},
            "responses": {
                "202": {
                    "description": "Stored, as each result says.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Results"}}},
                },
                **{code: {"description": text, "content": _AS_PROBLEM} for code, text in _SAYS.items()},
            },
        }
    }
    return result

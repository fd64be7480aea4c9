"""Recordings of calls: an address is signed, lives five minutes, and the permission is asked again when it is used.

Only the demo floor's recordings can be played so far: a sound is generated from where the turns of the call lie, and
nothing is fetched from anywhere. A recording that a source only names by an address of its own is not played.
"""

from __future__ import annotations

import array
import io
import math
import wave
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from random import Random
from uuid import UUID

from django.core import signing
from django.urls import reverse

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import AuthorKind, Conversation, Message
from apps.shared.errors import OutOfScope

LIVES_FOR = timedelta(minutes=5)
LONGEST_SECONDS = 900
DEMO = "midshift-demo:"
RATE = 8000
# First and second formant of five vowels, Hz.
VOWELS = ((730, 1090), (530, 1840), (390, 1990), (570, 840), (440, 1020))
_SIGNER = signing.TimestampSigner(salt="midshift.recording")


def signed_recording_path(message_id: UUID, conversation_id: UUID, n: int) -> str:
    """Return the path of the n-th attachment of a message, good for five minutes and for whoever may hear it."""
    return reverse("recording", args=[_SIGNER.sign(f"{conversation_id}.{message_id}.{n}")])


def recording_path(*, viewer: Viewer, conversation_id: UUID, message_id: UUID, n: int) -> str:
    """Return a fresh signed path. :raises OutOfScope: there is no such recording for this viewer.

    :raises NotAllowed: the viewer may read the conversation and not listen to it.
    """
    _attachment(viewer, conversation_id, message_id, n)
    return signed_recording_path(message_id, conversation_id, n)


def open_recording(*, viewer: Viewer, token: str) -> bytes:
    """Return the WAV behind a signed path.

    :raises OutOfScope: forged, run out, out of the viewer's scope, or not a sound this installation makes itself.
    :raises NotAllowed: the viewer may read the conversation and not listen to it.
    """
    try:
        value = _SIGNER.unsign(token, max_age=LIVES_FOR)
        conversation, message, n = value.rsplit(".", 2)
        conversation_id, message_id, place = UUID(conversation), UUID(message), int(n)
    except (signing.BadSignature, ValueError) as raised:
        raise OutOfScope from raised
    if not _attachment(viewer, conversation_id, message_id, place).startswith(DEMO):
        raise OutOfScope
    turns = Message.objects.filter(
        conversation_id=conversation_id, is_private=False, offset_ms__isnull=False, duration_ms__isnull=False
    ).values_list("offset_ms", "duration_ms", "author_kind")
    return sound(
        (start / 1000, length / 1000, 118.0 if who == AuthorKind.CUSTOMER else 195.0)
        for start, length, who in turns
        if start is not None and length is not None
    )


def _attachment(viewer: Viewer, conversation_id: UUID, message_id: UUID, n: int) -> str:
    if not Conversation.objects.visible_to(viewer).filter(pk=conversation_id).exists():
        raise OutOfScope
    viewer.require(Permission.HEAR_RECORDINGS)
    message = Message.objects.filter(pk=message_id, conversation_id=conversation_id).first()
    if message is None or not 0 <= n < len(message.attachments):
        raise OutOfScope
    return str(message.attachments[n].get("url") or "")


def sound(turns: Iterable[tuple[float, float, float]]) -> bytes:
    """Make a WAV (8 kHz, 8 bit, at most 15 minutes) with a murmur for each turn: start and length in s, pitch in Hz."""
    kept = [(max(0.0, a), length, pitch) for a, length, pitch in turns if a < LONGEST_SECONDS]
    total = min(LONGEST_SECONDS, max([a + length for a, length, _ in kept], default=1.0))
    samples = bytearray(b"\x80" * max(RATE, int(total * RATE)))
    for start, length, pitch in kept:
        first = int(start * RATE)
        count = min(int(length * RATE), len(samples) - first)
        if count > 0:
            voice = _murmur(pitch)
            # Each turn begins elsewhere in the murmur, so that no two sound alike.
            place = first % len(voice)
            samples[first : first + count] = (voice * (count // len(voice) + 2))[place : place + count]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(bytes(samples))
    return out.getvalue()


@cache
def _murmur(pitch: float) -> bytes:
    """Six seconds of somebody speaking behind a door: syllables of changing length, vowel and pitch, with pauses."""
    rng = Random(int(pitch))  # noqa: S311  # no secret: the same voice sounds the same everywhere
    out = array.array("B")
    while len(out) < 6 * RATE:
        length = int(RATE * rng.uniform(0.11, 0.26))
        vowel = rng.choice(VOWELS)
        tone = pitch * rng.uniform(0.9, 1.12)
        # How strongly each overtone sounds follows from how near it lies to the vowel's two formants.
        overtones = [(n, sum(math.exp(-(((n * tone - f) / 160) ** 2)) for f in vowel) + 0.15 / n) for n in range(1, 12)]
        for n in range(length):
            swell = math.sin(math.pi * n / length) * 45
            turn = 2 * math.pi * tone * (1 - 0.06 * n / length) * n / RATE
            value = swell * sum(strength * math.sin(k * turn) for k, strength in overtones)
            out.append(128 + max(-120, min(120, int(value))))
        out.extend(b"\x80" * int(RATE * rng.choice((0.02, 0.03, 0.05, 0.05, 0.3))))
    return out.tobytes()

"""Sealed values: who opens them, what an altered one says, and that they are printed nowhere."""

from __future__ import annotations

import json
import pickle

import pytest

from apps.access.sealed import CannotOpen, Sealed, SealedField, open_value, seal, seal_many


def test_a_sealed_value_opens_only_for_its_owner_and_unaltered() -> None:
    sealed = seal("4111 1111 1111 1111", context=b"message-1")
    assert open_value(sealed, context=b"message-1") == b"4111 1111 1111 1111"
    assert b"4111" not in sealed
    with pytest.raises(CannotOpen):
        open_value(sealed, context=b"message-2")
    with pytest.raises(CannotOpen):
        open_value(sealed[:-1] + bytes([sealed[-1] ^ 1]), context=b"message-1")


def test_an_old_key_still_opens_and_the_first_one_seals(settings: object) -> None:
    old, new = b"o" * 32, b"n" * 32
    settings.SEAL_KEYS = [old]  # type: ignore[attr-defined]
    sealed = seal("x", context=b"c")
    settings.SEAL_KEYS = [new, old]  # type: ignore[attr-defined]
    assert open_value(sealed, context=b"c") == b"x"
    settings.SEAL_KEYS = [new]  # type: ignore[attr-defined]
    with pytest.raises(CannotOpen, match="Add the old key"):
        open_value(sealed, context=b"c")


def test_many_values_are_sealed_at_once_each_for_its_own_row() -> None:
    sealed = seal_many([("one", b"a"), (b"two", b"b"), ("one", b"a")])
    assert [open_value(raw, context=c) for raw, c in zip(sealed, (b"a", b"b", b"a"), strict=True)] == [
        b"one",
        b"two",
        b"one",
    ]
    assert len(set(sealed)) == 3


@pytest.mark.parametrize("raw", [b"", b"abcd", b"abcdefgh"])
def test_bytes_that_were_never_sealed_are_refused_with_what_to_do(raw: bytes) -> None:
    with pytest.raises(CannotOpen, match="MIDSHIFT_SEAL_KEYS"):
        open_value(raw, context=b"c")


def test_a_cut_value_is_refused() -> None:
    sealed = seal("x", context=b"c")
    for length in range(4, len(sealed)):
        with pytest.raises(CannotOpen):
            open_value(sealed[:length], context=b"c")


def test_a_sealed_value_prints_dots_and_travels_nowhere() -> None:
    sealed = Sealed(seal("4111", context=b"c"))
    assert {str(sealed), repr(sealed), f"{sealed}", f"{sealed:>40}", "%s" % sealed} == {"•••"}  # noqa: UP031
    assert "•••" in f"{[sealed]}"
    for carry in (json.dumps, pickle.dumps, list):
        with pytest.raises(TypeError):
            carry(sealed)  # type: ignore[operator]
    assert open_value(sealed, context=b"c") == b"4111"


def test_a_sealed_column_loads_as_dots_and_is_stored_as_bytes() -> None:
    field = SealedField(null=True)
    assert isinstance(field.from_db_value(b"x"), Sealed)
    assert field.from_db_value(None) is None
    assert field.get_prep_value(Sealed(b"x")) == b"x"
    assert field.deconstruct()[1] == "django.db.models.BinaryField"

"""Codes, recovery codes and the picture that carries the secret."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from apps.access import factors
from apps.access.qr import QUIET, qr

# RFC 6238, appendix B, for SHA-1; the last six of its eight digits.
RFC = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
SECRET = b"12345678901234567890"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert factors.code_at(SECRET, at) == code
    assert factors.step_of(SECRET, code=code, after=0, at=at) == seconds // 30


@pytest.mark.parametrize(("seconds", "is_right"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_half_a_minute_wrong(seconds: int, is_right: bool) -> None:
    code = factors.code_at(SECRET, NOON + timedelta(seconds=seconds))
    assert (factors.step_of(SECRET, code=code, after=0, at=NOON) is not None) == is_right


def test_a_code_is_right_once_and_none_before_it_is_right_again() -> None:
    """Case 79."""
    code, before = factors.code_at(SECRET, NOON), factors.code_at(SECRET, NOON - timedelta(seconds=30))
    step = factors.step_of(SECRET, code=code, after=0, at=NOON)
    assert step is not None
    assert factors.step_of(SECRET, code=code, after=step, at=NOON) is None
    assert factors.step_of(SECRET, code=before, after=step, at=NOON) is None
    later = NOON + timedelta(seconds=30)
    assert factors.step_of(SECRET, code=factors.code_at(SECRET, later), after=step, at=NOON) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-12345", "1e5", "287 082"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert factors.step_of(SECRET, code=code, after=0, at=datetime.fromtimestamp(59, UTC)) is None


def test_recovery_codes_are_ten_that_differ_and_are_kept_as_digests_of_their_owner() -> None:
    codes = factors.new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([2-9a-z]{4}-){3}[2-9a-z]{4}", one) for one in codes)
    one = codes[0]
    assert factors.digest_of(f" {one.upper().replace('-', ' ')}", user_id=1) == factors.digest_of(one, user_id=1)
    assert factors.digest_of(one, user_id=1) != factors.digest_of(one, user_id=2)


def test_the_picture_holds_every_module_and_its_quiet_border() -> None:
    """A camera reads the same modules from the path as the library made."""
    text = factors.address(SECRET, account="lena")
    assert text == "otpauth://totp/Midshift%3Alena?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Midshift"
    wanted = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    wanted.add_data(text)
    wanted.make(fit=True)
    drawn = qr(text, label='A "label"')
    size = len(wanted.get_matrix())
    seen = [[False] * size for _ in range(size)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn):
        for place in range(int(x), int(x) + int(width)):
            seen[int(y)][place] = True
    assert seen == wanted.get_matrix()
    assert not any(any(row[:QUIET]) for row in seen)
    assert 'aria-label="A &quot;label&quot;"' in drawn
    assert "style" not in drawn
    # Rows are drawn in stretches, each as long as can be.
    places = [(int(y), int(x), int(width)) for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", drawn)]
    assert all(a[0] < b[0] or a[1] + a[2] < b[1] for a, b in pairwise(places))

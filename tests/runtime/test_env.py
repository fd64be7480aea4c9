"""Settings are refused by name, with what was seen and what is expected."""

from __future__ import annotations

import pytest

from supervision import env


def test_a_missing_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIDSHIFT_NOWHERE", raising=False)
    with pytest.raises(env.BadSetting, match=r"MIDSHIFT_NOWHERE is not set\. Expected a text"):
        env.text("MIDSHIFT_NOWHERE")


@pytest.mark.parametrize(("seen", "value"), [("1", True), ("Yes", True), ("off", False), ("FALSE", False)])
def test_a_flag_is_read_in_the_usual_words(monkeypatch: pytest.MonkeyPatch, seen: str, value: bool) -> None:
    monkeypatch.setenv("MIDSHIFT_X", seen)
    assert env.flag("MIDSHIFT_X", default=not value) is value


def test_a_flag_that_is_no_flag_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDSHIFT_X", "perhaps")
    with pytest.raises(env.BadSetting, match=r"MIDSHIFT_X cannot be read: saw 'perhaps'"):
        env.flag("MIDSHIFT_X", default=True)


def test_a_number_below_its_least_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDSHIFT_X", "0")
    with pytest.raises(env.BadSetting, match="at least 1"):
        env.number("MIDSHIFT_X", 5, at_least=1)


def test_a_bad_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDSHIFT_X", "c2hvcnQ=")
    with pytest.raises(env.BadSetting) as refused:
        env.keys("MIDSHIFT_X")
    assert "has 5 bytes" in str(refused.value)
    assert "c2hvcnQ" not in str(refused.value)


def test_a_database_url_is_read_with_its_socket_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDSHIFT_X", "postgresql://me:p%40ss@/floor?host=/run/pg&port=5433")
    read = env.database("MIDSHIFT_X")
    assert (read["USER"], read["PASSWORD"], read["NAME"], read["HOST"], read["PORT"]) == (
        "me", "p@ss", "floor", "/run/pg", "5433",
    )  # fmt: skip


def test_a_database_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDSHIFT_X", "mysql://me:secret@db/floor")
    with pytest.raises(env.BadSetting) as refused:
        env.database("MIDSHIFT_X")
    assert "saw the scheme 'mysql'" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_env_files_are_read_line_by_line() -> None:
    assert env.parse_env_file("# comment\nA=1\n\nB = two=2 \n") == {"A": "1", "B": "two=2"}

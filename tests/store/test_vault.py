"""Secrets at rest: they open for their own row and key, unchanged, and not at all otherwise."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store.vault import Vault, VaultError, new_key_line
from tests.store.people import VAULT

ROW = "calendars/one/account"
SEALED = VAULT.seal(b"app password", row=ROW)
KEY = b64encode(bytes(32)).decode()

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.binary(max_size=200), names)
def test_a_secret_opens_for_its_own_row(secret: bytes, row: str) -> None:
    assert VAULT.open(VAULT.seal(secret, row=row), row=row) == secret


@given(names.filter(lambda row: row != ROW))
def test_a_secret_does_not_open_for_another_row(row: str) -> None:
    with pytest.raises(VaultError):
        VAULT.open(SEALED, row=row)


@pytest.mark.parametrize("place", range(len(SEALED)))
def test_a_changed_byte_anywhere_is_noticed(place: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 0x01
    with pytest.raises(VaultError):
        VAULT.open(bytes(changed), row=ROW)


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_a_secret_cut_short_is_noticed(length: int) -> None:
    with pytest.raises(VaultError):
        VAULT.open(SEALED[:length], row=ROW)


def test_another_key_under_the_same_id_does_not_open_it() -> None:
    with pytest.raises(VaultError):
        Vault(VAULT.current, {VAULT.current: bytes(32)}).open(SEALED, row=ROW)


def test_a_key_that_is_not_there_does_not_open_it() -> None:
    with pytest.raises(VaultError):
        Vault("00000002", {"00000002": bytes(32)}).open(SEALED, row=ROW)


def test_the_same_secret_is_never_sealed_alike() -> None:
    assert VAULT.seal(b"app password", row=ROW) != SEALED
    assert b"app password" not in SEALED


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old = new_key_line()
    sealed = Vault.from_text(old).seal(b"secret", row=ROW)
    rotated = Vault.from_text(new_key_line() + old)
    assert rotated.open(sealed, row=ROW) == b"secret"
    again = rotated.seal(b"secret", row=ROW)
    assert rotated.open(again, row=ROW) == b"secret"
    with pytest.raises(VaultError):
        Vault.from_text(old).open(again, row=ROW)


def test_a_key_file_may_have_blank_lines_and_capitals() -> None:
    vault = Vault.from_text(f"\n  ABCDEF01:{KEY}  \r\n\n")
    assert vault.open(vault.seal(b"secret", row=ROW), row=ROW) == b"secret"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        KEY,
        f"abcdef01:{KEY}:more",
        f"abcdef01{KEY}",
        "abcdef01:not base64!",
        f"abcdef01:{KEY[:-4]}",
        f"abcdef01:{b64encode(bytes(16)).decode()}",
        f"abcdef01:{b64encode(bytes(33)).decode()}",
        f"abc:{KEY}",
        f"notahexa:{KEY}",
        f"ab cd ef:{KEY}",
        f"abcdef01:{KEY}\nabcdef01:{b64encode(bytes(range(32))).decode()}",
        f"abcdef01:{KEY}\nabcdef02:",
        "äbcdéf01:ü",
    ],
)
def test_a_key_file_in_another_form_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(VaultError) as refused:
        Vault.from_text(text)
    assert refused.value.__cause__ is None
    assert not any(line.strip() and line.strip() in str(refused.value) for line in text.splitlines())


def test_a_vault_shows_no_keys() -> None:
    vault = Vault.from_text(f"abcdef01:{KEY}")
    shown = f"{vault!r} {vault}"
    assert "abcdef01" in shown
    assert KEY not in shown
    assert repr(bytes(32)) not in shown


def test_new_keys_are_never_the_same() -> None:
    assert len({new_key_line() for _ in range(50)}) == 50

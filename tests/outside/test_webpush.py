"""Web Push: what we encrypt another implementation reads, and what we sign another key library verifies."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace

import http_ece
import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from integrations.egress import Egress
from integrations.errors import AccessRefused, IntegrationError, NotThere, Throttled, TooLarge, Unreachable
from integrations.http import GuardedClient
from integrations.push import webpush
from integrations.push.note import Note
from integrations.push.vapid import Vapid, VapidError, new_vapid_line
from integrations.push.webpush import Subscription, encrypt
from tests.households import NOW
from tests.outside.browsers import Browser

# RFC 8291, section 5 and appendix A
PLAINTEXT = b"When I grow up, I want to be a watermelon"
SALT, AUTH = "DGv6ra1nlYgDCS1FRnbzlw", "BTBZMqHH6r4Tts7J_aSIgg"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
NOTE = Note("A small thought", "Only for you.", "https://pencil-in.example.org/g/abc", "Open")
VAPID = Vapid.from_text(new_vapid_line(), contact="mailto:pencil-in@example.org")


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_example_of_the_rfc_comes_out_byte_for_byte() -> None:
    subscription = Subscription("https://push.example.net/", THEIRS, AUTH)
    key = ec.derive_private_key(int.from_bytes(decode(OURS)), ec.SECP256R1())
    body = encrypt(PLAINTEXT, subscription=subscription, salt=decode(SALT), key=key)
    assert urlsafe_b64encode(body).rstrip(b"=").decode() == BODY


@given(st.binary(max_size=3000), st.binary(min_size=16, max_size=16))
def test_another_implementation_reads_what_we_encrypt(content: bytes, salt: bytes) -> None:
    browser = Browser()
    key = ec.generate_private_key(ec.SECP256R1())
    body = encrypt(content, subscription=browser.subscription("https://push.example.net/"), salt=salt, key=key)
    assert browser.read(body) == content


def test_another_browser_does_not_read_it() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    body = encrypt(b"x", subscription=Browser().subscription("https://push.example.net/"), salt=bytes(16), key=key)
    with pytest.raises(http_ece.ECEException):
        Browser().read(body)


@pytest.mark.parametrize("changes", [{"p256dh": "BA"}, {"p256dh": "A" * 87}, {"auth": "\u00e4"}])
async def test_keys_that_are_none_are_refused_for_good(changes: dict[str, str]) -> None:
    subscription = replace(Browser().subscription("https://push.example.net/"), **changes)
    http = GuardedClient(Egress(), transport=httpx.MockTransport(lambda _: httpx.Response(201)))
    with pytest.raises(IntegrationError) as refused:
        await webpush.send(http, subscription, vapid=VAPID, note=NOTE, now=NOW)
    assert refused.value.permanent


def test_the_token_is_for_that_push_service_and_signed_with_the_key_it_names() -> None:
    scheme, _, rest = VAPID.authorize("https://push.example.net:8443/send/xyz?a=b", now=NOW).partition(" ")
    fields = dict(each.strip().split("=", 1) for each in rest.split(","))
    head, claims, signature = fields["t"].split(".")
    assert scheme == "vapid"
    assert json.loads(decode(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(decode(claims)) == {
        "aud": "https://push.example.net:8443",
        "exp": int(NOW.timestamp()) + 12 * 3600,
        "sub": "mailto:pencil-in@example.org",
    }
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(fields["k"]))
    assert fields["k"] == VAPID.public
    numbers = (int.from_bytes(part) for part in (decode(signature)[:32], decode(signature)[32:]))
    der = encode_dss_signature(*numbers)
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(der, b"something else", ec.ECDSA(SHA256()))


def test_a_key_comes_back_from_its_line() -> None:
    line = new_vapid_line()
    keys = {Vapid.from_text(each, contact="").public for each in (line, line.strip(), f" {line}")}
    assert len(keys) == 1
    assert new_vapid_line() != line


@pytest.mark.parametrize("text", ["", "xyzzy", "A" * 43, "B" * 60, "\u00e4\u00f6"])
def test_what_is_no_key_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(VapidError) as refused:
        Vapid.from_text(text, contact="")
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotThere),
        (410, NotThere),
        (401, AccessRefused),
        (403, AccessRefused),
        (413, TooLarge),
        (429, Throttled),
        (500, Unreachable),
        (503, Unreachable),
        (302, IntegrationError),
        (400, IntegrationError),
    ],
)
async def test_an_answer_that_is_no_yes_has_its_kind(status: int, kind: type[IntegrationError]) -> None:
    http = GuardedClient(Egress(), transport=httpx.MockTransport(lambda _: httpx.Response(status)))
    with pytest.raises(IntegrationError) as refused:
        await webpush.send(http, Browser().subscription("https://push.example.net/"), vapid=VAPID, note=NOTE, now=NOW)
    assert type(refused.value) is kind

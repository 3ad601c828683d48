"""Where the guarded client connects, told by who was really called."""

import asyncio
import datetime
import ssl
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integrations.egress import Egress
from integrations.errors import AddressRefused, IntegrationError, Unreachable
from integrations.http import GuardedClient
from tests.outside.wire import answer_ok, listening, read_request

LITERALS = (
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "127.1",
    "0.0.0.0",
    "localhost",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
)


def answering(*addresses: str) -> Callable[[str, int], asyncio.Future[Sequence[str]]]:
    """Make a resolver that gives these addresses for every name."""

    def resolve(host: str, port: int) -> "asyncio.Future[Sequence[str]]":
        future: asyncio.Future[Sequence[str]] = asyncio.get_running_loop().create_future()
        future.set_result(addresses)
        return future

    return resolve


def served_by(handler: Callable[[httpx.Request], httpx.Response]) -> GuardedClient:
    return GuardedClient(Egress(), transport=httpx.MockTransport(handler))


@pytest.mark.parametrize("host", LITERALS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_spelling_of_a_private_address_is_connected_to(host: str, scheme: str) -> None:
    async with listening(answer_ok) as listener, GuardedClient(Egress()) as client:
        with pytest.raises((AddressRefused, Unreachable)):  # a system without IPv6 may not even resolve some
            await client.get(f"{scheme}://{host}:{listener.port}/")
    assert listener.connections == 0


async def test_what_the_operator_opened_is_connected_to() -> None:
    async with listening(answer_ok) as listener, GuardedClient(Egress.parse(listener.opening)) as client:
        answer = await client.get(listener.url)
    assert answer.status_code == 200
    assert listener.connections == 1


async def test_a_name_is_resolved_once_and_the_checked_address_is_called() -> None:
    asked = 0

    async def rebind(host: str, port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return ["127.0.0.2"] if asked == 1 else ["127.0.0.1"]

    async with listening(answer_ok) as listener, GuardedClient(Egress.parse("127.0.0.2"), resolve=rebind) as client:
        with pytest.raises(Unreachable):
            await client.get(f"http://calendar.example:{listener.port}/")
    assert asked == 1
    assert listener.connections == 0


@pytest.mark.parametrize("addresses", [("127.0.0.1", "10.0.0.1"), ("10.0.0.1", "127.0.0.1"), ("1.1.1.1", "127.0.0.1")])
async def test_an_answer_that_mixes_allowed_and_refused_addresses_is_refused(addresses: tuple[str, ...]) -> None:
    async with listening(answer_ok) as listener:
        egress = Egress.parse(f"127.0.0.1:{listener.port}")
        async with GuardedClient(egress, resolve=answering(*addresses)) as client:
            with pytest.raises(AddressRefused):
                await client.get(f"https://calendar.example:{listener.port}/")
    assert listener.connections == 0


async def test_the_next_address_is_tried_where_the_first_does_not_answer() -> None:
    async with listening(answer_ok) as listener:
        egress = Egress.parse(f"calendar.example:{listener.port}")
        async with GuardedClient(egress, resolve=answering("127.0.0.2", "127.0.0.1")) as client:
            answer = await client.get(f"http://calendar.example:{listener.port}/")
    assert answer.status_code == 200


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    async def fail(host: str, port: int) -> Sequence[str]:
        raise OSError

    async with GuardedClient(Egress(), resolve=fail) as client:
        with pytest.raises(Unreachable):
            await client.get("https://calendar.example/")


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    async with listening(answer_ok) as inside:

        async def lure(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

        async with listening(lure) as outside, GuardedClient(Egress.parse(outside.opening)) as client:
            with pytest.raises(AddressRefused):
                await client.get(outside.url)
    assert inside.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://ana:secret@calendar.example/",
        "ftp://calendar.example/",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://[::1",
        "https://calendar.example:port/",
    ],
)
async def test_an_address_of_another_kind_is_refused(url: str) -> None:
    async with served_by(lambda _: httpx.Response(200)) as client:
        with pytest.raises(AddressRefused):
            await client.get(url)


@pytest.mark.parametrize(
    "url", ["https://[fe80::1%25lo]/", "https://127.0.0.1:99999/", "https://[bad/", "https://a..b/"]
)
async def test_an_address_that_makes_no_sense_reaches_nobody(url: str) -> None:
    async with GuardedClient(Egress.parse("127.0.0.1")) as client:
        with pytest.raises((AddressRefused, Unreachable)):
            await client.get(url)


async def test_the_certificate_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    server, client_side = make_tls(tmp_path, name="calendar.example")
    async with listening(answer_ok, tls=server) as listener:
        egress = Egress.parse("127.0.0.1")
        async with GuardedClient(egress, resolve=answering("127.0.0.1"), context=client_side) as client:
            answer = await client.get(f"https://calendar.example:{listener.port}/")
            assert answer.status_code == 200
            with pytest.raises(Unreachable):
                await client.get(f"https://other.example:{listener.port}/")
        async with GuardedClient(egress, resolve=answering("127.0.0.1")) as stranger:
            with pytest.raises(Unreachable):
                await stranger.get(f"https://calendar.example:{listener.port}/")


async def test_an_error_names_no_host_and_hides_its_cause() -> None:
    async with GuardedClient(Egress(), resolve=answering("10.0.0.1")) as client:
        with pytest.raises(IntegrationError) as raised:
            await client.get("https://calendar.example/")
    assert "example" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def make_tls(folder: Path, *, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a server's context with a certificate for `name`, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begun = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both = folder / "server.pem"
    both.write_bytes(secret + certificate.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(both)
    client = ssl.create_default_context(cadata=certificate.public_bytes(pem).decode())
    return server, client

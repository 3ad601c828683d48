"""Where this service may call, decided without calling."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.egress import Egress

CLOSED = Egress()
EVERYTHING = Egress.parse("0.0.0.0/0,::/0,evil.example")

PRIVATE = (
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "192.0.0.8",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
)
NEVER = (
    "0.0.0.0",
    "169.254.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:808:808::",
    "2001:0:808:808::1",
)


@pytest.mark.parametrize("address", PRIVATE + NEVER)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not CLOSED.permits(address, host="calendar.example", port=443, tls=True)


@pytest.mark.parametrize("address", NEVER)
def test_no_opening_reaches_metadata_link_local_multicast_or_tunnels(address: str) -> None:
    assert not EVERYTHING.permits(address, host="evil.example", port=443, tls=True)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_a_public_address_is_allowed_over_tls(address: str) -> None:
    assert CLOSED.permits(address, host="calendar.example", port=443, tls=True)


@pytest.mark.parametrize(("port", "tls"), [(443, False), (80, False), (22, True), (5232, True)])
def test_a_public_address_needs_tls_and_a_usual_port(port: int, tls: bool) -> None:
    assert not CLOSED.permits("1.1.1.1", host="calendar.example", port=port, tls=tls)


@pytest.mark.parametrize(
    ("opening", "address", "host"),
    [
        ("127.0.0.1:5232", "127.0.0.1", "localhost"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("radicale", "172.18.0.3", "Radicale."),
        ("radicale:5232", "172.18.0.3", "radicale"),
        ("10.0.0.0/8", "10.9.8.7", "nas.home"),
        ("[::1]:5232", "::1", "localhost"),
        ("::1", "::1", "localhost"),
        (" fd00::/8 , 10.0.0.1 ", "fd12::1", "nas.home"),
    ],
)
def test_what_the_operator_opens_is_allowed_even_in_the_clear(opening: str, address: str, host: str) -> None:
    assert Egress.parse(opening).permits(address, host=host, port=5232, tls=False)


@pytest.mark.parametrize(
    ("host", "port"), [("radicale", 5233), ("radicale.evil.example", 5232), ("evil.example", 5232)]
)
def test_an_opening_covers_its_own_host_and_port_only(host: str, port: int) -> None:
    assert not Egress.parse("radicale:5232").permits("172.18.0.3", host=host, port=port, tls=True)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "radicale/8", "radicale:http", "[::1", "a:b:c"])
def test_an_opening_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a host|int\(\)"):
        Egress.parse(text)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_never_opens_it(address: IPv4Address) -> None:
    plain = CLOSED.permits(str(address), host="h", port=443, tls=True)
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        wrapped = IPv6Address(int(IPv6Address(prefix)) | int(address))
        assert CLOSED.permits(str(wrapped), host="h", port=443, tls=True) == plain


@given(st.sampled_from(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"]), st.data())
def test_no_private_address_is_allowed(network: str, data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(network=IPv4Network(network)))
    assert not CLOSED.permits(str(address), host="h", port=443, tls=True)

"""
Where this service may call: one policy for calendars, feeds and webhooks alike, and pure.

The public internet over TLS, and what the operator opened besides. What is link-local (with it the metadata services of
clouds), multicast or unspecified stays refused whatever the operator says, as do 6to4 and Teredo, which could mean any
address. IPv4-mapped and NAT64 addresses are judged by what they carry (RFC 4291, 6052).
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_TLS_PORTS = frozenset({443, 8443})
_NAT64 = ip_network("64:ff9b::/96")
_ROUTED = ip_network("2000::/3")  # all of IPv6 that is; what lies outside embeds or names something local
# Special blocks of IANA's registries that Python 3.11's `is_global` does not know.
_SPECIAL = tuple(ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))
_METADATA = frozenset(
    ip_address(each)
    for each in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)


@dataclass(frozen=True, slots=True)
class Opening:
    """One thing the operator allows: a host by its name, or a network; on one port, or on all."""

    host: str | None = None
    network: Network | None = None
    port: int | None = None

    def covers(self, address: Address, *, host: str, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address in self.network
        return self.host == host


@dataclass(frozen=True, slots=True)
class Egress:
    """Where this service may connect: the public internet over TLS, and what the operator opened besides."""

    openings: frozenset[Opening] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "Egress":
        """
        Read the operator's list, such as ``127.0.0.1:5232,radicale,10.0.0.0/8,[::1]:8080``.

        Raises `ValueError` for an entry that is neither a host, an address nor a network.
        """
        return cls(frozenset(_read_opening(entry.strip()) for entry in text.split(",") if entry.strip()))

    def permits(self, text: str, *, host: str, port: int, tls: bool) -> bool:
        """Tell whether `host`, which resolved to the address in `text`, may be called on `port`."""
        address = _unwrap(ip_address(text))
        if address is None or _is_never_allowed(address):
            return False
        name = host.lower().rstrip(".")
        if any(opening.covers(address, host=name, port=port) for opening in self.openings):
            return True
        return tls and port in _TLS_PORTS and _is_public(address)


def _read_opening(entry: str) -> Opening:
    name, port = entry, None
    if entry.startswith("[") or entry.count(":") == 1:
        name, _, digits = entry.rpartition(":") if not entry.endswith("]") else (entry, "", "")
        name, port = name.strip("[]"), int(digits) if digits else None
    try:
        return Opening(network=ip_network(name, strict=False), port=port)
    except ValueError:
        if not name or "/" in name or ":" in name:
            raise ValueError(f"not a host, an address or a network: {entry}") from None
        return Opening(host=name.lower().rstrip("."), port=port)


def _unwrap(address: Address) -> Address | None:
    """Return the address that is really meant, or None for a tunnel that could mean any."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None if address.sixtofour or address.teredo else address


def _is_never_allowed(address: Address) -> bool:
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA


def _is_public(address: Address) -> bool:
    routed = isinstance(address, IPv4Address) or address in _ROUTED
    return routed and address.is_global and not any(address in network for network in _SPECIAL)

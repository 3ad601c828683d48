"""
Opening connections: only to addresses that the policy, `Egress`, has seen.

A name is looked up once, each address it resolved to is judged, and the connection goes to the very address that was.
Timeouts are in seconds.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpcore
from anyio.abc import SocketStream
from httpcore._backends.anyio import AnyIOStream

from integrations.egress import Egress
from integrations.errors import AddressRefused

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# of their own: a name server that hangs must hold up nothing but the names that are asked of it
_LOOKUPS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="lookup")


async def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of `host`, in the order the system prefers; raises `OSError` where it has none."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = look_up(flags=socket.AI_NUMERICHOST)  # an address in whatever spelling asks nobody
    except socket.gaierror:
        found = await asyncio.get_running_loop().run_in_executor(_LOOKUPS, look_up)
    return [str(where[0]) for *_, where in found]


async def _connect(address: str, port: int, *, within: float | None) -> AnyIOStream:
    """Do what httpcore's `AnyIOBackend` does, without its race of all addresses of a name: here is one."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)  # noqa: FBT003
        async with asyncio.timeout(within):
            await asyncio.get_running_loop().sock_connect(connection, (address, port))
            return AnyIOStream(await SocketStream.from_socket(connection))
    except BaseException:
        connection.close()
        raise


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections to addresses that the policy has seen; TLS still checks the name."""

    def __init__(self, egress: Egress, *, resolve: Resolve, tls: bool) -> None:
        self._egress = egress
        self._resolve = resolve
        self._tls = tls

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError from None
        # One refused address refuses the name: an answer that mixes public and private ones is an attack or a mistake.
        if not all(self._egress.permits(each, host=host, port=port, tls=self._tls) for each in addresses):
            raise AddressRefused
        for address in addresses:
            try:
                return await _connect(address, port, within=timeout)
            except OSError:
                continue
        raise httpcore.ConnectError

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

"""
A server that answers every REPORT from memory, in a process of its own: nothing has changed since any token.

It prints its port and serves until it is killed; it speaks just enough HTTP/1.1 for one client that keeps connections.
"""

import asyncio
import re

_BODY = (
    b'<?xml version="1.0" encoding="utf-8"?><multistatus xmlns="DAV:"><sync-token>http://bench/1</sync-token>'
    b"</multistatus>"
)
_ANSWER = (
    b"HTTP/1.1 207 Multi-Status\r\nContent-Type: application/xml; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            writer.write(_ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

"""A calendar server that hands out whatever was put into it, however broken; most refuse that, and some do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

from tests.workers.shelf import HOST, Shelf

CALENDAR = (
    '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>{path}</href><propstat>'
    "<status>HTTP/1.1 200 OK</status><prop><resourcetype><collection/><C:calendar/></resourcetype>"
    "<displayname>{name}</displayname>"
    "<supported-report-set><supported-report><report><sync-collection/></report></supported-report>"
    "</supported-report-set></prop></propstat></response></multistatus>"
)


@contextmanager
def careless_server(shelf: Shelf, *, name: str) -> Iterator[int]:
    """Serve the calendar on `shelf`, called `name`, on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.command == "PROPFIND":
                found = httpx.Response(207, text=CALENDAR.format(path=shelf.path, name=name))
            else:
                found = shelf(httpx.Request(self.command, HOST + self.path, headers=dict(self.headers), content=body))
            self.send_response(found.status_code)
            self.send_header("Content-Length", str(len(found.content)))
            self.end_headers()
            self.wfile.write(found.content)

        do_PROPFIND = do_REPORT = do_GET = do_PUT = do_DELETE = answer  # noqa: N815 - the names are the library's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

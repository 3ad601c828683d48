"""
A mail server to be killed: ``python -m tests.chaos.sink PORT FILE``.

A mail is a line of JSON, on the disk before it is accepted. A line that a crash cut short was never accepted.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Keeper:
    """Appends every mail to `file`."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="ascii")
        self._file.write("\n")  # after what a crash may have left

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        line = {"to": envelope.rcpt_tos, "content": envelope.content.decode("latin-1")}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return "250 OK"


def read_mails(file: Path) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield recipients and bytes of every mail in `file`, in the order of their arrival."""
    for line in file.read_text(encoding="ascii").splitlines():
        try:
            mail = json.loads(line)
        except ValueError:
            continue
        yield tuple(mail["to"]), mail["content"].encode("latin-1")


if __name__ == "__main__":
    Controller(Keeper(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    signal.pause()

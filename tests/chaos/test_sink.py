"""The file of the mail server that is killed: what was accepted is in it, what a crash cut short is not."""

import json
from pathlib import Path

from tests.chaos.sink import read_mails

MAIL = {"to": ["ana@example.org"], "content": "Subject: tonight\r\n\r\nCaf\u00e9 at eight.\r\n"}


def test_mails_come_back_in_their_order_without_what_was_cut_short(tmp_path: Path) -> None:
    line = json.dumps(MAIL)
    file = tmp_path / "mails"
    file.write_text(f"\n{line}\n{line[:30]}\n{line}\n", encoding="ascii")
    content = str(MAIL["content"]).encode("latin-1")
    assert list(read_mails(file)) == [(("ana@example.org",), content)] * 2


def test_a_file_without_mails_has_none(tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("\n\n", encoding="ascii")
    assert list(read_mails(tmp_path / "mails")) == []

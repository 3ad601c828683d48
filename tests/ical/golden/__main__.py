"""Writes the golden files anew, and removes those that nobody writes any more."""

import sys

from tests.ical.golden import FOLDER, write_files

files = write_files()
for path in FOLDER.iterdir():
    if path.suffix in {".ics", ".eml"} and path.name not in files:
        path.unlink()
for name, content in files.items():
    (FOLDER / name).write_bytes(content)
sys.stdout.write(f"Wrote {len(files)} files.\n")

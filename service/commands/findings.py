"""What a look at the service found, one line each: `ok` or `attention`, and then what to do. Nobody's name is in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part of the service is."""

    about: str
    is_well: bool
    text: str


def show(findings: Sequence[Finding]) -> None:
    """Print them; ends the command with 1 where one wants attention."""
    console = Console(highlight=False)
    for each in findings:
        word = "ok" if each.is_well else "attention"
        console.print(f"{word:<9}  {each.about:<9}  {each.text}", soft_wrap=True, markup=False)
    if not all(each.is_well for each in findings):
        raise SystemExit(1)

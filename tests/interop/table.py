"""What became of the steps as tables: a row for each step, a column for each server or client."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

STEPS = (
    "connect",
    "wrong password",
    "list",
    "initial sync",
    "nothing changed",
    "1 change",
    "50 changes",
    "deleted",
    "made anew",
    "bad token",
    "moved calendar",
    "PUT",
    "conflict",
    "DELETE",
    "same UID",
    "somebody else's",
    "a date",
    "throttled",
    "dropped keep-alive",
    "slow drip",
    "huge answer",
    "truncated",
    "reset",
    "500",
    "507 pages",
    "private redirect",
    "HTML",
    "credentials revoked",
    "storms",
)
CLIENT_STEPS = ("invitation", "accept", "tentative", "decline", "delete the entry", "move", "call off")
FAILED, KNOWN, FINE = "**fails**", "known defect", "ok"


@dataclass(eq=False)  # pytest keeps plugins in sets
class Table:
    """A pytest plugin that gathers what became of each test with a ``step`` mark, and how it was done there."""

    cells: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        step = item.get_closest_marker("step")
        if step is not None and isinstance(item, pytest.Function) and (report.when == "call" or report.failed):
            how = "; ".join(str(text) for name, text in report.user_properties if name == "how")
            steps, column = (STEPS, "server") if "server" in item.callspec.params else (CLIENT_STEPS, "client")
            row = steps[steps.index(step.args[0])]  # a step that is not in the table is a mistake
            cell = self.cells.setdefault((row, str(item.callspec.params[column])), [])
            cell.append((_judge(report), how))
        return report

    def render(self, heads: Mapping[str, str], *, steps: Sequence[str] = STEPS) -> str:
        """Return the table of `steps` in Markdown; `heads` are its columns, in their order, with what to call them."""
        lines = [_row("step", heads.values()), _row("---", ["---"] * len(heads))]
        lines += [_row(step, [self._cell(step, name) for name in heads]) for step in steps]
        return "\n".join([*lines, ""])

    def _cell(self, step: str, server: str) -> str:
        found = self.cells.get((step, server), [])
        outcomes = {outcome for outcome, _ in found}
        worst = next((each for each in (FAILED, KNOWN, FINE) if each in outcomes), "not run")
        hows = dict.fromkeys(how for _, how in found if how)
        return ": ".join([worst, ", ".join(hows)]) if hows else worst


def _judge(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return KNOWN
    return FINE if report.passed else FAILED


def _row(head: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join([head, *cells])} |"

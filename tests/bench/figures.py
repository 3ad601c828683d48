"""What a benchmark hands over: figures by their names, and why some could not be had."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """A median; `peer` is what it was measured against in the same run, or a limit."""

    value: float
    unit: str
    peer: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures, and the reasons of those that are `missing`, both by name."""

    found: dict[str, Figure] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

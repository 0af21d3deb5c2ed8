"""What pytest's XML report says: nothing skipped, something run, and how long."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from .errors import Stop

SHOWN = 10


@dataclass
class Outcome:
    """The counts of one or more pytest runs, and the seconds of each test."""

    ran: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.ran + other.ran,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.seconds | other.seconds,
        )

    def check(self) -> None:
        if self.skipped:
            names = ", ".join(self.skipped[:5])
            raise Stop(f"{len(self.skipped)} test(s) were skipped ({names}): run them.")
        if self.failed:
            raise Stop(f"{self.failed} of {self.ran} tests failed: see above.")
        if not self.ran:
            raise Stop("No test was run: check the pytest arguments.")

    def get_slowest(self) -> list[str]:
        """The slowest tests, each with its set-up, and the total of all."""
        slowest = sorted(self.seconds.items(), key=lambda one: -one[1])[:SHOWN]
        lines = [f"    {seconds:6.1f} s  {name}" for name, seconds in slowest]
        total = sum(self.seconds.values())
        return [*lines, f"    {total:6.0f} s  all {self.ran} tests, one after another"]


def read(report: Path) -> Outcome:
    outcome = Outcome()
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            outcome += _case(case)
    return outcome


def _case(case: ElementTree.Element) -> Outcome:
    name = f"{case.get('classname')}.{case.get('name')}"
    if case.find("skipped") is not None:
        return Outcome(skipped=[name])
    bad = case.find("failure") is not None or case.find("error") is not None
    seconds = {name: float(case.get("time", 0))}
    return Outcome(ran=1, failed=int(bad), seconds=seconds)

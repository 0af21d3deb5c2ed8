"""What pytest's XML report says: nothing skipped, something run."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from .errors import Stop


@dataclass
class Outcome:
    """The counts of one or more pytest runs."""

    ran: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.ran + other.ran,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def check(self) -> None:
        if self.skipped:
            names = ", ".join(self.skipped[:5])
            raise Stop(f"{len(self.skipped)} test(s) were skipped ({names}): run them.")
        if self.failed:
            raise Stop(f"{self.failed} of {self.ran} tests failed: see above.")
        if not self.ran:
            raise Stop("No test was run: check the pytest arguments.")


def read(report: Path) -> Outcome:
    outcome = Outcome()
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            outcome += _case(case)
    return outcome


def _case(case: ElementTree.Element) -> Outcome:
    if case.find("skipped") is not None:
        return Outcome(skipped=[f"{case.get('classname')}.{case.get('name')}"])
    bad = case.find("failure") is not None or case.find("error") is not None
    return Outcome(ran=1, failed=int(bad))

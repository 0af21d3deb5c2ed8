"""The geometry of the timeline: where a day is, and what is too close to draw apart."""

from datetime import date

WIDTH, HEIGHT = 1000, 196
# What the names of the lanes take, and the room that a mark needs at the end.
LEFT, RIGHT = 112, 984
BAND_TOP, BAND_HEIGHT = 34, 34
LANE_Y = {"period": BAND_TOP + BAND_HEIGHT // 2, "audit": 98, "milestone": 138}
AXIS_Y = 164
# Marks that are closer than this are drawn as one, with their number.
SLOT = 25
# The usual width of a character; nothing can be measured here.
CHARACTER = 7.8


class Scale:
    """Translates days of a window into places from left to right."""

    def __init__(self, first, last):
        self.first = first
        self.days = max((last - first).days, 1)

    def x(self, day):
        share = (day - self.first).days / self.days
        return round(LEFT + (RIGHT - LEFT) * min(max(share, 0), 1), 1)

    def years(self):
        """Return the year and the place of each New Year's Day in the window."""
        ends = self.first.year + 1, self.first.year + self.days // 365 + 2
        days = [date(year, 1, 1) for year in range(*ends)]
        return [
            {"year": day.year, "x": self.x(day)}
            for day in days
            if 0 < (day - self.first).days < self.days
        ]


def cluster(marks):
    """Return ``marks``, in order of their place, in groups that would overlap."""
    groups = []
    for mark in sorted(marks, key=lambda mark: mark["x"]):
        if not groups or mark["x"] - groups[-1][0]["x"] >= SLOT:
            groups.append([])
        groups[-1].append(mark)
    return groups


def hatch(x, width, step=9):
    """Return the path of slanting lines across a span of the band."""
    lines, bottom = [], BAND_TOP + BAND_HEIGHT
    for start in range(-BAND_HEIGHT, int(width), step):
        left, right = max(start, 0), min(start + BAND_HEIGHT, width)
        if right > left:
            lines.append(
                f"M{x + left:.1f},{bottom - (left - start):.1f}"
                f" L{x + right:.1f},{bottom - (right - start):.1f}"
            )
    return " ".join(lines)


def fits(text, width):
    """Tell whether ``text`` is likely to fit in ``width``."""
    return len(text) * CHARACTER + 10 <= width


def free_side(x, width, line):
    """Return the middle and the width of the larger side that ``line`` leaves."""
    if not x < line < x + width:
        return x + width / 2, width
    left, right = line - x, x + width - line
    return (x + left / 2, left) if left > right else (line + right / 2, right)

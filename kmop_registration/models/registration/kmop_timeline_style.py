"""How the timeline draws what it tells: one table for the screen and for paper.

Colour, shape and text say the same, so that black and white is enough. Plain SVG 1.1
and no patterns or references: what prints PDFs is an old browser.
"""

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

CIRCLE = "M-9,0 A9,9 0 1,1 9,0 A9,9 0 1,1 -9,0 Z"
DIAMOND = "M0,-10 L10,0 L0,10 L-10,0 Z"
CHECK = "M-4,0 L-1,3 L4,-3"
CROSS = "M-3.5,-3.5 L3.5,3.5 M-3.5,3.5 L3.5,-3.5"
DASH = "M-4,0 L4,0"
DOT = "M-1,0 L1,0"
BANG = "M0,-5 L0,1 M0,4 L0,5"
# Of the legend: in the drawing, the lines follow the length of the span.
HATCH = "M-9,7 L1,-7 M-1,7 L9,-7"
LINES = "M-4,-2 L4,-2 M-3,2 L3,2"

WHITE, GREY, DARK = "#ffffff", "#6b7280", "#1f2937"
GREEN, BLUE, AMBER, RED = "#1a7f37", "#0b5cad", "#8a5a00", "#b42318"


def _style(label, fill, stroke, ink, *, shape=None, glyph=None, dash=None, strong=True):
    return {
        "label": label,
        "fill": fill,
        "stroke": stroke,
        "ink": ink,
        "shape": shape,
        "glyph": glyph,
        "dash": dash,
        "width": 2 if strong else 1,
    }


# In the order of the legend.
SPANS = {
    "granted": _style(_lt("Granted"), "#d3efd9", GREEN, DARK),
    "conditional": _style(
        _lt("Granted on conditions"), "#fdeec8", AMBER, DARK, dash="8,3"
    ),
    "coming": _style(_lt("To come"), WHITE, BLUE, DARK, dash="3,4"),
    "gap": _style(_lt("Gap"), WHITE, RED, RED, glyph=HATCH),
    "expired": _style(_lt("Expired"), WHITE, RED, RED, glyph=HATCH),
    "withdrawn": _style(_lt("Withdrawn"), "#e5e7eb", GREY, DARK),
}

# Drawn with lines across, where nothing is registered that should be.
HATCHED = ("gap", "expired")

AUDITS = {
    "requested": _style(_lt("Requested"), WHITE, BLUE, BLUE, shape=CIRCLE),
    "planned": _style(_lt("Planned"), WHITE, BLUE, BLUE, shape=CIRCLE, glyph=DOT),
    "visited": _style(_lt("Visited"), "#cfe2f7", BLUE, DARK, shape=CIRCLE, glyph=LINES),
    "positive": _style(_lt("Positive"), GREEN, GREEN, WHITE, shape=CIRCLE, glyph=CHECK),
    "conditional": _style(
        _lt("Conditional"), AMBER, AMBER, WHITE, shape=CIRCLE, glyph=DASH
    ),
    "negative": _style(_lt("Negative"), RED, RED, WHITE, shape=CIRCLE, glyph=CROSS),
    "cancelled": _style(
        _lt("Cancelled"), WHITE, GREY, GREY, shape=CIRCLE, glyph=CROSS, strong=False
    ),
}

# The most urgent first: it gives a group of milestones its look.
MILESTONES = {
    "late": _style(_lt("Overdue"), RED, RED, WHITE, shape=DIAMOND, glyph=BANG),
    "sent": _style(_lt("Reminded"), "#cfe2f7", BLUE, DARK, shape=DIAMOND, glyph=LINES),
    "planned": _style(_lt("Planned"), WHITE, BLUE, BLUE, shape=DIAMOND),
    "done": _style(_lt("Done"), GREEN, GREEN, WHITE, shape=DIAMOND, glyph=CHECK),
    "superseded": _style(
        _lt("Superseded"), WHITE, GREY, GREY, shape=DIAMOND, glyph=DASH, strong=False
    ),
    "cancelled": _style(
        _lt("Cancelled"), WHITE, GREY, GREY, shape=DIAMOND, glyph=CROSS, strong=False
    ),
}

LANES = {
    "period": (_lt("Periods"), SPANS),
    "audit": (_lt("Audits"), AUDITS),
    "milestone": (_lt("Milestones"), MILESTONES),
}

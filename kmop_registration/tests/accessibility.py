import json
from pathlib import Path

from odoo.tests import HttpCase

AXE = Path(__file__).parents[2] / ".host/node/node_modules/axe-core/axe.min.js"

# What the host's own widgets show inside our screens: rule, who draws it, and why it is
# not ours to mend. Whatever occurs no more has to be removed: the test says so.
HOST = [
    (
        "aria-allowed-attr",
        ".o_tag, .o-dropdown, .o-autocomplete--input, .o_progress",
        "states on elements without a role",
    ),
    ("aria-dialog-name", ".o_technical_modal", "the title isn't tied to the dialog"),
    ("aria-required-parent", "[role=tab]", "tabs outside of a list of tabs"),
    (
        "autocomplete-valid",
        ".o_select_menu_input",
        "switches the browser's proposals off",
    ),
    ("button-name", ".o_optional_columns_dropdown button", "chooses columns"),
    ("button-name", ".o_calendar_container button", "hides the small calendar"),
    (
        "color-contrast",
        ".o_field_badge .badge, .o_kanban_record .badge, .ribbon span",
        "the colours of the theme",
    ),
    ("aria-prohibited-attr", ".fa-long-arrow-right", "the arrow between two dates"),
    (
        "color-contrast",
        "tr.text-muted *, .fc *, .o_calendar_view .o_out_of_range *, .o_pivot th",
        "rows, days and columns that matter less",
    ),
    ("label-content-name-mismatch", ".fc-day", "a day is named after its date"),
    ("color-contrast", ".o_setting_box .text-muted *", "help on a setting"),
    ("image-alt", "img[src*=avatar_]", "the name is beside the picture"),
    ("label", ".o-checkbox input", "selects a row"),
    ("role-img-alt", "[role=img]", "icons of the calendar of activities"),
]


# The same, where the window is narrow.
NARROW = [("color-contrast", ".o_form_label, .o_form_label *", "labels above a field")]
# The same, on the page that asks the questions of a survey.
SURVEY = [("label", ".o_survey_question_text_box", "the question is above it")]

# A page gets axe-core from here: the test answers.
AXE_URL = "http://axe.example.com/axe.js"
HARNESS_URL = "/kmop_registration/static/tests/accessibility.js"
CODE = """
const load = (src) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, {src, onload: resolve, onerror: reject});
    document.head.append(script);
});
load(%(axe)s)
    .then(() => load(%(harness)s))
    .then(() => window.kmopAccessibility.%(method)s(%(arguments)s));
"""


class AccessibilityCase(HttpCase):
    """Lets axe-core look at screens and pages in the browser."""

    def fetch_proxy(self, url):
        if url != AXE_URL:
            return super().fetch_proxy(url)
        return self.make_fetch_proxy_response(AXE.read_text())

    def _check(self, method, *arguments, url="/odoo", **options):
        """Fail on what is serious."""
        missing = "axe-core isn't there: `./dev test` installs it below .host"
        self.assertTrue(AXE.exists(), missing)
        words = ", ".join(json.dumps(argument) for argument in arguments)
        urls = {"axe": json.dumps(AXE_URL), "harness": json.dumps(HARNESS_URL)}
        code = CODE % {"method": method, "arguments": words, **urls}
        self.browser_js(url, code, timeout=300, **options)

    def _check_screens(self, screens, must=(), may=(), **options):
        """``must`` and ``may``: what is the host's; the first has to occur here."""
        known = [
            {"rule": rule, "selector": where, "must": expected}
            for entries, expected in ((must, True), (may, False))
            for rule, where, _why in entries
        ]
        self._check("screens", screens, known, **options)

    def _check_pieces(self, pieces, **options):
        """Check fragments of HTML by their title, each as a page of its own."""
        found = [{"title": title, "html": str(html)} for title, html in pieces.items()]
        self._check("pieces", found, **options)

    def _screen(self, title, wait, action=None, clicks=(), **options):
        """``clicks``: what to click, each with what has to be there after it."""
        return {
            "title": title,
            "wait": wait,
            "action": action,
            "options": options,
            "clicks": list(clicks),
        }

"""What may never be in the table of access, whatever is written there.

access.csv can be written anew, and a hole with it. These limits stand here in full:
who isn't named may do nothing.
"""

from odoo.tests import BaseCase, tagged

from .access import PEOPLE, get_done, read_table
from .access_keys import FORGED, OWN, OWN_DEFAULTS, find_keys

OUTSIDE = "public portal auditor expired withdrawn"
OFFICERS = "officer manager chief"
USERS = f"reader {OFFICERS}"
SELLERS = "salesman leader chief"
SURVEYORS = "surveyor chief"
# Has a right of ours, of Sales or of Surveys at the company.
INSIDE = f"salesman leader surveyor {USERS}"
READ, ALL = "rx", "rwcux"

# Everything, by whoever may most. Reference data of all companies is changed by nobody
# here: each works for one company of several (see test_shared_data.py).
MODELS = {
    **dict.fromkeys(
        (
            "kmop.bureau.appointment",
            "kmop.exclusion",
            "kmop.rule",
            "kmop.subsidy.rate",
            "kmop.theme",
        ),
        {f"internal {INSIDE} stranger": READ},
    ),
    **dict.fromkeys(
        (
            "kmop.evidence.type",
            "kmop.indicator",
            "kmop.norm",
            "kmop.requirement",
            "kmop.track",
            "kmop.track.part",
        ),
        {f"{INSIDE} stranger": READ},
    ),
    "kmop.milestone.role": {f"{USERS} stranger": READ},
    "kmop.milestone.rule": {f"{USERS} stranger": READ},
    "kmop.registration": {INSIDE: READ, OFFICERS: ALL},
    "kmop.registration.period": {INSIDE: READ, OFFICERS: "rwcx"},
    "kmop.audit": {"reader": READ, OFFICERS: ALL},
    "kmop.audit.access": {OFFICERS: "rwcx"},
    "kmop.audit.score": {"reader": READ, OFFICERS: ALL},
    "kmop.exemption": {"reader": READ, OFFICERS: ALL},
    "kmop.finding": {"reader": "rcx", OFFICERS: ALL},
    "kmop.milestone": {"reader": READ, OFFICERS: ALL},
    # Of somebody else. One's own, see test_access_rights.py.
    "kmop.evidence": {
        "salesman leader surveyor": "c",
        "reader": "rcx",
        OFFICERS: ALL,
    },
    # Of the salesperson's own dossier.
    "kmop.participant": {SELLERS: ALL},
    "kmop.session": {SELLERS: ALL},
    # Of who asked for it only: nobody here did.
    "kmop.export": {},
    # Written by the program, and by nobody.
    "kmop.audit.decision": {USERS: READ},
    "kmop.audit.decision.evidence": {USERS: READ},
    "kmop.audit.log": {OFFICERS: READ},
    "kmop.coverage": {USERS: READ},
    "kmop.evidence.file": {USERS: READ},
    "kmop.history": {USERS: READ},
    "kmop.reminder": {USERS: READ},
    "kmop.satisfaction": {USERS: READ},
}
WIZARDS = {
    **dict.fromkeys(
        (
            "kmop.audit.answer",
            "kmop.audit.decide",
            "kmop.audit.meeting",
            "kmop.audit.move",
            "kmop.audit.request",
            "kmop.audit.request.date",
            "kmop.evidence.supersede",
            "kmop.finding.check",
            "kmop.period.correct",
            "kmop.registration.onboard",
            "kmop.registration.onboard.part",
        ),
        {OFFICERS: ALL},
    ),
    "kmop.evidence.link": {INSIDE: ALL},
    "kmop.project.list": {USERS: ALL},
    "kmop.satisfaction.report": {USERS: ALL},
    # About nothing yet: an officer of any company can open it.
    "kmop.reason": {f"{OFFICERS} stranger": ALL},
}
# Our fields on a host's record, where the host lets these people at it.
FIELDS = {
    "account.move": {"chief": "rw"},
    "digest.digest": {f"internal {INSIDE} stranger": "r"},
    "product.template": {f"internal {INSIDE} stranger": "r"},
    "res.company": {f"internal {INSIDE}": "r"},
    "res.partner": {f"internal {INSIDE}": "r", "chief stranger": "rw"},
    "sale.order": {SELLERS: "rw"},
    "sale.order.line": {SELLERS: "rw"},
    "survey.question": {SURVEYORS: "rw"},
    "survey.survey": {SURVEYORS: "rw"},
    "survey.user_input": {SURVEYORS: "rw"},
}
# To another record of one's company. To another company: nobody, nothing.
MOVES = {
    "kmop.audit": {OFFICERS: "m"},
    "kmop.evidence": {OFFICERS: "m"},
    "kmop.exemption": {OFFICERS: "m"},
    "kmop.finding": {OFFICERS: "m"},
    "kmop.participant": {SELLERS: "m"},
    "kmop.session": {SELLERS: "m"},
    "sale.order": {SELLERS: "m"},
}
# To what is closed: what comes afterwards, or is only filed there.
MOVES_TO_CLOSED = {
    "kmop.finding": ("audit_id", "registration_id"),
    "kmop.evidence": ("registration_id",),
    "kmop.exemption": ("registration_id",),
    "sale.order": ("kmop_registration_id",),
}
# Through a list of a record that one may write.
LISTS = {
    "account.move": {"chief": "cl"},
    "kmop.audit": {OFFICERS: "cwutsl"},
    "kmop.audit.score": {OFFICERS: "cwtsl"},
    "kmop.evidence": {OFFICERS: "ctsl"},
    "kmop.exemption": {OFFICERS: "cwutsl"},
    "kmop.finding": {OFFICERS: "cl"},
    "kmop.registration": {OFFICERS: "cwutsl"},
    "kmop.registration.period": {OFFICERS: "cl"},
    "res.partner": {"chief": "cltsw", "stranger": "ts"},
    "sale.order": {SELLERS: "cwutsl"},
    "survey.user_input": {"chief": "cl"},
}
# What stays free in a list once its record is closed.
CLOSED_LISTS = {
    "kmop.audit": {"access_ids": "cw", "finding_ids": "cw"},
}
# Lists of what the program keeps: nobody changes them by any way.
KEPT_LISTS = {
    "decision_ids",
    "file_ids",
    "history_ids",
    "log_ids",
    "period_ids",
    "reminder_ids",
}

REGISTRATION = "GET /kmop/registration/<int:registration_id>"
DECIDED = "GET /kmop/audit/<int:audit_id>"
PAGE = "/my/kmop/audits/<int:audit_id>"
EVERYBODY = " ".join(PEOPLE)
# Who gets an answer; everybody else is refused, or sent to log in.
ADDRESSES = {
    f"{DECIDED}/audit.xlsx": USERS,
    f"{DECIDED}/dossier.zip": USERS,
    # The officer's own export.
    "GET /kmop/export/<int:export_id>": "officer",
    f"{REGISTRATION}/audit.xlsx": USERS,
    f"{REGISTRATION}/dossier.zip": USERS,
    # The list is of quotes: it takes rights on both.
    f"{REGISTRATION}/projects.xlsx": "chief",
    # With the right secret.
    "GET /kmop/badge/<string:token>.svg": EVERYBODY,
    "GET /kmop/evaluate/<string:token>": EVERYBODY,
    "GET /kmop/reminders/<int:partner_id>/<string:token>": EVERYBODY,
    "POST /kmop/reminders/<int:partner_id>/<string:token>": EVERYBODY,
    f"GET {PAGE} with the auditor's link": EVERYBODY,
    # A list of one's own, which may be empty.
    "GET /my/kmop/audits": EVERYBODY.removeprefix("public "),
    f"GET {PAGE}": "auditor",
    f"GET {PAGE}/attachments/<int:attachment_id>": "auditor",
    f"GET {PAGE}/audit.xlsx": "auditor",
    f"GET {PAGE}/dossier.zip": "auditor",
    f"GET {PAGE}/files/<int:file_id>": "auditor",
    f"GET {PAGE}/projects": "auditor",
    f"GET {PAGE}/projects/page/<int:page>": "auditor",
    f"GET {PAGE}/summary.pdf": "auditor",
    f"POST {PAGE}/findings": "auditor",
    f"POST {PAGE}/question": "auditor",
    f"POST {PAGE}/scores/<int:score_id>": "auditor",
    # The answer to whatever else is tried.
    "GET /my/kmop/audits/<path:_path>": "",
    "GET /web/content/<id> of a file of evidence": USERS,
    "GET /web/content/<id> of a frozen file": USERS,
}
REPORTS = {
    "report_kmop_attendance": SELLERS,
    "report_kmop_audit": USERS,
    "report_kmop_certificate": SELLERS,
    "report_kmop_evaluation_sheet": SELLERS,
    "report_kmop_finding": USERS,
    "report_kmop_registration": INSIDE,
    "report_kmop_satisfaction": USERS,
}
# What was decided, frozen or noted.
KEPT = (
    "kmop.audit.decision",
    "kmop.audit.decision.evidence",
    "kmop.audit.log",
    "kmop.coverage",
    "kmop.evidence.file",
    "kmop.export",
    "kmop.history",
    "kmop.reminder",
    "kmop.satisfaction",
)
# The letters that a row of each kind can hold; of the others, the answers.
LETTERS = {
    **dict.fromkeys(("model", "no table", "wizard"), ALL),
    "field": "rw",
    "move": "mdf",
    "list": "cwutslf",
}
ANSWERS = ("200", "302", "303", "403", "404", "500", "login")
SHOWN, SENT_ON = "200", "303"
REFUSED = {"403", "404", "login"}


def get_letters(limits, name):
    """Return the letters that somebody may have at most."""
    return "".join(
        letters for people, letters in limits.items() if name in people.split()
    )


def get_limit(row, name):
    """Return the letters that somebody may have at most in a row of the table."""
    model, _colon, fields = row["what"].partition(": ")
    kind, fields = row["kind"], fields.split()
    if kind == "move":
        closed = MOVES_TO_CLOSED.get(model, ())
        letters = get_letters(MOVES.get(model, {}), name)
        return letters + ("d" if letters and {*fields} <= {*closed} else "")
    if kind == "list":
        model, _comma, closed = model.partition(", ")
        letters = get_letters(LISTS.get(model, {}), name)
        if closed:
            free = CLOSED_LISTS.get(model, {})
            return "".join(free.get(f, "") for f in fields) if letters else ""
        return "" if KEPT_LISTS & {*fields} else letters
    tables = {"model": MODELS, "wizard": WIZARDS, "no table": MODELS, "field": FIELDS}
    return get_letters(tables[kind].get(model, {}), name)


def get_holes(rows):
    """Yield what is wrong: row, person and cell."""
    for row in rows:
        for name in PEOPLE:
            if hole := get_hole(row, name):
                yield row["what"], name, hole


def get_hole(row, name):
    """Return what is wrong in somebody's cell of a row, or nothing."""
    cell = row[name]
    if row["kind"] in LETTERS:
        return "".join(sorted({*get_done(cell)} - {*get_limit(row, name)}))
    good = {SHOWN, SENT_ON} if is_let_in(row, name) else REFUSED
    return "" if cell in good else cell


def is_let_in(row, name):
    """Tell whether somebody gets an answer of an address, or a report."""
    table = ADDRESSES if row["kind"] == "address" else REPORTS
    return name in table.get(row["what"], "").split()


@tagged("post_install", "-at_install")
class TestAccessLimits(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = read_table()

    def _get_names(self, *kinds):
        return {row["what"] for row in self.rows if row["kind"] in kinds}

    def test_no_holes(self):
        self.assertEqual(list(get_holes(self.rows)), [])

    def test_everything_has_a_limit(self):
        """What is new is put here as well, and what is gone isn't left."""
        self.assertEqual(self._get_names("model"), MODELS.keys() - {"kmop.coverage"})
        self.assertEqual(self._get_names("wizard"), WIZARDS.keys())
        self.assertEqual(self._get_names("address"), ADDRESSES.keys())
        self.assertEqual(self._get_names("report"), REPORTS.keys())
        fields = {what.partition(": ")[0] for what in self._get_names("field")}
        self.assertEqual(fields, FIELDS.keys())

    def test_somebody_is_let_in(self):
        """An address that refuses everybody shows nothing."""
        for row in self.rows:
            if row["kind"] in ("address", "report") and "<path:" not in row["what"]:
                with self.subTest(what=row["what"]):
                    self.assertTrue({SHOWN, SENT_ON} & set(row.values()))

    def test_what_is_kept(self):
        """Nobody writes, adds or deletes what was decided, frozen or noted."""
        rows = [row for row in self.rows if row["what"] in KEPT]
        self.assertEqual(len(rows), len(KEPT))
        for row in rows:
            for name in PEOPLE:
                self.assertLessEqual({*get_done(row[name])}, {*READ}, row["what"])

    def test_people_outside(self):
        """They may do nothing with any record, field or list."""
        for row in self.rows:
            for name in OUTSIDE.split() if row["kind"] in LETTERS else ():
                self.assertEqual(get_done(row[name]), "", row["what"])

    def test_keys_that_our_code_reads(self):
        """Each key is sent along where access is tried; those of ours are in use."""
        keys = find_keys()
        self.assertLessEqual(keys, FORGED.keys() | {"allowed_company_ids"})
        self.assertLessEqual(OWN.keys() | OWN_DEFAULTS.keys(), keys)

    def test_every_hole_is_found(self):
        """Each letter beyond the limit is one hole; the limit itself is none."""
        for row in self.rows:
            for name in PEOPLE if row["kind"] in LETTERS else ():
                limit = get_limit(row, name)
                self.assertEqual(get_hole({**row, name: f"{limit}(x)"}, name), "")
                for letter in {*LETTERS[row["kind"]]} - {*limit}:
                    cell = {**row, name: limit + letter}
                    hole = row["what"], name, letter
                    self.assertEqual(list(get_holes([cell])), [hole])

    def test_every_wrong_answer_is_found(self):
        """Refused where it was allowed, answered where it wasn't, or an error."""
        for row in self.rows:
            for name in PEOPLE if row["kind"] not in LETTERS else ():
                good = {SHOWN, SENT_ON} if is_let_in(row, name) else REFUSED
                for answer in ANSWERS:
                    found = list(get_holes([{**row, name: answer}]))
                    hole = row["what"], name, answer
                    self.assertEqual(found, [] if answer in good else [hole])

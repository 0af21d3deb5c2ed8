"""What the guided path asks at each step: the six of a starter, fewer for others."""

from typing import NamedTuple

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)


class Item(NamedTuple):
    """One line of a step; ``_get_guides()`` has what tells how far it is."""

    label: str
    # What the button says while it isn't done.
    todo: str | None = None
    # A method of the registration; audits and fields have links of their own.
    action: str | None = None
    officer: bool = False


ITEMS = {
    "indicators": Item(
        _lt("Indicators of the next audit supported"),
        _lt("Support the indicators"),
        "action_open_matrix",
    ),
    "documents": Item(
        _lt("Usual documents accepted"),
        _lt("Add the documents"),
        "action_open_evidence",
    ),
    "track": Item(_lt("Track chosen")),
    "bureau": Item(_lt("Audit bureau chosen"), _lt("Choose the bureau")),
    "requested": Item(_lt("Audit requested"), _lt("Request the audit")),
    "planned": Item(_lt("Visit planned"), _lt("Plan the visit")),
    "visited": Item(_lt("Visit held"), _lt("Record the visit")),
    "reported": Item(_lt("Report received"), _lt("Enter the report")),
    "decided": Item(_lt("Decision recorded"), _lt("Record the decision")),
    "period": Item(_lt("Period recorded")),
    "number": Item(
        _lt("Registration number filled in"), _lt("Fill in the number"), officer=True
    ),
    "attest": Item(
        _lt("Attest added"), _lt("Add the attest"), "action_open_attest", officer=True
    ),
    "conditions": Item(
        _lt("Registered without conditions"),
        _lt("Have it audited again"),
        "action_start_audit",
        officer=True,
    ),
    "dossiers": Item(
        _lt("Project dossiers sold"), _lt("Open the dossiers"), "action_open_dossiers"
    ),
    "complete": Item(
        _lt("Project dossiers complete"),
        _lt("Complete the dossiers"),
        "action_open_dossiers",
    ),
    "answers": Item(
        _lt("Answers on satisfaction"),
        _lt("Look at the satisfaction"),
        "action_open_satisfaction",
    ),
    "findings": Item(
        _lt("Findings closed"), _lt("Work on the findings"), "action_open_findings"
    ),
    "exempted": Item(
        _lt("Supported of what was exempt before"),
        _lt("Support what was exempt before"),
        "action_open_matrix",
    ),
}

# In order; the fields "step" of the registration gives the names.
STEP_ITEMS = {
    "prepare": ("indicators", "documents"),
    "request": ("track", "bureau", "requested"),
    "part1": ("planned", "visited", "reported", "decided"),
    "registered": ("period", "number", "attest"),
    "perform": (
        "conditions",
        "dossiers",
        "complete",
        "answers",
        "findings",
        "indicators",
    ),
    "part2": ("exempted", "requested", "planned", "visited", "reported", "decided"),
}

NEEDS = {
    "prepare": _lt(
        "Bring together what you offer, how you work, your terms and the evidence,"
        " indicator by indicator."
    ),
    "request": _lt(
        "Ask an appointed audit bureau for an offer and an audit. Apply with VLAIO as"
        " well: once for each service, with a signed declaration on honour; newcomers"
        " also fill in the knowledge test."
    ),
    "registered": _lt(
        "The bureau's report goes to VLAIO, and the minister decides. Enter number and"
        " dates as they are on the attest: from then on your clients can ask for their"
        " subsidy."
    ),
    "perform": _lt(
        "Deliver, and let each dossier grow with the work: quote or contract,"
        " programme, evaluation, feedback, improvement."
    ),
}

# Of the steps that are an audit: by its kind.
AUDIT_NEEDS = {
    "starter": _lt(
        "Are you ready to start? The auditor judges policy, procedures and conformity;"
        " experience and client satisfaction are exempt."
    ),
    "follow_up": _lt(
        "The auditor tests experience and client satisfaction. No latest day to ask"
        " for it is published: decided before the registration ends, it leaves no gap."
    ),
    "full": _lt(
        "The auditor tests all requirements, but for those exempt by a certificate."
    ),
    "renewal": _lt(
        "The auditor tests all requirements again, and asks for the list of your"
        " project dossiers since the last one."
    ),
}

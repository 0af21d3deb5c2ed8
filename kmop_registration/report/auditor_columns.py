"""What the outside auditor may see of the sheets: what isn't named here is left out.

The page shows the same (``kmop.audit._get_page``). A decision keeps which were named on
its day.
"""

AUDITOR_COLUMNS = {
    "requirement": (
        "requirement_id",
        "code",
        "indicator",
        "self_conformity",
        "self_demonstrability",
        "auditor_conformity",
        "auditor_demonstrability",
        "exempt_ground",
        "description",
        "description_evidence",
        "application",
        "application_evidence",
    ),
    "evidence": (
        "id",
        "name",
        "type_id",
        "requirement_ids",
        "indicator_ids",
        "aspect",
        "date_effective",
        "date_review",
        "state",
        "date_accepted",
        "source_name",
        "order_id",
        "files",
        "sha256",
        "url",
    ),
    "file": (
        "number",
        "evidence",
        "name",
        "kind",
        "size",
        "sha256",
        "check",
        "path",
    ),
    "project": (
        "name",
        "partner_id",
        "kmop_theme_id",
        "kmop_date_start",
        "kmop_date_end",
        "kmop_hours",
        "kmop_subsidised",
        "amount_untaxed",
        "currency_id",
    ),
    "legend": ("sheet", "column", "help"),
}

from odoo import api, fields, models

KINDS = [
    ("view", "Viewed"),
    ("projects", "Project list viewed"),
    ("download", "Downloaded"),
    ("question", "Question asked"),
    ("score", "Score given"),
    ("finding", "Finding entered"),
    ("missing", "File missing or altered"),
    ("refused", "Refused"),
]


class KmopAuditLog(models.Model):
    """What was done on the auditor's page, and by whom. Without addresses of machines.

    Written by the page only; nobody changes or removes a line.
    """

    _name = "kmop.audit.log"
    _description = "Log of the auditor's page"
    _inherit = ["kmop.kept.mixin"]
    _order = "id desc"
    _rec_name = "kind"
    _check_company_auto = True

    audit_id = fields.Many2one(
        "kmop.audit", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="audit_id.company_id", store=True, index=True)
    access_id = fields.Many2one(
        "kmop.audit.access", required=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Auditor", required=True, ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Logged in as",
        ondelete="restrict",
        help="Empty: nobody was logged in, the link alone was used.",
    )
    date = fields.Datetime(
        string="Moment", required=True, default=lambda self: fields.Datetime.now()
    )
    kind = fields.Selection(KINDS, required=True)
    evidence_id = fields.Many2one("kmop.evidence", ondelete="restrict")
    finding_id = fields.Many2one(
        "kmop.finding", index="btree_not_null", ondelete="set null"
    )
    name = fields.Char(
        string="What", help="The file, the score, or the address that was refused."
    )

    @api.model
    def _get_kept_message(self):
        return self.env._(
            "The log of the auditor's page is kept: nobody can change it."
        )

from werkzeug.urls import url_encode

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import consteq, format_date, hmac, plaintext2html

from ...tools import ignore_caller_context, shift
from ..base.constants import SCORES

STATES = [
    ("live", "Open"),
    ("expired", "Expired"),
    ("revoked", "Withdrawn"),
    ("closed", "Audit cancelled"),
]

# Proposed, from the day of the visit: until the report may be expected.
DEFAULT_MONTHS = 1


class KmopAuditAccess(models.Model):
    """What lets one person in on the auditor's page of one audit, and until when.

    The secret of the link isn't stored: it is a signature of this record, so that no
    export, log or copy of this table lets anybody in.
    """

    _name = "kmop.audit.access"
    _description = "Access to the auditor's page"
    _inherit = ["kmop.guarded.mixin"]
    _order = "audit_id, id"
    _rec_name = "partner_id"
    _check_company_auto = True
    _guarded_fields = frozenset({"date_revoked", "revoked_by_id"})
    _terms = frozenset({"date_expires", "may_score", "share_projects"})

    audit_id = fields.Many2one(
        "kmop.audit", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="audit_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Auditor",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    email = fields.Char(related="partner_id.email")
    date_expires = fields.Date(
        string="Open until",
        required=True,
        compute="_compute_date_expires",
        store=True,
        readonly=False,
        precompute=True,
        help="Last day that the page can be opened.",
    )
    may_score = fields.Boolean(
        string="Scores and findings",
        help="The auditor can enter scores and findings, until the audit is decided.",
    )
    share_projects = fields.Boolean(
        string="Project list",
        help="The auditor sees the dossiers of the window, with clients and amounts.",
    )
    date_revoked = fields.Datetime(string="Withdrawn on", readonly=True, copy=False)
    revoked_by_id = fields.Many2one(
        "res.users", string="Withdrawn by", readonly=True, copy=False
    )
    date_seen = fields.Datetime(string="Last used", compute="_compute_date_seen")
    state = fields.Selection(STATES, compute="_compute_state")
    url = fields.Char(string="Link", compute="_compute_url")

    _live_uniq = models.UniqueIndex(
        "(audit_id, partner_id) WHERE date_revoked IS NULL",
        "This auditor has access to the audit already.",
    )

    # ------------------------------------------------------------------ computes

    @api.depends("audit_id")
    def _compute_partner_id(self):
        for access in self.filtered(lambda a: not a.partner_id):
            access.partner_id = access.audit_id.auditor_id

    @api.depends("audit_id")
    def _compute_date_expires(self):
        for access in self.filtered(lambda a: a.audit_id and not a.date_expires):
            today = access.company_id._kmop_today()
            audit = access.audit_id
            visit = audit.date_visited or audit.date_planned or today
            access.date_expires = shift(max(visit, today), DEFAULT_MONTHS, "months")

    def _compute_date_seen(self):
        groups = self.env["kmop.audit.log"]._read_group(
            [("access_id", "in", self.ids), ("kind", "!=", "refused")],
            ["access_id"],
            ["date:max"],
        )
        seen = {access.id: moment for access, moment in groups}
        for access in self:
            access.date_seen = seen.get(access.id)

    @api.depends("date_revoked", "date_expires", "audit_id.state")
    def _compute_state(self):
        for access in self:
            access.state = access._get_state()

    def _get_state(self):
        if self.date_revoked:
            return "revoked"
        if self.audit_id.state == "cancelled":
            return "closed"
        today = self.company_id._kmop_today()
        return "live" if self.date_expires and today <= self.date_expires else "expired"

    @api.depends("audit_id", "partner_id")
    def _compute_url(self):
        for access in self:
            access.url = access._origin and access._origin._get_url()

    # --------------------------------------------------------------- constraints

    @api.constrains("date_expires")
    def _check_date_expires(self):
        for access in self:
            if access.date_expires < access.company_id._kmop_today():
                raise ValidationError(
                    self.env._(
                        "An access can't end in the past: withdraw it to end it now."
                    )
                )

    # ---------------------------------------------------------------------- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        accesses = super().create(vals_list)
        for access in accesses:
            access._note_terms()
        return accesses

    def _get_free_fields(self):
        """The link is signed for one person and one audit: another gets another."""
        return frozenset() if self.date_revoked else self._terms

    def _get_closed_message(self, names):
        if self.date_revoked:
            return self.env._("This access is withdrawn: give a new one.")
        return self.env._("Withdraw this access, and invite the other auditor.")

    def write(self, vals):
        result = super().write(vals)
        if self._terms & vals.keys():
            for access in self:
                access._note_terms()
        return result

    def _get_kept_message(self):
        return self.env._("Withdraw this access: who had one is kept.")

    # ---------------------------------------------------------------- public API

    @ignore_caller_context
    def revoke(self):
        """Close the page for this auditor, from now on; a new access gets a new link.

        Doing so again changes nothing.
        """
        open_ones = self.filtered(lambda access: not access.date_revoked)
        open_ones._transition(
            {"date_revoked": fields.Datetime.now(), "revoked_by_id": self.env.uid},
            step="revoked",
        )
        for access in open_ones:
            # sudo: who may withdraw it may also stop the mails of answers
            access.audit_id.sudo().message_unsubscribe(access.partner_id.ids)
            access._note(
                self.env._(
                    "%(auditor)s can't open the auditor's page any more.",
                    auditor=access.partner_id.name,
                )
            )

    # ------------------------------------------------------------------ the link

    def _get_token(self):
        """Return the secret of the link, which only this database can make."""
        key = self.id, self.audit_id.id, self.partner_id.id
        # sudo: signing needs the secret of the database, that nobody may read
        return hmac(self.env(su=True), "kmop.audit.access", key)

    def _is_token(self, token):
        # As bytes: what isn't ASCII can't be compared otherwise.
        return consteq(self._get_token().encode(), token.encode("utf-8", "replace"))

    def _get_page_langs(self):
        """Return the languages that an address may name: with a website, its own."""
        langs = self.env["res.lang"]._get_frontend()
        if "website" not in self.env:
            return langs
        website = self.env["website"].get_current_website()
        codes = set(website.language_ids.mapped("code"))
        return {code: lang for code, lang in langs.items() if code in codes}

    def _get_url(self):
        """Return the link for this auditor, in their language. For officers only."""
        self.ensure_one()
        self.check_access("read")
        lang = self._get_page_langs().get(self.partner_id.lang)
        prefix = f"/{lang.url_code}" if lang else ""
        audit = self.audit_id
        query = url_encode({"access_token": self._get_token()})
        return f"{audit.get_base_url()}{prefix}/my/kmop/audits/{audit.id}?{query}"

    def _get_recipient_group(self):
        """Return what mails of the audit to this auditor have as their button."""
        partner_id = self.partner_id.id
        data = {
            "active": True,
            "has_button_access": True,
            "button_access": {
                "url": self._get_url(),
                "title": self.env._("Open the auditor's page"),
            },
        }
        return ["kmop_auditor", lambda recipient: recipient["id"] == partner_id, data]

    # ----------------------------------------------------------- what is done there

    def _log(self, kind, **vals):
        """Write a line in the log of the audit."""
        user = self.env.user
        # sudo: the log is nobody's to write
        return (
            self.env["kmop.audit.log"]
            .sudo()
            .create(
                {
                    "audit_id": self.audit_id.id,
                    "access_id": self.id,
                    "partner_id": self.partner_id.id,
                    "user_id": not user._is_public() and user.id,
                    "kind": kind,
                    **vals,
                }
            )
        )

    def _can_score(self):
        return self.may_score and self.audit_id.is_open

    def _ask(self, text):
        """Post a question on the audit; its followers and responsible are told."""
        audit, partner = self.audit_id, self.partner_id
        subtype = self.env.ref("mail.mt_comment")
        # From here on, what is answered there is sent to who asked.
        audit.message_subscribe(partner.ids, subtype.ids)
        audit.message_post(
            body=plaintext2html(text),
            author_id=partner.id,
            email_from=partner.email_formatted or audit.company_id.email_formatted,
            message_type="comment",
            subtype_id=subtype.id,
            partner_ids=audit._get_page_responsible().partner_id.ids,
        )
        self._log("question")

    def _score(self, score, vals):
        """Enter what changes in the auditor's scores of one indicator."""
        changes = {name: value for name, value in vals.items() if score[name] != value}
        if changes:
            score.write(changes)
            values = [score.auditor_conformity, score.auditor_demonstrability]
            labels = "/".join(value or "–" for value in values)
            self._log("score", name=f"{score.indicator_id.code}: {labels}")

    def _find(self, vals):
        """Enter a finding of the auditor, for the audit's responsible."""
        audit = self.audit_id
        finding = self.env["kmop.finding"].create(
            {
                **vals,
                "origin": "audit",
                "audit_id": audit.id,
                "registration_id": audit.registration_id.id,
                "user_id": audit._get_page_responsible().id,
            }
        )
        self._log("finding", name=finding.name, finding_id=finding.id)
        return finding

    @api.model
    def _check_scores(self, vals):
        """Tell whether each of the ``vals`` is a score, or none."""
        return set(vals.values()) <= {False, *dict(SCORES)}

    # --------------------------------------------------------------------- notes

    def _note(self, text):
        # sudo: who may let an auditor in may have the audit say so
        self.audit_id.sudo()._message_log(
            body=text, author_id=self.env.user.partner_id.id
        )

    def _note_terms(self):
        extra = [
            self.may_score and self.env._("scores and findings"),
            self.share_projects and self.env._("project list"),
        ]
        day = format_date(self.env, self.date_expires)
        self._note(
            self.env._(
                "%(auditor)s can open the auditor's page until %(day)s (%(what)s).",
                auditor=self.partner_id.name,
                day=day,
                what=", ".join([self.env._("evidence"), *filter(None, extra)]),
            )
        )

    # ------------------------------------------------------------------- actions

    def action_send(self):
        """Send the link to the auditor, in their language."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "live":
            raise UserError(self.env._("This access isn't open any more."))
        if not self.email:
            raise UserError(
                self.env._(
                    "%(auditor)s has no mail address: copy the link instead.",
                    auditor=self.partner_id.name,
                )
            )
        template = self.env.ref("kmop_registration.mail_template_audit_access")
        template.send_mail(self.id)
        self._note(
            self.env._(
                "The link of the auditor's page was sent to %(auditor)s.",
                auditor=self.partner_id.name,
            )
        )
        return {"type": "ir.actions.act_window_close"}

    def action_show(self):
        """Show the access, link included."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Access to the auditor's page"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_revoke(self):
        self.revoke()
        return {"type": "ir.actions.act_window_close"}

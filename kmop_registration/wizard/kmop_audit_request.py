from io import BytesIO

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import format_date

TEMPLATES = {
    "audit": "kmop_registration.mail_template_audit_request",
    "information": "kmop_registration.mail_template_information_request",
}


class KmopAuditRequest(models.TransientModel):
    """Writes to a bureau: for an audit, or for a meeting that explains one."""

    _name = "kmop.audit.request"
    _description = "Request to an audit bureau"
    _inherit = ["kmop.target.mixin"]

    audit_id = fields.Many2one("kmop.audit", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="audit_id.company_id")
    partner_id = fields.Many2one(related="audit_id.partner_id")
    kind = fields.Selection(
        [("audit", "An audit"), ("information", "An introductory meeting")],
        string="Ask for",
        required=True,
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        help="In an introductory meeting the bureau explains scope, norm and course of"
        " the audit.",
    )
    bureau_id = fields.Many2one(
        "res.partner",
        string="Audit bureau",
        compute="_compute_bureau_id",
        store=True,
        readonly=False,
    )
    bureau_warning = fields.Char(compute="_compute_bureau_warning")
    email = fields.Char(
        string="E-mail of the bureau",
        compute="_compute_email",
        store=True,
        readonly=False,
        help="Kept on the contact.",
    )
    lang = fields.Selection(
        "_get_languages",
        string="Language",
        compute="_compute_lang",
        store=True,
        readonly=False,
        help="In which the message and the workbook are written.",
    )
    date_ids = fields.One2many(
        "kmop.audit.request.date", "request_id", string="Preferred dates"
    )
    seat_ids = fields.Many2many(
        "res.partner",
        string="Seats",
        compute="_compute_seat_ids",
        store=True,
        readonly=False,
        domain="[('id', 'child_of', partner_id)]",
        help="Where you work: the provider's addresses.",
    )
    attach_pack = fields.Boolean(
        string="Attach the audit workbook",
        compute="_compute_attach_pack",
        store=True,
        readonly=False,
        help="As you may see it. It stays with the message on the audit.",
    )
    link = fields.Char(compute="_compute_link")
    share_link = fields.Boolean(
        string="Share the link to the dossier",
        compute="_compute_share_link",
        store=True,
        readonly=False,
    )
    subject = fields.Char(compute="_compute_message", store=True, readonly=False)
    body = fields.Html(
        string="Message", compute="_compute_message", store=True, readonly=False
    )

    @api.model
    def _get_languages(self):
        return self.env["res.lang"].get_installed()

    # ------------------------------------------------------------------ computes

    @api.depends("audit_id")
    def _compute_kind(self):
        for wizard in self:
            draft = wizard.audit_id.state == "draft"
            wizard.kind = "audit" if draft else "information"

    @api.depends("audit_id")
    def _compute_bureau_id(self):
        for wizard in self:
            wizard.bureau_id = wizard.audit_id.bureau_id

    @api.depends("bureau_id")
    def _compute_bureau_warning(self):
        for wizard in self:
            today = wizard.company_id._kmop_today()
            wizard.bureau_warning = wizard.bureau_id._kmop_get_bureau_warning(today)

    @api.depends("bureau_id")
    def _compute_email(self):
        for wizard in self:
            wizard.email = wizard.bureau_id.email

    @api.depends("bureau_id")
    def _compute_lang(self):
        """Nobody chose a language for a bureau that was never written to."""
        installed = [code for code, _name in self._get_languages()]
        dutch = next((code for code in installed if code.startswith("nl")), None)
        for wizard in self:
            lang = wizard.bureau_id.lang
            known = wizard.bureau_id.email and lang in installed
            wizard.lang = lang if known else dutch or self.env.lang or installed[0]

    @api.depends("audit_id")
    def _compute_seat_ids(self):
        for wizard in self:
            provider = wizard.audit_id.partner_id
            places = provider.child_ids.filtered(
                lambda child: child.type != "contact" and (child.street or child.city)
            )
            wizard.seat_ids = (provider if provider.city else places) | places

    @api.depends("kind")
    def _compute_attach_pack(self):
        for wizard in self:
            wizard.attach_pack = wizard.kind == "audit"

    @api.depends("audit_id", "bureau_id")
    def _compute_link(self):
        for wizard in self:
            audit = wizard.audit_id._origin
            wizard.link = audit._get_link(wizard.bureau_id) if audit else False

    @api.depends("link", "kind")
    def _compute_share_link(self):
        for wizard in self:
            wizard.share_link = bool(wizard.link) and wizard.kind == "audit"

    @api.depends(
        "kind",
        "bureau_id",
        "lang",
        "date_ids.date",
        "date_ids.moment",
        "seat_ids",
        "attach_pack",
        "share_link",
    )
    def _compute_message(self):
        for wizard in self:
            ready = bool(wizard.audit_id and wizard.kind and wizard.lang)
            wizard.subject = ready and wizard._render("subject")
            wizard.body = ready and wizard._render("body_html", engine="qweb")

    def _render(self, field, engine="inline_template"):
        audit = self.audit_id._origin
        asked = self.with_context(lang=self.lang)._get_asked()
        template = self.env.ref(TEMPLATES[self.kind]).with_context(kmop_asked=asked)
        options = {"engine": engine, "set_lang": self.lang}
        return template._render_field(field, audit.ids, **options)[audit.id]

    def _get_asked(self):
        """Return what the templates tell of the request, in plain values."""
        return {
            "bureau": self.bureau_id.name or "",
            "dates": [line._get_label() for line in self._sorted_dates()],
            "seats": [self._get_address(seat) for seat in self.seat_ids],
            "pack": self.attach_pack,
            "link": self.share_link and self.link,
        }

    def _sorted_dates(self):
        return self.date_ids.filtered("date").sorted("date")

    def _get_address(self, seat):
        lines = seat._display_address(without_company=True).split("\n")
        return ", ".join(filter(None, [seat.name, *map(str.strip, lines)]))

    # ------------------------------------------------------------------- sending

    def action_send(self):
        """Send the message, log it on the audit, and record a request for an audit."""
        self.ensure_one()
        self.audit_id.check_access("write")
        self._check()
        self._keep_contact()
        if self.kind == "audit":
            self.audit_id.request(self.bureau_id)
        self._post()
        return {"type": "ir.actions.act_window_close"}

    def _check(self):
        if message := self._get_error():
            raise UserError(message)

    def _get_error(self):
        if not self.bureau_id:
            return self.env._("Choose the audit bureau first.")
        if not tools.email_normalize(self.email or ""):
            return self.env._("Give one valid e-mail address of the bureau.")
        if not (self.subject or "").strip() or tools.is_html_empty(self.body):
            return self.env._("Write the message first.")
        if not self.audit_id.is_open:
            return self.env._("A decided or cancelled audit is read-only.")
        return self._get_date_error()

    def _get_date_error(self):
        today = self.company_id._kmop_today()
        past = self.date_ids.filtered(lambda line: line.date <= today)[:1]
        if past:
            return self.env._(
                "%(day)s can't be planned any more: choose days to come.",
                day=format_date(self.env, past.date),
            )
        return None

    def _keep_contact(self):
        """Keep how the bureau is written to on its contact.

        Who may not edit contacts still completes one that nobody wrote to before.
        """
        bureau, email = self.bureau_id, self.email.strip()
        today = self.company_id._kmop_today()
        if not bureau.email and bureau._kmop_is_appointed_on(today):
            # sudo: the address of an appointed bureau is a part of the request
            bureau = bureau.sudo()
        if bureau.email != email:
            bureau.email = email
        if bureau.lang != self.lang and bureau.has_access("write"):
            bureau.lang = self.lang

    def _post(self):
        self.audit_id.with_context(lang=self.lang).message_post(
            subject=self.subject,
            body=self.body,
            partner_ids=self.bureau_id.ids,
            attachments=self._get_pack() if self.attach_pack else [],
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _get_pack(self):
        """Return the audit workbook as the user may see it, in the bureau's words."""
        file = BytesIO()
        registration = self.audit_id.registration_id.with_context(lang=self.lang)
        registration._write_workbook(file)
        name = registration.display_name.replace("/", "-")
        return [(f"{name}.xlsx", file.getvalue())]

from markupsafe import Markup

from odoo import fields, models
from odoo.tools.mail import email_normalize

from ...tools import attempt

LAYOUT = "kmop_registration.reminder_layout"


class KmopReminder(models.Model):
    """What a reminder's mail says, and whom it reaches."""

    _inherit = "kmop.reminder"

    def _send_new(self):
        """Render the lines, template by template, and put them together by person."""
        contents = {}
        able = self - self._log_unreachable()
        for template, lines in able.grouped(lambda r: r._get_template()).items():
            attempt(
                lines,
                lambda some, template=template: contents.update(some._render(template)),
                type(self)._log_failure,
            )
        ready = able.filtered(lambda r: r.id in contents)
        bundles = {
            lines[0]: lines
            for lines in ready.grouped(lambda r: (r.company_id, r.partner_id)).values()
        }
        attempt(
            self.browse().union(*bundles),
            lambda some: some._make_mails(bundles, contents),
            lambda first, error: bundles[first]._log_failures(error),
        )

    def _make_mails(self, bundles, contents):
        """Make one mail for each of these lines and those that go with it."""
        mails = self.env["mail.mail"].create(
            [bundles[first]._prepare_mail(contents) for first in self]
        )
        for first, mail in zip(self, mails, strict=True):
            lines = bundles[first]
            lines.write({"mail_id": mail.id, "email": first.partner_id.email})
        self.union(*(bundles[first] for first in self)).write(
            {
                "state": "queued",
                "date_queued": fields.Datetime.now(),
                "date_retry": False,
                "error": False,
            }
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _get_template(self):
        if self.kind != "reminder":
            return self.env.ref(f"kmop_registration.mail_template_{self.kind}")
        own = self.milestone_id.rule_id.template_id
        return own or self.env.ref("kmop_registration.mail_template_reminder")

    def _render(self, template):
        """Return what the mails say, by line."""
        return template._generate_template(
            self.ids, ("body_html", "email_from", "reply_to", "subject")
        )

    def _log_unreachable(self):
        """Mark and return the lines that have nobody to go to."""
        problems = {line: line._get_problem() for line in self}
        unreachable = self.filtered(problems.get)
        for line in unreachable:
            line._log_failure(problems[line])
        return unreachable

    def _get_problem(self):
        if not self.partner_id:
            return self.env._("The recipient was deleted.")
        if email_normalize(self.partner_id.email):
            return False
        return self.env._(
            "%(person)s has no valid e-mail address.", person=self.partner_id.name
        )

    def _prepare_mail(self, contents):
        """Return the values of one mail to one person, of one or more lines."""
        lines = self.with_context(lang=self[0]._get_lang())
        first = lines.sorted(lambda r: (r.milestone_id.date_anchor, r.id))[0]
        mine = [contents[line.id] for line in lines]
        vals = {**contents[first.id]}
        if len(lines) > 1:
            vals["subject"] = lines._get_common_subject()
        body = lines._encapsulate([content["body_html"] for content in mine])
        return {
            **vals,
            "body": body,
            "body_html": body,
            "model": self._name,
            "res_id": first.id,
            "recipient_ids": [fields.Command.link(self.partner_id.id)],
            "auto_delete": False,
            "headers": repr(lines._get_headers()),
        }

    def _get_common_subject(self):
        names = dict.fromkeys(line.milestone_id.name for line in self)
        return self.env._(
            "kmo-portefeuille: %(count)s reminders (%(names)s)",
            count=len(self),
            names=", ".join(names),
        )

    def _encapsulate(self, bodies):
        company = self.company_id
        return self.env["mail.render.mixin"]._render_encapsulate(
            LAYOUT,
            Markup().join(bodies),
            add_context={"company": company, "lines": self},
            context_record=self[0],
        )

    def _get_headers(self):
        """Let mail programs offer to unsubscribe, where all may be done without."""
        if not all(line._is_optional() for line in self):
            return {}
        return {
            "List-Unsubscribe": f"<{self[0]._get_preferences_url()}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    # -------------------------------------------------------------- for the templates

    def _get_lang(self):
        company = self.company_id.partner_id.lang
        return self.partner_id.lang or company or self.env.lang

    def _get_record(self):
        return self.milestone_id._get_record()

    def _get_last_day(self):
        """Return the last day on which the client can apply for the subsidy."""
        return self._get_record()._kmop_get_anchor("application_limit")

    def _get_days_to_apply(self):
        last = self._get_last_day()
        return (last - self.company_id._kmop_today()).days if last else 0

    def _get_service_name(self):
        return self._get_record()._kmop_get_service_name()

    def _get_undelivered(self):
        failed = self.milestone_id.reminder_ids
        return failed.filtered(lambda r: r.state == "failed" and r.kind == "reminder")

    def _get_url(self):
        """Return where the recipient sees what it is about, or nothing."""
        record = self._get_record()
        base = record.get_base_url()
        if self.partner_id._kmop_is_inside():
            return f"{base}{self._get_path(record)}"
        portal = getattr(record, "get_portal_url", None)
        return f"{base}{portal()}" if portal else False

    def _get_path(self, record):
        if record._name == "kmop.registration":
            return f"/odoo/kmop/{record.id}"
        return f"/odoo/{record._name}/{record.id}"

    # -------------------------------------------------------------------- preferences

    def _get_preferences_url(self):
        partner = self.partner_id
        token = partner._kmop_get_reminder_token()
        return f"{partner.get_base_url()}/kmop/reminders/{partner.id}/{token}"

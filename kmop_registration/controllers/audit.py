import logging

from werkzeug.exceptions import BadRequest
from werkzeug.urls import url_encode

from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.http import request
from odoo.tools import formatLang

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from ..models.audit.kmop_finding import SEVERITIES
from ..tools import INLINE, MAX_ID, examine, is_inline, safe_name

_logger = logging.getLogger(__name__)

PAGE = "/my/kmop/audits/<int:audit_id>"

LONGEST_TEXT = 5000
LONGEST_NAME = 200
PROJECTS_PER_PAGE = 80

MEGABYTE = 1024 * 1024

# Pieces of evidence of an indicator; more are folded away until one asks for them.
UNFOLDED = 5

HEADERS = {
    "Cache-Control": "no-store",
    # The link is a secret: a document kept elsewhere mustn't be told of it.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}

SCORE_FIELDS = {
    "conformity": "auditor_conformity",
    "demonstrability": "auditor_demonstrability",
}


def public_route(path, method="GET", readonly=False):
    """What is shown is noted in the log of the page, which takes a write."""
    return http.route(
        path,
        type="http",
        auth="public",
        website=True,
        methods=[method],
        sitemap=False,
        readonly=readonly,
    )


class KmopAuditPage(CustomerPortal):
    """The auditor's page. Whoever isn't let in gets one and the same answer."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kmop_audit_count" in counters:
            values["kmop_audit_count"] = len(self._get_own_accesses())
        return values

    def _get_own_accesses(self):
        # sudo: a portal user has no rights on audits, and sees those shared with them
        accesses = request.env["kmop.audit.access"].sudo()
        own = [("partner_id", "=", request.env.user.partner_id.id)]
        return accesses.search(own).filtered(lambda a: a.state == "live")

    # --------------------------------------------------------------------- reading

    @http.route(
        "/my/kmop/audits",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def kmop_audits(self, **_params):
        """List the audits that are shared with who is logged in."""
        values = {"accesses": self._get_own_accesses(), "page_name": "kmop_audits"}
        return self._render("kmop_registration.audit_page_list", values)

    @public_route(PAGE)
    def kmop_audit(self, audit_id, search="", done="", **_params):
        """Show the dossier of one audit."""
        access = self._enter(audit_id)
        if not access:
            return self._refuse()
        access._log("view")
        audit = access.audit_id
        search = self._get_text(search, LONGEST_NAME)
        page = audit._get_page()
        values = {
            "search": search,
            "done": done,
            "requirements": audit._get_page_requirements(
                page, search, self._may_act() and access._can_score()
            ),
            "messages": audit._get_page_messages(access.partner_id),
            "findings": page["findings"],
            "severities": self._get_choices("kmop.finding", "severity"),
            "is_inline": is_inline,
            "format_size": self._format_size,
            "unfolded": UNFOLDED,
            **self._get_page_values(access, page),
        }
        return self._render("kmop_registration.audit_page", values)

    @public_route([f"{PAGE}/projects", f"{PAGE}/projects/page/<int:page>"])
    def kmop_audit_projects(self, audit_id, page=1, **_params):
        """Show the project list, where the officer shares it."""
        access = self._enter(audit_id)
        if not (access and access.share_projects):
            return self._refuse(access)
        access._log("projects")
        if not isinstance(page, int):
            # From the query of the address, which holds any text.
            page = 1
        audit = access.audit_id
        url = f"/my/kmop/audits/{audit.id}"
        shown = pager(
            f"{url}/projects",
            audit._count_page_projects(),
            max(min(page, MAX_ID), 1),
            PROJECTS_PER_PAGE,
            url_args=self._get_token_args(),
        )
        values = {
            "projects": audit._get_page_projects(shown["offset"], PROJECTS_PER_PAGE),
            "pager": shown,
            **self._get_page_values(access),
        }
        return self._render("kmop_registration.audit_page_projects", values)

    @public_route(f"{PAGE}/files/<int:file_id>")
    def kmop_audit_file(self, audit_id, file_id, download="", **_params):
        """Show a file of the evidence, or have it saved."""
        access = self._enter(audit_id)
        frozen = request.env["kmop.evidence.file"]
        if access and 0 < file_id <= MAX_ID:
            frozen = access.audit_id._get_shown_file(file_id)
        if not frozen:
            return self._refuse(access)
        content = frozen.attachment_id._kmop_read()
        if (integrity := access.audit_id._get_file_state(frozen, content)) != "intact":
            _logger.warning(
                "Auditor's page of audit %s: frozen file %s of evidence %s is %s",
                audit_id,
                file_id,
                frozen.evidence_id.id,
                integrity,
            )
            access._log("missing", name=frozen.name, evidence_id=frozen.evidence_id.id)
            return self._tell_lost(access, frozen)
        mimetype, _fault = examine(frozen.name, content)
        inline = not download and mimetype in INLINE
        access._log(
            "view" if inline else "download",
            name=frozen.name,
            evidence_id=frozen.evidence_id.id,
        )
        return self._send(frozen.attachment_id, frozen.name, mimetype if inline else "")

    @public_route(f"{PAGE}/attachments/<int:attachment_id>")
    def kmop_audit_attachment(self, audit_id, attachment_id, **_params):
        """Save a file that came with an answer."""
        access = self._enter(audit_id)
        attachment = request.env["ir.attachment"]
        if access and 0 < attachment_id <= MAX_ID:
            audit = access.audit_id
            attachment = audit._get_shown_attachment(attachment_id, access.partner_id)
        if not attachment:
            return self._refuse(access)
        if not attachment._kmop_read():
            _logger.warning(
                "Auditor's page of audit %s: attachment %s has no content",
                audit_id,
                attachment_id,
            )
            access._log("missing", name=attachment.name)
            return self._tell_lost(access, attachment)
        access._log("download", name=attachment.name)
        return self._send(attachment, attachment.name)

    # --------------------------------------------------------------------- writing

    @public_route(f"{PAGE}/question", "POST")
    def kmop_audit_question(self, audit_id, body="", **_params):
        """Ask something of the provider."""
        access = self._enter(audit_id)
        if not (access and self._may_act()):
            return self._refuse(access)
        access._ask(self._get_text(body, LONGEST_TEXT, required=True))
        return self._go_back(access, "question", "questions")

    @public_route(f"{PAGE}/scores/<int:score_id>", "POST")
    def kmop_audit_score(self, audit_id, score_id, **params):
        """Enter the auditor's scores of one indicator."""
        access = self._enter(audit_id)
        score = access.audit_id.score_ids.filtered(lambda s: s.id == score_id)
        if not (score and self._may_act() and access._can_score()):
            return self._refuse(access)
        vals = {
            field: params[name] or False
            for name, field in SCORE_FIELDS.items()
            if isinstance(params.get(name), str)
        }
        if score.exempt_ground or not access._check_scores(vals):
            raise BadRequest(request.env._("This isn't a score."))
        self._call(access._score, score, vals)
        anchor = f"indicator-{score.indicator_id.id}"
        return self._go_back(access, f"score-{score.id}", anchor)

    @public_route(f"{PAGE}/findings", "POST")
    def kmop_audit_finding(self, audit_id, **params):
        """Enter a finding of the auditor."""
        access = self._enter(audit_id)
        if not (access and self._may_act() and access._can_score()):
            return self._refuse(access)
        vals = {
            "name": self._get_text(params.get("name"), LONGEST_NAME, required=True),
            "description": self._get_text(params.get("description"), LONGEST_TEXT),
            "severity": self._get_severity(params.get("severity")),
            "indicator_id": self._get_indicator(access, params.get("indicator")),
        }
        self._call(access._find, vals)
        return self._go_back(access, "finding", "findings")

    @public_route("/my/kmop/audits/<path:_path>", readonly=True)
    def kmop_audit_elsewhere(self, **_params):
        """Answer whatever else is tried."""
        return self._refuse()

    # ---------------------------------------------------------------------- access

    def _get_token(self):
        token = request.params.get("access_token")
        return token if isinstance(token, str) else ""

    def _get_token_args(self):
        return {"access_token": token} if (token := self._get_token()) else {}

    def _enter(self, audit_id):
        """Return the live access of who asks; an empty one, where there is none."""
        # sudo: who has the link, or a portal user let in, has no rights on audits
        audits = request.env["kmop.audit"].sudo()
        audit = audits.browse(audit_id if 0 < audit_id <= MAX_ID else 0).exists()
        audit = audit.with_company(audit.company_id)
        # The day at the provider's decides, wherever the auditor is.
        audit = audit.with_context(tz=audit.company_id._kmop_get_tz())
        access = audit._find_access(self._get_token(), request.env.user)
        if access and access.state != "live":
            access._log("refused", name=self._get_path())
            return access.browse()
        return access

    def _may_act(self):
        """A colleague who looks at the page with the link isn't the auditor."""
        return not request.env.user._is_internal()

    def _get_path(self):
        return request.httprequest.path[:LONGEST_NAME]

    def _refuse(self, access=None):
        """Answer the same for what isn't there and what isn't theirs to see."""
        if access:
            access._log("refused", name=self._get_path())
        return self._render("kmop_registration.audit_page_closed", {}, status=404)

    # ----------------------------------------------------------------------- input

    def _get_text(self, text, longest, required=False):
        text = text.replace("\0", "").strip() if isinstance(text, str) else ""
        if len(text) > longest:
            raise BadRequest(request.env._("This text is too long."))
        if required and not text:
            raise BadRequest(request.env._("Write something first."))
        return text

    def _get_severity(self, value):
        if value not in dict(SEVERITIES):
            raise BadRequest(request.env._("Choose how serious the finding is."))
        return value

    def _get_indicator(self, access, value):
        """Return the id of an indicator of this audit, False for none."""
        if not value:
            return False
        indicators = access.audit_id.score_ids.indicator_id
        chosen = indicators.filtered(lambda indicator: str(indicator.id) == value)
        if not chosen:
            raise BadRequest(request.env._("This indicator isn't of this audit."))
        return chosen.id

    def _call(self, method, *args):
        """Call what the models may refuse."""
        try:
            method(*args)
        except (UserError, ValidationError) as error:
            raise BadRequest(str(error)) from error

    # ---------------------------------------------------------------------- output

    def _get_page_values(self, access, page=None):
        audit = access.audit_id
        page = page or audit._get_page_head()
        return {
            "access": access,
            "audit": audit,
            "cover": page["cover"],
            "note": page["note"],
            "window": page["window"],
            "res_company": audit.company_id,
            "page_name": "kmop_audit",
            "no_breadcrumbs": request.env.user._is_public(),
            "base": f"/my/kmop/audits/{audit.id}",
            "token": self._get_token(),
            "tz": audit.company_id._kmop_get_tz(),
            "can_act": self._may_act(),
            "can_score": self._may_act() and access._can_score(),
            "scores": self._get_choices("kmop.audit.score", "auditor_conformity"),
        }

    def _format_size(self, size):
        if size < MEGABYTE:
            return f"{max(round(size / 1024), 1)} kB"
        return f"{formatLang(request.env, size / MEGABYTE, digits=1)} MB"

    def _get_choices(self, model, name):
        """Return the values of a selection field, and their labels."""
        return request.env[model]._fields[name]._description_selection(request.env)

    def _render(self, template, values, status=200):
        lang = request.env.lang or "en_US"
        values = {"html_data": {"lang": lang.replace("_", "-")}, **values}
        response = request.render(template, values, status=status)
        response.headers.update(HEADERS)
        return response

    def _go_back(self, access, done, anchor):
        url = f"/my/kmop/audits/{access.audit_id.id}"
        query = url_encode({**self._get_token_args(), "done": done})
        return request.redirect(f"{url}?{query}#{anchor}")

    def _tell_lost(self, access, record):
        values = {"name": record.name, **self._get_page_values(access)}
        return self._render("kmop_registration.audit_page_lost", values, status=404)

    def _send(self, attachment, name, inline_type=""):
        """Send a file as its storage does, under a name that is safe to save.

        :param inline_type: the type to show it as; what has none is saved
        """
        stream = request.env["ir.binary"]._get_stream_from(
            attachment,
            filename=safe_name(name, 150),
            mimetype=inline_type or "application/octet-stream",
        )
        response = stream.get_response(as_attachment=not inline_type)
        response.headers.update(HEADERS)
        return response

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ...tools import dump_values, iterate_rows, load_values, own_context

EVIDENCE_NAMES = (
    "number",
    "name",
    "type_name",
    "aspect",
    "indicator_codes",
    "indicators",
    "date_effective",
    "date_review",
    "date_accepted",
    "source_name",
    "order_name",
    "url",
    "files",
)


class KmopAuditDecision(models.Model):
    """What an audit was decided on, kept for good.

    The auditor's page, the workbook, the archive and the summary of a decided audit
    are made of this alone, so that they stay the same whatever becomes of the
    evidence, the norm, the names and the dates.
    """

    _name = "kmop.audit.decision"
    _description = "What an audit was decided on"
    _inherit = ["kmop.kept.mixin"]
    _order = "date_decided desc, id desc"
    _rec_name = "audit_id"
    _check_company_auto = True

    audit_id = fields.Many2one(
        "kmop.audit", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="audit_id.company_id", store=True, index=True)
    date_decided = fields.Date(string="Decided on", required=True, readonly=True)
    date_rebuilt = fields.Date(
        string="Put together on",
        readonly=True,
        help="Set where the audit was decided before the addon kept this: it holds"
        " what could still be found on that day.",
    )
    # By language, then by name: texts of `dump_values`. Some of it is for the auditor,
    # some for who may see quotations: no user reads the field itself.
    content = fields.Json(readonly=True, prefetch=False, groups=fields.NO_ACCESS)
    evidence_ids = fields.One2many("kmop.audit.decision.evidence", "decision_id")

    _audit_uniq = models.Constraint(
        "UNIQUE (audit_id)", "What an audit was decided on is kept once."
    )

    # -------------------------------------------------------------------- keeping

    @api.model
    def _keep(self, audit, rebuilt=None):
        """Keep what ``audit`` is decided on, in each language; return the record.

        :param rebuilt: the day on which it is put together, where that isn't the day
            on which the decision was recorded
        """
        company = audit.company_id
        # sudo: all of it is kept, whatever who records the decision may see
        audit = own_context(audit.sudo()).with_company(company)
        audit = audit.with_context(tz=company._kmop_get_tz())
        decision = audit.env[self._name].create(
            {
                "audit_id": audit.id,
                "date_decided": audit.date_decided,
                "date_rebuilt": rebuilt,
                "content": self._prepare_content(audit),
            }
        )
        decision.flush_recordset()
        decision.evidence_ids._keep(decision)
        decision._keep_certificates()
        return decision

    @api.model
    def _prepare_content(self, audit):
        content = {}
        for code, _name in self.env["res.lang"].get_installed():
            translated = audit.with_context(lang=code)
            content[code] = {
                name: dump_values(values)
                for name, values in translated._prepare_decision().items()
            }
        return content

    def _keep_certificates(self):
        """Keep the certificates behind the exemptions that counted, as they are now."""
        # An image isn't made smaller: the copy has the same content.
        attachments = self.env["ir.attachment"].with_context(image_no_postprocess=True)
        for exemption in self.audit_id._get_exemptions():
            for certificate in exemption.attachment_ids:
                attachments.create(
                    {
                        "name": certificate.name,
                        "description": exemption.display_name,
                        "mimetype": certificate.mimetype,
                        "res_model": self._name,
                        "res_id": self.id,
                        "raw": certificate._kmop_read(),
                    }
                )

    @api.model
    def _get_kept_attachments(self, attachments):
        """Return those of its ``attachments`` that are kept as they are: all."""
        return attachments

    # -------------------------------------------------------------------- reading

    def _read(self, name):
        """Return what is kept as ``name``, in the reader's language or the nearest."""
        lang = self.env.lang or "en_US"
        (row,) = self.env.execute_query(
            SQL(
                """
                SELECT content -> lang ->> %(name)s
                  FROM kmop_audit_decision, jsonb_object_keys(content) AS lang
                 WHERE id = %(id)s
              ORDER BY lang = %(lang)s DESC, split_part(lang, '_', 1) = %(short)s DESC,
                       lang = 'en_US' DESC, lang
                 LIMIT 1
                """,
                name=name,
                id=self.id,
                lang=lang,
                short=lang.partition("_")[0],
            )
        )
        return load_values(row[0])

    def _get_title(self):
        """Return how the audit was called when it was decided."""
        return self._read("page")["cover"]["title"]

    def _get_note(self):
        """Return the sentence that says of when the content is."""
        day = format_date(self.env, self.date_decided)
        if not self.date_rebuilt:
            return self.env._("As decided on %(day)s.", day=day)
        return self.env._(
            "As decided on %(day)s. Put together on %(rebuilt)s, when the addon was"
            " updated.",
            day=day,
            rebuilt=format_date(self.env, self.date_rebuilt),
        )

    def _get_page_evidence(self):
        """Return the evidence that was kept, newest first, as plain values."""
        lines = self.evidence_ids
        aspects = dict(lines._fields["aspect"]._description_selection(self.env))
        kept = lines._find_kept_files()
        return [
            {
                "name": line.name,
                "type": line.type_name,
                "aspect": line.aspect,
                "aspect_label": aspects[line.aspect],
                "date": line.date_effective,
                "source": line.source_name,
                "url": line.url,
                "indicators": line.indicators or [],
                "files": [
                    {**file, "kept": file["id"] in kept} for file in line.files or []
                ],
            }
            for line in lines
        ]

    def _iterate_evidence(self):
        """Yield what was kept of each piece, by its number, as rows of values."""
        lines = self.evidence_ids.search(
            [("decision_id", "=", self.id)], order="number"
        )
        for rows in iterate_rows(lines, EVIDENCE_NAMES):
            yield from rows

    def _get_certificates(self):
        """Return the certificates behind the exemptions that counted."""
        return self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id)], order="id"
        )

    def _get_kept_file(self, frozen):
        """Return what was kept of a frozen file; None where it isn't part of this."""
        line = self.evidence_ids.search(
            [
                ("decision_id", "=", self.id),
                ("evidence_id", "=", frozen.evidence_id.id),
            ]
        )
        files = {file["id"]: file for file in line.files or []}
        return files.get(frozen.id)

    def _measure(self):
        """Return the number of pieces, of their files, and the bytes of those."""
        (row,) = self.env.execute_query(
            SQL(
                """
                SELECT COUNT(DISTINCT line.id), COUNT(file),
                       COALESCE(SUM((file ->> 'size')::bigint), 0)::bigint
                  FROM kmop_audit_decision_evidence line
             LEFT JOIN LATERAL jsonb_array_elements(line.files) AS file ON TRUE
                 WHERE line.decision_id = %s
                """,
                self.id,
            )
        )
        return row

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ..base.constants import ASPECTS

# Names of sources read at a time.
CHUNK = 1000


class KmopAuditDecisionEvidence(models.Model):
    """A piece of evidence that an audit was decided on, as it was that day."""

    _name = "kmop.audit.decision.evidence"
    _description = "Evidence that an audit was decided on"
    _inherit = ["kmop.kept.mixin"]
    _order = "decision_id, date_effective desc, number desc"

    decision_id = fields.Many2one(
        "kmop.audit.decision", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="decision_id.company_id", store=True, index=True
    )
    evidence_id = fields.Many2one(
        "kmop.evidence", required=True, readonly=True, index=True, ondelete="restrict"
    )
    number = fields.Integer(readonly=True)
    name = fields.Char(readonly=True)
    type_name = fields.Char(string="Type", translate=True, readonly=True)
    aspect = fields.Selection(ASPECTS, readonly=True)
    indicator_codes = fields.Char(string="Indicators", readonly=True)
    indicators = fields.Json(
        string="Indicators (ids)", readonly=True, help="In the order of the norm."
    )
    date_effective = fields.Date(string="Effective date", readonly=True)
    date_review = fields.Date(string="Review on", readonly=True)
    date_accepted = fields.Date(string="Accepted on", readonly=True)
    source_name = fields.Char(string="Source", readonly=True)
    order_name = fields.Char(string="Project dossier", readonly=True)
    url = fields.Char(string="Link", readonly=True)
    fingerprint = fields.Char(
        readonly=True, help="SHA-256 of what was accepted, as it was at the decision."
    )
    files = fields.Json(
        readonly=True, help="The frozen files: id, name, kind, type, size and SHA-256."
    )

    _evidence_uniq = models.Constraint(
        "UNIQUE (decision_id, evidence_id)", "A decision keeps a piece once."
    )

    # -------------------------------------------------------------------- keeping

    @api.model
    def _keep(self, decision):
        """Keep the evidence that counts for the audit that was just decided.

        In SQL: there can be tens of thousands of records.
        """
        # Query the ids first: in one query, PostgreSQL chose a plan that takes minutes.
        counting = decision.audit_id._get_counting_evidence().ids
        models_, ids, names = self._get_source_names(counting)
        self.env["kmop.evidence.type"].flush_model(["name"])
        self.env["kmop.evidence.file"].flush_model()
        self.env["kmop.evidence"].flush_model()
        self.env["kmop.indicator"].flush_model()
        self.env["kmop.requirement"].flush_model(["sequence"])
        self.env["ir.attachment"].flush_model(["mimetype"])
        self.env["sale.order"].flush_model(["name"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO kmop_audit_decision_evidence (
                    create_uid, write_uid, create_date, write_date,
                    decision_id, company_id, evidence_id, number, name, type_name,
                    aspect, indicator_codes, indicators, date_effective, date_review,
                    date_accepted, source_name, order_name, url, fingerprint, files
                )
                SELECT %(uid)s, %(uid)s, %(now)s, %(now)s,
                       %(decision)s, %(company)s, e.id, e.id, e.name, type.name,
                       e.aspect, supported.codes, supported.ids, e.date_effective,
                       e.date_review, e.date_accepted, source.name, o.name, e.url,
                       e.fingerprint, frozen.files
                  FROM kmop_evidence e
                  JOIN kmop_evidence_type type ON type.id = e.type_id
             LEFT JOIN sale_order o ON o.id = e.order_id
             LEFT JOIN UNNEST(
                           %(models)s::varchar[], %(ids)s::int[], %(names)s::varchar[]
                       ) AS source(model, id, name)
                       ON source.model = e.res_model AND source.id = e.res_id
     LEFT JOIN LATERAL (
                           SELECT STRING_AGG(i.code, ', ' ORDER BY %(order)s) AS codes,
                                  JSONB_AGG(i.id ORDER BY %(order)s) AS ids
                             FROM kmop_evidence_kmop_indicator_rel rel
                             JOIN kmop_indicator i ON i.id = rel.kmop_indicator_id
                             JOIN kmop_requirement r ON r.id = i.requirement_id
                            WHERE rel.kmop_evidence_id = e.id
                       ) supported ON TRUE
     LEFT JOIN LATERAL (
                           SELECT JSONB_AGG(JSONB_BUILD_OBJECT(
                                      'id', f.id, 'name', f.name, 'kind', f.kind,
                                      'mimetype', a.mimetype, 'size', f.size,
                                      'sha256', f.sha256
                                  ) ORDER BY f.id) AS files
                             FROM kmop_evidence_file f
                             JOIN ir_attachment a ON a.id = f.attachment_id
                            WHERE f.evidence_id = e.id
                       ) frozen ON TRUE
                 WHERE e.id = ANY(%(counting)s)
                """,
                uid=self.env.uid,
                now=fields.Datetime.now(),
                decision=decision.id,
                company=decision.company_id.id,
                models=models_,
                ids=ids,
                names=names,
                order=SQL("r.norm_id, r.sequence, r.id, i.sequence, i.id"),
                counting=counting,
            )
        )
        self.env.invalidate_all()

    @api.model
    def _get_source_names(self, counting):
        """Return the models, the ids and the names of the documents of Odoo."""
        evidences = self.env["kmop.evidence"]
        found = self.env.execute_query(
            SQL(
                "SELECT res_model, ARRAY_AGG(DISTINCT res_id) FROM kmop_evidence"
                " WHERE res_id IS NOT NULL AND id = ANY(%s) GROUP BY res_model",
                counting,
            )
        )
        sources = [
            (name, source.id, source.display_name)
            for name, ids in found
            if evidences._is_source(name)
            for source in self._iterate_sources(self.env[name].browse(ids).exists())
        ]
        return tuple(map(list, zip(*sources, strict=True))) or ([], [], [])

    @api.model
    def _iterate_sources(self, sources):
        """Yield ``sources``, of which no more is read than their names."""
        for ids in split_every(CHUNK, sources.ids):
            chunk = sources.browse(ids)
            chunk.fetch(["display_name"])
            yield from chunk

    # -------------------------------------------------------------------- reading

    def _find_kept_files(self):
        """Return the ids of the frozen files of which the content is still kept."""
        ids = {file["id"] for line in self for file in line.files or []}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.id
                  FROM kmop_evidence_file f
                  JOIN ir_attachment a ON a.id = f.attachment_id
                 WHERE f.id = ANY(%s) AND (
                           a.store_fname IS NOT NULL OR a.db_datas IS NOT NULL
                           OR f.size = 0
                       )
                """,
                list(ids),
            )
        )
        return {id_ for (id_,) in rows}

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class KmopSourced(models.AbstractModel):
    """A record that may say which Odoo document it comes from.

    Any model that inherits ``kmop.evidence.source`` can be that document; the model
    that inherits this one has a ``company_id``.
    """

    _name = "kmop.sourced.mixin"
    _description = "Comes from a document"

    res_model = fields.Char(string="Source model", copy=False)
    res_id = fields.Many2oneReference(
        string="Source record", model_field="res_model", copy=False
    )
    source_name = fields.Char(compute="_compute_source_name", string="Source")

    @api.depends("res_model", "res_id")
    def _compute_source_name(self):
        self.source_name = False
        # sudo: who may read the record may know which document it comes from
        for record, source in self.sudo()._get_sources().items():
            # What isn't saved wasn't checked yet: a form could name any document.
            if record.id or source.with_env(self.env).has_access("read"):
                record.source_name = source.display_name

    def _get_sources(self):
        """Return the source of each record that has one, by record."""
        sources = {}
        linked = self.filtered(lambda r: r.res_id and r._is_source(r.res_model))
        for model_name, records in linked.grouped("res_model").items():
            found = self.env[model_name].browse(records.mapped("res_id")).exists()
            by_id = {source.id: source for source in found}
            sources |= {r: by_id[r.res_id] for r in records if r.res_id in by_id}
        return sources

    @api.model
    def _is_source(self, model_name):
        model = self.env.get(model_name)
        return hasattr(model, "_kmop_company") and not model._abstract

    @api.constrains("res_model", "res_id", "company_id")
    def _check_source(self):
        # sudo: whether it exists doesn't depend on who may read it
        linked = self.sudo().filtered(lambda r: r.res_model or r.res_id)
        sources = linked._get_sources()
        for record in linked:
            if message := record._get_source_error(sources.get(record)):
                raise ValidationError(message)

    def _get_source_error(self, source):
        name = self.display_name
        if not self._is_source(self.res_model):
            return self.env._(
                "%(model)s can't be the source of %(record)s.",
                model=self.res_model or self.env._("A document without its model"),
                record=name,
            )
        if not source:
            return self.env._(
                "The document that %(record)s refers to doesn't exist.", record=name
            )
        if source._kmop_company() not in (source.env["res.company"], self.company_id):
            return self.env._(
                "%(record)s and its source are of different companies.", record=name
            )
        return None

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_source_access()
        return records

    def write(self, vals):
        result = super().write(vals)
        if {"res_model", "res_id", "order_id"} & vals.keys():
            self._check_source_access()
        return result

    def _check_source_access(self):
        """Nobody refers to a document that they may not read."""
        linked = self.filtered(lambda r: r.res_id and r._is_source(r.res_model))
        for model_name, records in linked.grouped("res_model").items():
            self.env[model_name].browse(records.mapped("res_id")).check_access("read")

    @api.readonly
    def action_open_source(self):
        self.ensure_one()
        if not self.res_id:
            raise UserError(self.env._("This has no source document in Odoo."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

from odoo import api, fields, models

from ...tools import own_context


class KmopHistory(models.Model):
    """What was decided about a record: which step, by whom, when and why.

    Written by the transitions of ``kmop.guarded.mixin`` only. A message in the chatter
    can be edited or removed by its author; a line of this can't, by anybody.
    """

    _name = "kmop.history"
    _description = "History of a record"
    _inherit = ["kmop.kept.mixin"]
    _order = "id desc"
    _rec_name = "record_name"

    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True
    )
    record_name = fields.Char(
        string="Name", readonly=True, help="The name of the record at that moment."
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict", index=True
    )
    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, ondelete="restrict"
    )
    date = fields.Datetime(string="Moment", required=True, readonly=True)
    step = fields.Char(string="Step (code)", required=True, readonly=True)
    step_name = fields.Char(string="Step", compute="_compute_step_name")
    reason = fields.Text(readonly=True)

    _record_idx = models.Index("(res_model, res_id)")

    @api.depends("res_model", "step")
    @api.depends_context("lang")
    def _compute_step_name(self):
        others = self._get_other_steps()
        for line in self:
            state = self.env[line.res_model]._fields.get("state")
            labels = dict(state._description_selection(self.env)) if state else {}
            line.step_name = labels.get(line.step) or others.get(line.step, line.step)

    @api.model
    def _get_other_steps(self):
        """Return the labels of the steps that aren't a state of their record."""
        return {
            "changed": self.env._("Changed after it was submitted"),
            "corrected": self.env._("Corrected"),
            "renewed": self.env._("Renewal started"),
            "revoked": self.env._("Access withdrawn"),
            "withdrawn": self.env._("Withdrawn"),
        }

    @api.model
    def _add(self, records, step, reason=None):
        """Note that ``step`` was taken by the user for each of the records.

        :param reason: why, in the user's words
        """
        now = fields.Datetime.now()
        # sudo: the history is nobody's to write
        lines = own_context(self.sudo())
        return lines.create(
            [
                {
                    "res_model": record._name,
                    "res_id": record.id,
                    "record_name": record.display_name,
                    "company_id": record.company_id.id,
                    "user_id": self.env.uid,
                    "date": now,
                    "step": step,
                    "reason": reason,
                }
                # sudo: the name of a record that the user may change
                for record in own_context(records.sudo())
            ]
        )

    @api.model
    def _get_kept_message(self):
        return self.env._("The history of a record is kept: nobody can change it.")

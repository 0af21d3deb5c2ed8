from odoo import api, fields, models, tools
from odoo.fields import Domain

from ..base.constants import SERVICE_SCOPES

CHECKS = [
    ("coverage", "Registration covers the service"),
    ("theme", "Theme is subsidised"),
    ("minimum", "Minimum amount"),
    ("affiliated", "Affiliated client"),
    ("size", "Size of the client's enterprise"),
    ("excluded", "Excluded kind of service"),
    ("mixed", "Training and advice together"),
    ("application", "Client's term to apply"),
    ("training_end", "End of the training"),
    ("mentions", "Mandatory mentions"),
    ("ceiling", "Ceiling per enterprise and year"),
    ("retention", "Keeping the dossier"),
]

LEVELS = [("info", "Information"), ("warning", "Warning"), ("danger", "Alert")]


class KmopRule(models.Model):
    """A rule of the kmo-portefeuille on dossiers, for the time that it holds.

    Of rules in force with the same check one counts: the service's own goes before
    one for both, then the latest. A company's own version replaces the shared rule.
    Another addon adds a check with a value of ``check`` and a method in what
    ``sale.order._kmop_get_checks()`` returns.
    """

    _name = "kmop.rule"
    _description = "Rule on dossiers"
    _inherit = ["kmop.dated.mixin", "kmop.versioned.mixin"]
    _order = "sequence, service, date_from desc, id"

    shared_id = fields.Many2one(
        "kmop.rule",
        string="In place of",
        index="btree_not_null",
        ondelete="restrict",
        domain=[("company_id", "=", False)],
        help="The shared record that this one replaces for its company. Archive this"
        " one to use neither.",
    )
    version_ids = fields.One2many(
        "kmop.rule", "shared_id", context={"active_test": False}
    )
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    check = fields.Selection(CHECKS, required=True)
    service = fields.Selection(SERVICE_SCOPES, required=True, default="both")
    level = fields.Selection(
        LEVELS, required=True, default="warning", help="How the quote shows it."
    )
    amount = fields.Float(string="Amount (EUR)", digits=(16, 2))
    days = fields.Integer()
    notice_days = fields.Integer(
        string="Say so (days before)", help="From when a coming end of term is shown."
    )
    years = fields.Integer()

    _numbers_positive = models.Constraint(
        "CHECK (amount >= 0 AND days >= 0 AND notice_days >= 0 AND years >= 0)",
        "An amount or a number of days or years can't be negative.",
    )

    @api.model
    def _get_in_force(self, company, service, day, check=None):
        """Return the rules for a service of ``company`` that hold on ``day``."""
        rules = self.browse(self._get_ids(company.id, service, day))
        return rules.filtered(lambda r: r.check == check) if check else rules

    @api.model
    @tools.ormcache("company_id", "service", "day")
    def _get_ids(self, company_id, service, day):
        company = self.env["res.company"].browse(company_id)
        domain = self._in_force_on(day) & Domain("service", "in", (service, "both"))
        domain &= self._used_domain(company)
        # sudo: the cache serves everybody
        found = self.sudo().search(domain)
        counting = {}
        for rule in found.sorted("date_from desc, id desc"):
            other = counting.get(rule.check)
            if not other or (other.service == "both" and rule.service != "both"):
                counting[rule.check] = rule
        return [rule.id for rule in found if rule == counting[rule.check]]

    def write(self, vals):
        before = self._is_on_retention()
        result = super().write(vals)
        if before or self._is_on_retention():
            self._recompute_retention()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        if rules._is_on_retention():
            rules._recompute_retention()
        return rules

    def unlink(self):
        before = self._is_on_retention()
        result = super().unlink()
        if before:
            self._recompute_retention()
        return result

    def _is_on_retention(self):
        return "retention" in self.mapped("check")

    @api.model
    def _recompute_retention(self):
        """A changed term holds for the dossiers that are there as well."""
        # sudo: a rule of all companies reaches dossiers that its author can't see
        orders = self.env["sale.order"].sudo()
        orders = orders.search([("kmop_date_start", "!=", False)])
        self.env.add_to_compute(orders._fields["kmop_date_retention"], orders)

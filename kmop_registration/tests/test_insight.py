import ast
import re
from datetime import timedelta

from lxml import etree

from odoo.fields import Date
from odoo.tests import tagged

from .common import KmopCommon

GRANULARITY = {"date", "datetime"}


@tagged("post_install", "-at_install")
class TestInsight(KmopCommon):
    """Every screen that is looked at rather than read, as the officer opens it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer.group_ids += cls.env.ref("sales_team.group_sale_salesman_all_leads")
        cls.env = cls.env(user=cls.officer)
        cls.registration = cls._create_registration()
        cls.actions = cls._get_actions()

    @classmethod
    def _get_actions(cls):
        """Return the addon's windows on its own models and on dossiers."""
        # sudo: the list of actions is read, not opened
        names = cls.env["ir.model.data"].sudo()
        found = names.search(
            [
                ("module", "=", "kmop_registration"),
                ("model", "=", "ir.actions.act_window"),
            ]
        )
        actions = cls.env["ir.actions.act_window"].sudo().browse(found.mapped("res_id"))
        return actions.filtered(
            lambda action: (
                action.res_model in cls.env
                and not cls.env[action.res_model].is_transient()
                and cls.env[action.res_model].has_access("read")
            )
        )

    def _get_views(self, *kinds):
        """Yield (action, kind, view) for each view of those kinds."""
        for action in self.actions:
            modes = dict((mode, view) for view, mode in action.views)
            for kind in set(kinds) & modes.keys():
                model = self.env[action.res_model]
                arch = model.get_view(modes[kind], kind)["arch"]
                yield action, kind, etree.fromstring(arch)

    def _get_group(self, model, node):
        field = model._fields[node.get("name")]
        interval = node.get("interval") or "month"
        return f"{field.name}:{interval}" if field.type in GRANULARITY else field.name

    def test_figures_come_from_one_query(self):
        """A field that isn't stored would be read record by record, or not at all."""
        seen = set()
        for action, kind, view in self._get_views("pivot", "graph"):
            model = self.env[action.res_model]
            nodes = view.xpath("field[not(@type='measure')][not(@invisible)]")
            measures = [
                node.get("name") for node in view.xpath("field[@type='measure']")
            ]
            for node in nodes:
                group = self._get_group(model, node)
                with self.subTest(model=model._name, kind=kind, group=group):
                    model._read_group([], [group], [f"{m}:sum" for m in measures])
            seen.add((model._name, kind))
        for model in ("finding", "evidence", "audit", "milestone", "reminder"):
            self.assertIn((f"kmop.{model}", "pivot"), seen)
            self.assertIn((f"kmop.{model}", "graph"), seen)

    def test_calendars_stand_on_stored_days(self):
        seen = set()
        for action, _kind, view in self._get_views("calendar"):
            field = self.env[action.res_model]._fields[view.get("date_start")]
            self.assertTrue(field.store, action.res_model)
            seen.add(action.res_model)
        self.assertLessEqual(
            {"kmop.registration", "kmop.audit", "kmop.finding", "sale.order"}, seen
        )

    def test_every_filter_and_group_works(self):
        for action in self.actions:
            model = self.env[action.res_model]
            view = action.search_view_id.id or None
            arch = etree.fromstring(model.get_view(view, "search")["arch"])
            for node in arch.iter("filter"):
                with self.subTest(model=model._name, filter=node.get("name")):
                    self._try_filter(model, node)

    def _try_filter(self, model, node):
        domain = node.get("domain") or "[]"
        domain = re.sub(r"\buid\b", str(self.env.uid), domain)
        if "context_today" not in domain and "time" not in domain:
            model.search(ast.literal_eval(domain), limit=1)
        context = ast.literal_eval(node.get("context") or "{}")
        if group := context.get("group_by"):
            field = model._fields[group.split(":")[0]]
            dated = field.type in GRANULARITY and ":" not in group
            model._read_group([], [f"{group}:month" if dated else group])

    def test_registrations_that_end_within_a_year(self):
        soon = self.registration
        self._decide(soon, Date.today() - timedelta(days=500), number="DV.O123456")
        late = self._register(Date.today(), service="advice")
        model = self.env["kmop.registration"]
        arch = etree.fromstring(model.get_view(view_type="search")["arch"])
        node = arch.find(".//filter[@name='ending_year']")
        found = model.search(ast.literal_eval(node.get("domain")))
        self.assertIn(soon, found)
        self.assertNotIn(late, found)

import re
from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree

from odoo.sql_db import Cursor
from odoo.tests import TransactionCase

from odoo.addons.web.models.models import Base

# A table of ours; a column of ours in one of the host's comes with its own query.
OURS = re.compile(r'\b(FROM|JOIN|INTO|UPDATE)\s+"kmop_')


class BudgetCommon(TransactionCase):
    """Ways to count queries, as the web client causes them."""

    def _get_specification(self, model, view_type, view=None):
        """Return what the web client asks for when it opens the view."""
        view_id = self.env.ref(view).id if view else None
        views = model.get_views([(view_id, view_type)])
        arch = views["views"][view_type]["arch"]
        return self._read_arch(model, etree.fromstring(arch))

    def _read_arch(self, model, node):
        """Return the fields below ``node``, those of sub-views nested."""
        specification = {}
        for element in node.iterchildren():
            if element.tag != "field":
                specification |= self._read_arch(model, element)
                continue
            name = element.get("name")
            field = model._fields[name]
            specification[name] = {}
            if field.relational and field.type == "many2one":
                specification[name] = {"fields": {"display_name": {}}}
            elif field.relational:
                comodel = self.env[field.comodel_name]
                nested = {}
                for view in element.iterchildren("list", "form", "kanban"):
                    nested |= self._read_arch(comodel, view)
                specification[name] = {"fields": nested or {"display_name": {}}}
        return specification

    def _without_ours(self, specification):
        return {k: v for k, v in specification.items() if not k.startswith("kmop_")}

    def _host_reading(self):
        """Let quotes be read as the host does."""
        orders = self.env.registry["sale.order"]
        return patch.object(orders, "web_read", Base.web_read)

    @contextmanager
    def _host_alone(self):
        """Show the host's own views: those of ours that extend them are off."""
        ours = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(ours.mapped("res_id"))
        views = views.filtered("inherit_id")
        views.active = False
        yield
        views.active = True

    def _get_both(self, model, view_type, view):
        """Return the specification of a view of the host: without and with ours."""
        with self._host_alone():
            theirs = self._get_specification(model, view_type, view)
        return theirs, self._get_specification(model, view_type, view)

    def _count(self, function):
        """Return the queries once the server is warm: what each opening takes."""
        for _round in range(3):
            queries = self._count_once(function)
        return queries

    def _count_once(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def _search_read(self, model, specification, domain=()):
        return self._count(
            lambda: model.web_search_read(list(domain), specification, limit=1000)
        )

    def _read_form(self, record, specification):
        return self._count(lambda: record.browse(record.id).web_read(specification))

    def _get_queries_of_ours(self, function):
        """Return the queries on our tables while ``function`` runs."""
        self.env.flush_all()
        self.env.invalidate_all()
        execute = Cursor.execute
        with patch.object(Cursor, "execute", autospec=True, side_effect=execute) as spy:
            function()
            self.env.flush_all()
        queries = [getattr(c.args[1], "code", c.args[1]) for c in spy.call_args_list]
        return [query for query in map(str, queries) if OURS.search(query)]

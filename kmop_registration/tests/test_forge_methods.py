"""Every public method of ours, called from outside by people who may do little."""

from odoo.tests import tagged
from odoo.tools import SQL

from .forge import ForgeCase
from .test_public_surface import SENSIBLE, PublicMethodsCommon

HOST = ("ir_attachment", "sale_order", "survey_user_input", "survey_user_input_line")
# Who may do something all the same: add evidence, and forget who answered.
ALLOWED = {
    ("kmop_reader", "kmop.finding", "action_add_report"),
    ("kmop_reader", "kmop.finding", "add_report_as_evidence"),
    ("kmop_surveyor", "survey.user_input", "action_kmop_forget"),
}


@tagged("post_install", "-at_install")
class TestForgeMethods(PublicMethodsCommon, ForgeCase):
    """Further than the points of docs/security.md: what changes data isn't theirs."""

    def _get_digests(self):
        """Return a digest of each table that a call could change."""
        ours = {
            model._table
            for name, model in self.registry.items()
            if name.startswith("kmop.") and model._auto and not model._transient
        }
        query = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s, md5(string_agg(t::text, '' ORDER BY t::text)) FROM %s t",
                table,
                SQL.identifier(table),
            )
            for table in sorted(ours.union(HOST))
        )
        self.env.flush_all()
        return dict(self.env.execute_query(query))

    def test_public_methods(self):
        people = self.portal, self.employee, self.salesman, self.surveyor, self.reader
        before, done = self._get_digests(), set()
        for (_model, method), models in sorted(self._get_surface().items()):
            for record in self._get_subjects(method, models):
                names = self._get_parameters(record._name, method)
                arguments = [SENSIBLE[name] for name in names]
                if not getattr(getattr(record, method), "_api_model", False):
                    arguments.insert(0, record.ids)
                for user in people:
                    savepoint = self.env.cr.savepoint()
                    answer = self._send_model(user, record, method, *arguments)
                    if "error" not in answer and self._get_digests() != before:
                        done.add((user.login, record._name, method))
                    savepoint.close(rollback="error" not in answer)
        self.assertEqual(done, ALLOWED)
        self.assertEqual(self._get_digests(), before)

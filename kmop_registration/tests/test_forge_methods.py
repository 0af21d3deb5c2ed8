"""Every public method of ours, called from outside by people who may do little."""

from odoo.tests import tagged
from odoo.tools import SQL

from .forge import ForgeCase
from .test_public_surface import SENSIBLE, SurfaceCommon

HOST_TABLES = ("ir_attachment", "sale_order", "survey_user_input", "survey_user_input_line")
# By user, what changes something all the same: of their own, or asked of others.
MAY = {}


@tagged("post_install", "-at_install")
class TestForgeMethods(SurfaceCommon, ForgeCase):
    def setUp(self):
        super().setUp()
        self.records = self._get_records()
        self.records |= {
            "sale.order": self.records["kmop.session"].order_id,
            "res.partner": self.client,
            "survey.user_input": self._create_answer(),
            "account.move": self.env["account.move"],
        }

    def _look_at_all(self):
        """Return a digest of each table that a call could change."""
        tables = [
            *(m._table for n, m in self.registry.items() if n.startswith("kmop.")
              and not (m._abstract or m._transient) and m._auto),
            *HOST_TABLES,
        ]  # fmt: skip
        self.env.flush_all()
        return dict(
            self.env.execute_query(
                SQL(" UNION ALL ").join(
                    SQL(
                        "SELECT %s, md5(string_agg(t::text, '' ORDER BY t::text))"
                        " FROM %s t",
                        table,
                        SQL.identifier(table),
                    )
                    for table in sorted(tables)
                )
            )
        )

    def test_public_methods(self):
        before = self._look_at_all()
        found = {}
        for (_model, method), models in sorted(self._get_surface().items()):
            for name in sorted(models):
                record = self.records.get(name, self.env[name])
                if record._abstract:
                    continue
                parameters = self._get_parameters(name, method)
                args = [SENSIBLE[parameter] for parameter in parameters]
                for user in (self.portal, self.internal, self.salesman, self.surveyor, self.reader):
                    savepoint = self.env.cr.savepoint()
                    model_method = getattr(getattr(self.registry[name], method), "_api_model", 0)
                    error = self._send_all(user, record, method, args, model_method)
                    after = self._look_at_all()
                    savepoint.close(rollback=True)
                    self.env.clear()
                    changed = [t for t in before if before[t] != after[t]]
                    if changed:
                        found.setdefault(user.login, []).append((name, method, changed, error))
        for k, v in found.items():
            for x in v:
                print(k, *x)
        self.assertFalse(found)

    def _get_parameters(self, model, method):
        import inspect
        parameters = inspect.signature(getattr(self.registry[model], method)).parameters
        return [name for name in parameters if name != "self"]

    def _send_all(self, user, record, method, args, model_method):
        self._log_in(user)
        params = {"model": record._name, "method": method,
                  "args": args if model_method else [record.ids, *args], "kwargs": {}}
        from odoo.tools import mute_logger
        with mute_logger("odoo.http"):
            return self.url_open("/web/dataset/call_kw", json={"params": params}).json().get("error", {}).get("data", {}).get("name")

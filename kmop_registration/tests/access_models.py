"""Access to a record itself, and to our fields on the host's records."""

from odoo.exceptions import AccessError, UserError

from .access import TableCommon


class ModelRows(TableCommon):
    # -------------------------------------------------------------------- models

    def _get_model_rows(self):
        for name in sorted(self.registry):
            if name.startswith(("kmop.", "report.kmop")):
                kind = "model" if self.env[name]._auto else "no table"
                yield self._get_keyed_row(
                    "wizard" if self.env[name]._transient else kind,
                    name,
                    lambda user, context, name=name: self._ask_model(
                        self._get_one(name).with_context(**context), user
                    ),
                )

    def _ask_model(self, record, user):
        mine = record.with_user(user)
        if record._abstract:
            return self._spell({"r": self._try(lambda: mine.search_count([]))})
        if not record._transient:
            self.assertTrue(record, f"Give a record of {record._name} to try this on")
            vals = {**self._get_vals(mine), **self._copy(record)}
            return self._spell(self._ask_record(mine, vals))
        return self._ask_wizard(mine)

    def _ask_wizard(self, wizards):
        """A wizard is one's own, and nobody else's: it is tried on one's own."""
        savepoint = self.env.cr.savepoint()
        try:
            vals = self._get_vals(wizards)
            return self._spell(self._ask_record(wizards.create(vals), vals))
        except AccessError:
            return "-"
        except UserError:
            return "(c)"
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def _ask_record(self, record, vals):
        name = self._get_plain(record)
        value = record.sudo()[name] if name else False
        return {
            "r": self._try(lambda: record.read([name or "id"])),
            "w": self._try(lambda: record.write({name or "id": value})),
            "c": self._try(lambda: record.browse().create(vals)),
            "u": self._try(record.unlink),
            # That one may export nothing at all, the host says in other words.
            "x": bool(self._try(lambda: record.export_data([name or "display_name"]))),
        }

    # -------------------------------------------------------------------- fields

    def _get_field_rows(self):
        """Fields that the addon adds to the host's models; those alike share a row."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.model.fields")]
        )
        fields = self.env["ir.model.fields"].browse(data.mapped("res_id"))
        for model, added in sorted(fields.grouped("model").items()):
            alike, known = {}, self.registry[model]
            if model.startswith("kmop.") or known._transient:
                continue
            for name in sorted(added.mapped("name")):
                if "kmop" not in name or known._fields[name].inherited:
                    continue
                record = self.records.get(model)
                self.assertIsNotNone(record, f"Give a record of {model} to try this on")
                row = self._get_row(
                    "field", "", lambda u, r=record, n=name: self._ask_field(r, n, u)
                )
                alike.setdefault(tuple(row.items()), []).append(name)
            for row, names in alike.items():
                yield {**dict(row), "what": f"{model}: {' '.join(names)}"}

    def _ask_field(self, record, name, user):
        field, mine = record._fields[name], record.with_user(user)
        tried = {"r": self._try(lambda: mine.read([name]))}
        if not field.readonly and (field.store or field.inverse):
            # What writing does is tried on the models; here it is who may.
            may = mine.has_access("write") and mine._has_field_access(field, "write")
            tried["w"] = may
        return self._spell(tried)

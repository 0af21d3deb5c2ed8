from odoo import api, models


class KmopAttached(models.AbstractModel):
    """Files in a many2many field that belong to the record they were added to.

    A file uploaded before the record was saved is its uploader's only: from then on,
    who may read the record may read it. The field itself has
    ``bypass_search_access``, or every read would look through all attachments.
    """

    _name = "kmop.attached"
    _description = "Has files of its own"

    _attachment_field = "attachment_ids"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._adopt_attachments()
        return records

    def write(self, vals):
        result = super().write(vals)
        if self._attachment_field in vals:
            self._adopt_attachments()
        return result

    def _adopt_attachments(self):
        for record in self.filtered(self._attachment_field):
            attachments = record[self._attachment_field]
            attachments.check_access("read")
            # sudo: only what the user may read gets here
            loose = attachments.sudo().filtered(lambda a: not a.res_id)
            loose.write({"res_model": self._name, "res_id": record.id})

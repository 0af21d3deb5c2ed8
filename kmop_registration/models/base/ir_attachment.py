import base64
import binascii

from odoo import api, models
from odoo.exceptions import MissingError, UserError

from ...tools import is_uninstalling

# The models whose files are kept as they are, at some time: see kmop.attached.mixin.
OWNERS = (
    "kmop.audit",
    "kmop.audit.decision",
    "kmop.evidence",
    "kmop.registration.period",
)
# What may change of a file that is kept. The web client draws a thumbnail of each PDF
# that it shows for the first time.
FREE_FIELDS = frozenset({"description", "thumbnail"})
# Unlike its name in the context, this object can't be sent by a remote call.
MOVING = object()


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        kept = self.browse()
        moving = self.env.context.get("kmop_moving") is MOVING
        if not moving and vals.keys() - FREE_FIELDS:
            kept = self._kmop_get_kept()
        if kept:
            # Before a message names the record: who may not write it isn't told.
            self.check_access("write")
            content = self._kmop_get_moved(vals)
            if content is None:
                raise UserError(kept._kmop_get_kept_message())
            if not content:
                return True
            # The storage where it is moved to may note down how it calls the file.
            self = self.with_context(kmop_moving=MOVING, image_no_postprocess=True)
            vals = {"raw": content, "mimetype": self.mimetype}
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kmop_kept(self):
        if not is_uninstalling(self.env) and (kept := self._kmop_get_kept()):
            raise UserError(kept._kmop_get_kept_message())

    # ----------------------------------------------------------- what is kept as it is

    def _kmop_get_kept(self):
        """Return those that may not change any more, whoever asks."""
        # sudo: files are protected from those who can't see them as well
        attachments = self.sudo().filtered(lambda a: a.res_model in OWNERS)
        kept = self.browse()
        for model_name, owned in attachments.grouped("res_model").items():
            kept |= self.env[model_name]._get_kept_attachments(owned)
        return kept

    def _kmop_get_kept_message(self):
        attachment = self[:1]
        record = self.env[attachment.res_model].browse(attachment.res_id)
        return self.env._(
            "%(file)s belongs to %(record)s and is kept as it is: it can't be changed,"
            " shared or removed.",
            file=attachment.name,
            record=record.display_name,
        )

    def _kmop_get_moved(self, vals):
        """Return the content where an administrator only moves it to another storage.

        The host then writes each file with the content that it has.

        :return: None where something would change; empty where the content is lost
        """
        if not (
            len(self) == 1
            and self.env.is_system()
            and vals.keys() <= {"raw", "datas", "mimetype"}
            and vals.keys() & {"raw", "datas"}
        ):
            return None
        try:
            written = vals.get("raw") or base64.b64decode(vals.get("datas") or b"")
        except (binascii.Error, TypeError, ValueError):
            return None
        content = self._kmop_read()
        return content if written == content else None

    # ------------------------------------------------------------------------- content

    def _kmop_read(self):
        """Return the content of one file as it is stored now; empty where it is lost.

        It is read alone and isn't kept in the cache: of many files, one at a time is in
        memory. Which storage it comes from is the host's concern.
        """
        alone = self.with_prefetch().with_context(bin_size=False, bin_size_raw=False)
        try:
            cached = ["raw"] if self.store_fname else ["raw", "db_datas"]
            alone.invalidate_recordset(cached)
            content = alone.raw or b""
        except MissingError:
            return b""
        alone.invalidate_recordset(cached)
        return content

import glob
import hashlib
import os
import time
import uuid

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.base.models import ir_attachment
from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

# The largest size that the host can note; the file itself may be larger.
MAX_SIZE = 2**31 - 1
PIECE = 2**20
# How the name of a file in the filestore begins that isn't whole yet.
PART = "kmop_part_"
PART_KEPT_SECONDS = 24 * 60 * 60


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # What makes the file what it is; its description, say, may change.
    _kmop_frozen_fields = frozenset(
        {
            "checksum",
            "datas",
            "db_datas",
            "mimetype",
            "name",
            "raw",
            "res_field",
            "res_id",
            "res_model",
            "store_fname",
            "type",
            "url",
        }
    )

    def write(self, vals):
        if self._kmop_frozen_fields & vals.keys():
            self._kmop_check_frozen()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kmop_frozen(self):
        self._kmop_check_frozen()

    def _kmop_check_frozen(self):
        """Raise UserError where a file belongs to accepted evidence, whoever asks."""
        mine = self.filtered(lambda attachment: attachment.res_model == "kmop.evidence")
        if not mine or self.env.context.get(MODULE_UNINSTALL_FLAG):
            return
        # sudo: frozen files are protected from those who can't see them, too
        frozen = self.env["kmop.evidence.file"].sudo()
        held = frozen.search([("attachment_id", "in", mine.ids)], limit=1)
        if held:
            raise UserError(
                self.env._(
                    "%(file)s belongs to the accepted evidence %(evidence)s and can't"
                    " be changed or removed.",
                    file=held.name,
                    evidence=held.evidence_id.name,
                )
            )

    # ------------------------------------------------------------------- filestore

    @api.model
    def _file_write(self, bin_value, checksum):
        """Put a file in its place once it is whole.

        Where the disk is full or the server is killed, Odoo leaves a half one, which
        it then holds against the whole one: a collision.
        """
        name, place = self._get_path(bin_value, checksum)
        if self._storage() != "file" or os.path.exists(place):
            return super()._file_write(bin_value, checksum)
        # In case the transaction fails: what nothing refers to is collected.
        self._mark_for_gc(name)
        self._kmop_write_whole(bin_value, place)
        return name

    @api.model
    def _kmop_write_whole(self, content, place):
        part = self._full_path(f"{PART}{uuid.uuid4().hex}")
        try:
            with open(part, "xb") as file:
                file.write(content)
            os.replace(part, place)
        except OSError:
            if os.path.exists(part):
                os.unlink(part)
            raise

    @api.autovacuum
    def _gc_kmop_parts(self):
        """Remove what a server that was killed had half written."""
        limit = time.time() - PART_KEPT_SECONDS
        for part in glob.glob(glob.escape(self._full_path(PART)) + "*"):
            if os.stat(part).st_mtime < limit:
                os.unlink(part)

    # ------------------------------------------------------------- large contents

    # The host holds a content in memory, which gigabytes don't fit in.

    def _kmop_read(self):
        """Yield the content in pieces. Raises OSError where it isn't there."""
        if self.store_fname:
            yield from self._kmop_read_file(self.store_fname)
        elif self.raw or not self.file_size:
            yield self.raw or b""
        else:
            raise FileNotFoundError(self.name)

    @api.model
    def _kmop_read_file(self, name):
        with open(self._full_path(name), "rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def _kmop_hash(self):
        """Return the SHA-256 of the content, and its size."""
        digest, size = hashlib.sha256(), 0
        for piece in self._kmop_read():
            digest.update(piece)
            size += len(piece)
        return digest.hexdigest(), size

    def _kmop_share(self, other):
        """Hold the content of ``other``: what is the same is one file on the disk."""
        names = ("store_fname", "checksum", "file_size", "index_content")
        self._kmop_write_content({name: other[name] for name in names})

    # pylint: disable-next=missing-return
    def _kmop_write_content(self, vals):
        # The host's own way past its guard on these fields.
        # sudo: nobody writes a frozen file, and only what freezes or packs gets here
        # pylint: disable-next=super-method-mismatch
        super(ir_attachment.IrAttachment, self.sudo()).write(vals)

    # pylint: disable-next=missing-return
    def _kmop_take_file(self, path, size):
        """Move a file of the filestore's own disk into it, as this one's content."""
        digest = hashlib.sha1()
        with open(path, "rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
        checksum = digest.hexdigest()
        name = f"{checksum[:2]}/{checksum}"
        place = self._full_path(name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        # In case the transaction fails: what nothing refers to is collected.
        self._mark_for_gc(name)
        vals = {
            "store_fname": name,
            "checksum": checksum,
            "file_size": min(size, MAX_SIZE),
        }
        self._kmop_write_content(vals)
        self.flush_recordset(vals)
        if not os.path.exists(place):
            os.link(path, place)

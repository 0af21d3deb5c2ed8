from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain

from ...tools import examine, file_kinds, own_context
from .ir_attachment import MOVING


class KmopAttached(models.AbstractModel):
    """Files in a many2many field that belong to the record they were added to.

    A file uploaded before the record was saved is its uploader's only: from then on,
    who may read the record may read it. The field itself has
    ``bypass_search_access``, or every read would look through all attachments.

    Anything else that the user can link, such as a file of another record or one that
    the website serves, stays what it is: the record gets a copy.
    """

    _name = "kmop.attached.mixin"
    _description = "Has files of its own"

    _attachment_field = "attachment_ids"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._adopt_attachments()
        return records

    def write(self, vals):
        if self._attachment_field not in vals:
            return super().write(vals)
        linked = {record.id: record[self._attachment_field] for record in self}
        result = super().write(vals)
        self._adopt_attachments(linked)
        return result

    # ------------------------------------------------------------------ adopting files

    def _adopt_attachments(self, linked=None):
        """Make each linked file the record's own: take it over, or copy it.

        :param linked: what was linked before, and is looked at no more, by record id
        Raises ValidationError for a file that is no document.
        """
        nothing = self.env["ir.attachment"]
        for record in self:
            added = record[self._attachment_field]
            added -= (linked or {}).get(record.id, nothing)
            if not added:
                continue
            added.check_access("read")
            # sudo: a fresh upload is its uploader's only; what is read was checked
            record._check_files(added.sudo())
            # sudo: as above
            record._take_over(added.sudo())

    # pylint: disable-next=missing-return
    def _take_over(self, attachments):
        foreign = attachments.filtered(lambda a: not self._is_own(a))
        uploads = foreign.filtered(self._is_own_upload)
        uploads.write({"res_model": self._name, "res_id": self.id})
        for attachment in attachments - foreign + uploads:
            self._set_type(attachment)
        if copied := foreign - uploads:
            links = [Command.unlink(attachment.id) for attachment in copied]
            links += [Command.link(self._copy_file(a).id) for a in copied]
            # Not self.write: which files are linked was decided there already.
            # pylint: disable-next=super-method-mismatch
            super().write({self._attachment_field: links})

    def _is_own(self, attachment):
        """Tell whether the file is the record's, and nobody else is let in to it."""
        owner = attachment.res_model, attachment.res_id
        return owner == (self._name, self.id) and self._is_plain(attachment)

    def _is_own_upload(self, attachment):
        """Tell whether the user uploaded the file for one of our forms just now.

        The web client names the model of the form, and no record yet.
        """
        return (
            attachment.create_uid == self.env.user
            and not attachment.res_id
            and (attachment.res_model or self._name).startswith("kmop.")
            and self._is_plain(attachment)
        )

    def _is_plain(self, attachment):
        """Tell whether it is a file, and isn't served to the world."""
        shared = attachment.public or attachment.url or attachment.access_token
        return attachment.type == "binary" and not (shared or attachment.res_field)

    def _set_type(self, attachment):
        """Have the file's type follow from what it is, not from what was sent."""
        mimetype = examine(attachment.name, attachment._kmop_read())[0]
        if attachment.mimetype != mimetype:
            # Also of evidence that was submitted before this was looked at.
            attachment.with_context(kmop_moving=MOVING).mimetype = mimetype

    def _copy_file(self, attachment):
        """Return a copy that belongs to the record."""
        content = attachment._kmop_read()
        # Without defaults that a caller sends along (`default_public`); and the host
        # doesn't make an image smaller.
        attachments = own_context(attachment).with_context(image_no_postprocess=True)
        return attachments.create(
            {
                "name": attachment.name,
                "raw": content,
                "mimetype": examine(attachment.name, content)[0],
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    # ------------------------------------------------------------------ checking files

    def _check_files(self, attachments):
        for attachment in attachments:
            if message := self._get_file_error(attachment):
                raise ValidationError(message)

    def _get_file_error(self, attachment):
        """Return why the attachment can't be the record's, or None where it can."""
        name = attachment.name
        if not attachment.file_size:
            return self.env._("%(file)s is empty.", file=name)
        content = attachment._kmop_read()
        if attachment._compute_checksum(content) != attachment.checksum:
            return self.env._(
                "%(file)s is missing from the server, or isn't whole: add it again.",
                file=name,
            )
        fault = examine(name, content)[1]
        if fault == file_kinds.ENDING:
            return self.env._(
                "%(file)s can't be added: files that end in “.%(ending)s” are no"
                " documents, images, mails or archives of those. Programs and scripts"
                " are refused.",
                file=name,
                ending=file_kinds.get_ending(name),
            )
        if fault == file_kinds.CONTENT:
            return self.env._(
                "%(file)s can't be added: what is in it isn't what its name says. Save"
                " it anew as PDF.",
                file=name,
            )
        if fault == file_kinds.SCRIPT:
            return self.env._(
                "%(file)s can't be added: it holds a script. Save it anew as PDF.",
                file=name,
            )
        return None

    # --------------------------------------------------------- files that are kept

    @api.model
    def _get_kept_domain(self):
        """Return the domain of the records whose files can't change any more."""
        return Domain.FALSE

    @api.model
    def _get_kept_attachments(self, attachments):
        """Return which of the records' own ``attachments`` are kept as they are."""
        owners = Domain("id", "in", attachments.mapped("res_id"))
        # sudo: a record protects its files from those who can't see it as well
        records = self.sudo().with_context(active_test=False)
        return (
            attachments & records.search(owners & self._get_kept_domain())._get_files()
        )

    def _get_files(self):
        """Return the files of these records."""
        return self[self._attachment_field]

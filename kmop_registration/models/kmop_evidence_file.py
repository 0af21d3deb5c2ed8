from odoo import api, fields, models
from odoo.exceptions import UserError

from .ir_attachment import MAX_SIZE


class KmopEvidenceFile(models.Model):
    """A file of accepted evidence: its own copy, and the hash it had that day."""

    _name = "kmop.evidence.file"
    _description = "Frozen file"
    _order = "evidence_id, id"
    _check_company_auto = True

    evidence_id = fields.Many2one(
        "kmop.evidence", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="evidence_id.company_id", store=True, index=True
    )
    name = fields.Char(required=True)
    kind = fields.Selection(
        [("file", "File"), ("snapshot", "Snapshot of the source")], required=True
    )
    attachment_id = fields.Many2one(
        "ir.attachment", required=True, index=True, ondelete="restrict"
    )
    sha256 = fields.Char(string="SHA-256", required=True, index=True)
    size = fields.Integer(string="Size (bytes)")

    _name_uniq = models.Constraint(
        "UNIQUE (evidence_id, name)", "A file's name is unique within its evidence."
    )

    @api.model
    def _freeze(self, evidences):
        """Copy the files of ``evidences`` and a snapshot of their sources, hashed."""
        sources = evidences._get_sources()
        contents = [
            (evidence, *content)
            for evidence in evidences
            for content in self._get_contents(evidence, sources.get(evidence))
        ]
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "res_model": "kmop.evidence",
                    "res_id": evidence.id,
                    **self._get_copy(content),
                }
                for evidence, _kind, name, content in contents
            ]
        )
        files = self.create(
            [
                {
                    "evidence_id": evidence.id,
                    "kind": kind,
                    "name": name,
                    "attachment_id": attachment.id,
                    **self._fill(attachment, content),
                }
                for (evidence, kind, name, content), attachment in zip(
                    contents, attachments, strict=True
                )
            ]
        )
        # What is frozen is in the database from here on.
        attachments.flush_recordset()
        return files

    @api.model
    def _get_contents(self, evidence, source):
        """Return (kind, name, content) of all that is to be frozen, names unique.

        A content is an attachment, or bytes.
        """
        contents = [("file", a.name, a) for a in evidence.attachment_ids]
        if source is not None and (snapshot := source._kmop_snapshot()):
            contents.append(("snapshot", *snapshot))
        taken = set()
        return [
            (kind, self._make_unique(name, taken), content)
            for kind, name, content in contents
        ]

    def _get_copy(self, content):
        """Return what makes an attachment of ``content``, as far as it is small."""
        if isinstance(content, bytes):
            return {"raw": content}
        if content.store_fname:
            return {"mimetype": content.mimetype}
        return {"raw": content.raw or b""}

    def _fill(self, attachment, content):
        """Have the ``attachment`` hold what is on the disk; return what it is."""
        if not isinstance(content, bytes) and content.store_fname:
            attachment._kmop_share(content)
        sha256, size = self._hash(attachment)
        return {"sha256": sha256, "size": size}

    @api.model
    def _hash(self, attachment):
        """Return the SHA-256 and the size. Raises UserError where it isn't whole."""
        try:
            sha256, size = attachment._kmop_hash()
        except OSError:
            sha256, size = None, -1
        if min(size, MAX_SIZE) != attachment.file_size:
            raise UserError(
                self.env._(
                    "%(file)s is missing from the server, or isn't whole: add it"
                    " again.",
                    file=attachment.name,
                )
            )
        return sha256, min(size, MAX_SIZE)

    @api.model
    def _make_unique(self, name, taken):
        stem, dot, ending = name.rpartition(".")
        if not dot:
            stem, ending = ending, ""
        number, unique = 1, name
        while unique.lower() in taken:
            number += 1
            unique = f"{stem} ({number}){dot}{ending}"
        taken.add(unique.lower())
        return unique

    def _get_integrity(self):
        """Return ``intact``, ``altered`` or ``missing``."""
        # sudo: the file is read to be compared, not shown
        attachment = self.attachment_id.sudo().exists()
        try:
            found, size = attachment._kmop_hash()
        except OSError:
            return "missing"
        if self.size and not size:
            return "missing"
        return "intact" if found == self.sha256 else "altered"

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=1",
            "target": "download",
        }

from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError


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
                    "raw": raw,
                    "res_model": "kmop.evidence",
                    "res_id": evidence.id,
                }
                for evidence, _kind, name, raw in contents
            ]
        )
        return self.create(
            [
                {
                    "evidence_id": evidence.id,
                    "kind": kind,
                    "name": name,
                    "attachment_id": attachment.id,
                    "sha256": sha256(raw).hexdigest(),
                    "size": len(raw),
                }
                for (evidence, kind, name, raw), attachment in zip(
                    contents, attachments, strict=True
                )
            ]
        )

    @api.model
    def _get_contents(self, evidence, source):
        """Return (kind, name, content) of all that is to be frozen, names unique."""
        contents = [
            ("file", a.name, self._get_content(a)) for a in evidence.attachment_ids
        ]
        if source is not None and (snapshot := source._kmop_snapshot()):
            contents.append(("snapshot", *snapshot))
        taken = set()
        return [
            (kind, self._make_unique(name, taken), raw) for kind, name, raw in contents
        ]

    @api.model
    def _get_content(self, attachment):
        """Return the whole content. Raises UserError where it isn't there."""
        content = attachment.raw or b""
        if len(content) != attachment.file_size:
            raise UserError(
                self.env._(
                    "%(file)s is missing from the server, or isn't whole: add it"
                    " again.",
                    file=attachment.name,
                )
            )
        return content

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
        raw = self.attachment_id.sudo().exists().raw
        if not raw and self.size:
            return "missing"
        return "intact" if sha256(raw or b"").hexdigest() == self.sha256 else "altered"

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=1",
            "target": "download",
        }

import hashlib

from odoo import api, fields, models


class KmopEvidenceFile(models.Model):
    """A file of accepted evidence, and the hash that it had that day."""

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
        """Keep the files of ``evidences``, and a snapshot of each source, hashed.

        The files are the evidence's own: they stay where they are, and nobody can
        change them from here on. Raises ValidationError where one isn't there whole.
        """
        evidences._adopt_attachments()
        snapshots = self._create_snapshots(evidences)
        # The hashes below are of what the storage gives back.
        self.env.flush_all()
        return self.create(
            [
                vals
                for evidence in evidences
                for vals in self._prepare_files(evidence, snapshots.get(evidence))
            ]
        )

    @api.model
    def _create_snapshots(self, evidences):
        """Return a new attachment of each evidence that has a source to show."""
        found = {
            evidence: snapshot
            for evidence, source in evidences._get_sources().items()
            if (snapshot := source._kmop_snapshot())
        }
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": content,
                    "res_model": evidence._name,
                    "res_id": evidence.id,
                }
                for evidence, (name, content) in found.items()
            ]
        )
        return dict(zip(found, attachments, strict=True))

    @api.model
    def _prepare_files(self, evidence, snapshot):
        """Return the values of the frozen files, their names unique."""
        kept = [("file", attachment) for attachment in evidence.attachment_ids]
        if snapshot:
            kept.append(("snapshot", snapshot))
        taken = set()
        return [
            {
                "evidence_id": evidence.id,
                "kind": kind,
                "name": self._make_unique(attachment.name, taken),
                "attachment_id": attachment.id,
                "sha256": hashlib.sha256(attachment._kmop_read()).hexdigest(),
                "size": attachment.file_size,
            }
            for kind, attachment in kept
        ]

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

    def _get_integrity(self, content=None):
        """Return ``intact``, ``altered`` or ``missing``.

        :param content: what the storage holds, where it was read already
        """
        if content is None:
            # sudo: the file is read to be compared, not shown
            content = self.attachment_id.sudo()._kmop_read()
        if self.size and not content:
            return "missing"
        found = hashlib.sha256(content).hexdigest()
        return "intact" if found == self.sha256 else "altered"

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=1",
            "target": "download",
        }

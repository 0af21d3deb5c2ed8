import logging
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class KmopEvidenceFrozen(models.AbstractModel):
    """What is kept of evidence once it is accepted, and whether it still is so."""

    _name = "kmop.evidence.frozen"
    _description = "Frozen evidence"

    fingerprint = fields.Char(
        readonly=True,
        copy=False,
        help="SHA-256 of what was accepted: the evidence itself and each of its files.",
    )
    duplicate_ids = fields.Many2many(
        "kmop.evidence", compute="_compute_duplicate_ids", string="Same file in"
    )

    @api.depends("attachment_ids.checksum")
    def _compute_duplicate_ids(self):
        """Other evidence, of those the user may see, that holds the same file."""
        checksums = self.attachment_ids.mapped("checksum")
        same = self.search([("attachment_ids.checksum", "in", checksums)])
        holders = {
            checksum: same.filtered(
                lambda e, c=checksum: c in e.attachment_ids.mapped("checksum")
            )
            for checksum in set(checksums)
        }
        for evidence in self:
            found = self.browse().concat(
                *(holders[a.checksum] for a in evidence.attachment_ids)
            )
            evidence.duplicate_ids = found - evidence._origin

    @api.readonly
    def verify(self):
        """Compare what was accepted with what is there now.

        :return: ``{evidence id: {"state": s, "files": {file name: s}}}``, s being
            ``intact``, ``altered`` or ``missing``; evidence that was never accepted
            has no entry
        """
        result = {}
        for evidence in self.filtered("fingerprint"):
            files = {file.name: file._get_integrity() for file in evidence.file_ids}
            same = evidence.fingerprint == evidence._get_fingerprint()
            states = {*files.values(), "intact" if same else "altered"}
            worst = next(s for s in ("missing", "altered", "intact") if s in states)
            result[evidence.id] = {"state": worst, "files": files}
        return result

    def _freeze(self):
        """Keep copies and hashes of everything that is accepted."""
        # sudo: the frozen files are nobody's to write, and a snapshot shows the
        # source as it is, whoever accepts it
        evidences = self.sudo()
        try:
            # sudo: as above
            self.env["kmop.evidence.file"].sudo()._freeze(evidences)
        except OSError as error:
            _logger.error("The files of evidence %s can't be kept: %s", self.ids, error)
            raise UserError(
                self.env._(
                    "The server can't keep the files (%(error)s), so nothing is"
                    " accepted: tell who manages it.",
                    error=error.strerror,
                )
            ) from error
        for evidence in evidences:
            evidence.fingerprint = evidence._get_fingerprint()

    def _get_fingerprint(self):
        """Return the SHA-256 of what is frozen, written in a fixed order."""
        content = [
            self.name,
            str(self.type_id.id),
            self.aspect,
            str(self.date_effective),
            self.url or "",
            f"{self.res_model or ''},{self.res_id or ''}",
            *sorted(self.indicator_ids.mapped("code")),
            *sorted(f"{file.name}:{file.sha256}" for file in self.file_ids),
        ]
        return sha256("\n".join(content).encode()).hexdigest()

    def action_verify(self):
        """Say whether what was accepted is still what is there."""
        self.ensure_one()
        verdict = self.verify().get(self.id)
        if not verdict:
            raise UserError(self.env._("This was never accepted: nothing is kept."))
        bad = [name for name, state in verdict["files"].items() if state != "intact"]
        names = ", ".join(bad) or self.name
        messages = {
            "intact": self.env._("Everything is as it was accepted."),
            "altered": self.env._("Not what was accepted: %(names)s", names=names),
            "missing": self.env._("Missing: %(names)s", names=names),
        }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if verdict["state"] == "intact" else "danger",
                "message": messages[verdict["state"]],
            },
        }

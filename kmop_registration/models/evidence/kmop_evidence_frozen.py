import json
import logging
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import ignore_caller_context

_logger = logging.getLogger(__name__)


class KmopEvidence(models.Model):
    """What is kept of evidence once it is accepted, and whether it still is so."""

    _inherit = "kmop.evidence"

    fingerprint = fields.Char(
        readonly=True,
        copy=False,
        help="SHA-256 of what was accepted: the evidence itself and each of its files.",
    )
    manifest = fields.Text(
        readonly=True,
        copy=False,
        help="What was accepted, as it was then: the fingerprint is of this text.",
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
            states = {*files.values(), evidence._get_manifest_state()}
            worst = next(s for s in ("missing", "altered", "intact") if s in states)
            result[evidence.id] = {"state": worst, "files": files}
        return result

    @ignore_caller_context
    def _freeze(self):
        """Note the hash of each file, and fingerprint all that is accepted.

        A snapshot is made of a linked document of Odoo. Files aren't copied: they stay
        what they are.
        """
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
            manifest = json.dumps(evidence._prepare_manifest(), sort_keys=True)
            evidence.manifest = manifest
            evidence.fingerprint = evidence._get_digest(manifest)

    def _prepare_manifest(self):
        """Return what is frozen: the evidence's own values, and names of the day.

        What the norm calls an indicator can change later: its code is noted, and
        which record it was is what counts.
        """
        return {
            "values": self._get_frozen_values(),
            "codes": sorted(self.indicator_ids.mapped("code")),
            "type": self.type_id.name,
        }

    def _get_frozen_values(self):
        """Return the values that may never differ from what was accepted."""
        return {
            "name": self.name,
            "registration": self.registration_id.id,
            "order": self.order_id.id,
            "type": self.type_id.id,
            "aspect": self.aspect,
            "indicators": sorted(self.indicator_ids.ids),
            "date_effective": str(self.date_effective),
            "url": self.url or "",
            "source": [self.res_model or "", self.res_id or 0],
            "files": sorted(
                [file.name, file.kind, file.size, file.sha256] for file in self.file_ids
            ),
        }

    @api.model
    def _get_digest(self, manifest):
        return sha256((manifest or "").encode()).hexdigest()

    def _get_manifest_state(self):
        """Return ``intact`` where the evidence is what its manifest says.

        ``altered`` where it isn't, or where the manifest isn't what was accepted.
        """
        if self.fingerprint != self._get_digest(self.manifest):
            return "altered"
        # sudo: what is compared isn't shown
        same = json.loads(self.manifest)["values"] == self.sudo()._get_frozen_values()
        return "intact" if same else "altered"

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

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools import read_records


class KmopEvidence(models.Model):
    """Makes evidence of files that are dropped on a list of it, many at once."""

    _inherit = "kmop.evidence"

    def create_document_from_attachment(self, attachment_ids):
        """Make a draft of each uploaded file; the host's uploader calls this.

        What can't be evidence, or is there already, is removed again and told with
        its reason, while the others go through.

        :return: the action that shows the drafts
        Raises UserError where it isn't clear which registration they are for.
        """
        files = self._get_uploaded(attachment_ids)
        registration = self._get_upload_registration()
        refused = self._get_refused(files, registration)
        good = files - files.browse(file.id for file in refused)
        evidences = self.create(
            [self._prepare_upload(file, registration) for file in good]
        )
        notices = {file.name: message for file, message in refused.items()}
        (files - good).unlink()
        return self._get_upload_action(evidences, registration, notices)

    def _get_uploaded(self, attachment_ids):
        """Return the files. Raises UserError for any but one's own, loose ones."""
        files = read_records(self.env["ir.attachment"], attachment_ids)
        # sudo: to tell whose it is; what is another's is refused
        own = files.sudo().filtered(self._is_own_upload)
        if not files or len(own) < len(files):
            raise UserError(self.env._("Drop the files of your own that you add."))
        return files

    def _get_upload_registration(self):
        registration_id = self.default_get(["registration_id"]).get("registration_id")
        if not registration_id:
            raise UserError(
                self.env._(
                    "Which registration are these files for? Open it, and drop them on"
                    " its evidence."
                )
            )
        return self.env["kmop.registration"].browse(registration_id)

    def _get_refused(self, files, registration):
        """Return ``{file: why it isn't evidence}``."""
        probe = self.new({"registration_id": registration.id})
        held = self._get_held(files, registration)
        refused, seen = {}, set()
        for file in files:
            message = probe._get_file_error(file)
            if not message and file.checksum in held:
                message = self.env._(
                    "Already there as “%(evidence)s”.",
                    evidence=held[file.checksum],
                )
            if not message and file.checksum in seen:
                message = self.env._("The same file as another that you dropped.")
            if message:
                refused[file] = message
            seen.add(file.checksum)
        return refused

    def _get_held(self, files, registration):
        """Return the names of the evidence that holds such a file, by checksum."""
        found = self.search(
            [
                ("registration_id", "=", registration.id),
                ("attachment_ids.checksum", "in", files.mapped("checksum")),
                ("state", "!=", "superseded"),
            ]
        )
        return {
            attachment.checksum: evidence.name
            for evidence in found
            for attachment in evidence.attachment_ids
        }

    def _prepare_upload(self, file, registration):
        stem = file.name.rpartition(".")[0] or file.name
        return {
            "name": stem.replace("_", " ").strip() or file.name,
            "registration_id": registration.id,
            "type_id": self._get_upload_type(registration.company_id).id,
            "attachment_ids": [fields.Command.set(file.ids)],
        }

    def _get_upload_type(self, company):
        """Return what a file of ``company`` is until somebody says what it is."""
        types = self.env["kmop.evidence.type"]
        chosen = types.browse(self.default_get(["type_id"]).get("type_id"))
        other = self.env.ref(
            "kmop_registration.kmop_evidence_type_other", raise_if_not_found=False
        )
        if chosen or other:
            return chosen or other._for_company(company)
        counting = types._used_domain(company)
        return types.search(counting, order="sequence desc", limit=1)

    def _get_upload_action(self, evidences, registration, notices):
        """Show the drafts, or where there are none, the list as it was."""
        context = {"notifications": notices}
        if not evidences:
            return {
                "type": "ir.actions.client",
                "tag": "soft_reload",
                "context": context,
            }
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kmop_registration.kmop_evidence_action"
        )
        title = self.env._("Dropped files: say what each of them is")
        return {
            **action,
            "name": title,
            "domain": [("id", "in", evidences.ids)],
            "context": {**context, "default_registration_id": registration.id},
        }

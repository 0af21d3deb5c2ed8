import os
from typing import NamedTuple

from odoo import api, models

from ..tools import make_unique, safe_name

FROZEN_STATES = ("accepted", "superseded")
FOLDER_LIMIT = 50


class DossierFile(NamedTuple):
    """A file of the dossier: where it is, what it was, and where it goes."""

    evidence_id: int
    evidence: str
    name: str
    kind: str
    # None for what was never accepted: there is nothing to compare it with.
    sha256: str | None
    size: int
    store_fname: str | None
    attachment_id: int
    in_database: bool
    path: str
    readable: bool = True


class KmopDossierFiles(models.AbstractModel):
    """The files behind the evidence, that its reader may see, with their places."""

    _name = "kmop.dossier.files"
    _inherit = "kmop.xlsx.sheet"
    _description = "Files of the dossier"

    @api.model
    def _iterate_files(self, registration):
        """Yield a ``DossierFile`` for each file, frozen ones before all."""
        evidences = self.env["kmop.evidence"].search(
            [("registration_id", "=", registration.id)], order="id"
        )
        folders = {}
        names = ("name", "state", "indicator_ids", "attachment_ids")
        for chunk in self._iterate(evidences, names):
            files = self._get_files(chunk)
            for evidence in chunk:
                taken = set()
                folder = self._get_folder(evidence, folders)
                for values in files.get(evidence.id, ()):
                    name = safe_name(f"{evidence.id} {values['name']}")
                    path = f"{folder}/{make_unique(name, taken)}"
                    yield DossierFile(evidence.id, evidence.name, path=path, **values)

    @api.model
    def _get_attached(self, folder, attachments):
        """Yield a ``DossierFile`` for each of the ``attachments`` the user may read."""
        taken = set()
        found = attachments._filtered_access("read")
        for values in self._read_attachments(found.sudo()).values():
            path = f"{folder}/{make_unique(safe_name(values['name']), taken)}"
            yield DossierFile(0, "", path=path, kind="file", sha256=None, **values)

    @api.model
    def _get_files(self, evidences):
        """Return what is known of the files, by the id of their evidence."""
        frozen = evidences.filtered(lambda e: e.state in FROZEN_STATES)
        return self._get_frozen(frozen) | self._get_loose(evidences - frozen)

    def _get_frozen(self, evidences):
        result = {}
        files = self.env["kmop.evidence.file"].search_fetch(
            [("evidence_id", "in", evidences.ids)],
            ["evidence_id", "kind", "name", "sha256", "size", "attachment_id"],
            order="evidence_id, id",
        )
        # sudo: who may read the evidence may have what was accepted of it
        attachments = self._read_attachments(files.sudo().attachment_id)
        for file in files:
            attachment = attachments.get(file.attachment_id.id, {})
            values = {
                "name": file.name,
                "kind": file.kind,
                "sha256": file.sha256,
                "attachment_id": file.attachment_id.id,
                "store_fname": attachment.get("store_fname"),
                "in_database": attachment.get("in_database", False),
                "size": file.size,
            }
            result.setdefault(file.evidence_id.id, []).append(values)
        return result

    def _get_loose(self, evidences):
        # sudo: their names are part of the register; their content isn't, see below
        mine = {evidence.id: evidence.sudo().attachment_ids for evidence in evidences}
        found = self.env["ir.attachment"].browse(
            [attachment.id for files in mine.values() for attachment in files]
        )
        values = self._read_attachments(found.sudo())
        readable = set(found._filtered_access("read").ids)
        return {
            evidence: [
                {
                    **values[attachment.id],
                    "kind": "file",
                    "sha256": None,
                    "readable": attachment.id in readable,
                }
                for attachment in files
                if attachment.id in values
            ]
            for evidence, files in mine.items()
        }

    def _read_attachments(self, attachments):
        """Return what is known of each of the ``attachments`` that exists."""
        found = attachments.search_fetch(
            [("id", "in", attachments.ids)], ["name", "store_fname", "file_size"]
        )
        elsewhere = found.filtered(lambda a: a.file_size and not a.store_fname)
        held = elsewhere and elsewhere.search(
            [("id", "in", elsewhere.ids), ("db_datas", "!=", False)]
        )
        return {
            attachment.id: {
                "attachment_id": attachment.id,
                "name": attachment.name,
                "store_fname": attachment.store_fname or None,
                "in_database": attachment in held,
                "size": attachment.file_size,
            }
            for attachment in found
        }

    # --------------------------------------------------------------------- folders

    def _get_folder(self, evidence, folders):
        """Return the folder by requirement and indicator, or by state."""
        indicator = evidence.indicator_ids[:1]
        key = evidence.state == "accepted" and indicator.id or evidence.state
        if key not in folders:
            names = self._get_folder_names(evidence, indicator)
            folders[key] = "/".join(safe_name(name, FOLDER_LIMIT) for name in names)
        return folders[key]

    def _get_folder_names(self, evidence, indicator):
        if evidence.state != "accepted":
            state = self._get_label(evidence, "state")
            return self.env._("Other evidence"), state
        if not indicator:
            return self.env._("Evidence"), self.env._("No indicator")
        requirement = indicator.requirement_id
        return self.env._("Evidence"), requirement.display_name, indicator.display_name

    # ----------------------------------------------------------------------- state

    @api.model
    def _look(self, file):
        """Return what is kept, as far as a glance tells.

        :return: ``missing``, ``altered`` where its size differs, else ``present``
        """
        if not file.store_fname:
            return "present" if file.in_database or not file.size else "missing"
        size = self._get_size(file)
        if size is None:
            return "missing"
        return "present" if size == file.size else "altered"

    @api.model
    def _get_size(self, file):
        """Return how large the file is on the disk, None where it isn't there."""
        if not file.store_fname:
            return file.size
        try:
            path = self.env["ir.attachment"]._full_path(file.store_fname)
            return os.stat(path).st_size
        except OSError:
            return None

    @api.model
    def _read(self, file, size=2**20):
        """Yield the content in pieces. Raises OSError where it can't be read."""
        # sudo: whoever found the file here may have it
        attachments = self.env["ir.attachment"].sudo()
        if not file.store_fname:
            content = attachments.browse(file.attachment_id).exists().raw or b""
            if file.size and not content:
                raise FileNotFoundError
            yield content
            return
        with open(attachments._full_path(file.store_fname), "rb") as stream:
            while piece := stream.read(size):
                yield piece

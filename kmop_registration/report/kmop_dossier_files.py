from typing import NamedTuple

from odoo import api, models

from ..tools import make_unique, safe_name

FROZEN_STATES = ("accepted", "superseded")
FOLDER_LIMIT = 50


class DossierFile(NamedTuple):
    """A file of the dossier: what it was when it was accepted, and what it is now."""

    name: str
    kind: str
    # None for what was never accepted: there is nothing to compare it with.
    sha256: str | None
    size: int
    attachment_id: int
    current_size: int
    readable: bool = True


class PlacedFile(NamedTuple):
    """A file of the dossier, with the evidence it belongs to and its place."""

    evidence_id: int
    evidence: str
    path: str
    file: DossierFile


class KmopDossierFiles(models.AbstractModel):
    """The files behind the evidence, that its reader may see, with their places."""

    _name = "kmop.dossier.files"
    _inherit = "kmop.xlsx.sheet"
    _description = "Files of the dossier"

    @api.model
    def _iterate_files(self, domain, reading=False):
        """Yield a ``PlacedFile`` for each file of evidence, as its reader may know.

        :param reading: whether they are about to be read, one by one
        """
        evidences = self.env["kmop.evidence"].search(domain, order="id")
        order = self._get_order("kmop.indicator")
        folders = {}
        for rows in self._iterate_rows(evidences, ("name", "state")):
            files = self._get_files(rows)
            if reading:
                self._fetch_places(files)
            linked = self._get_linked("kmop.evidence", "indicator_ids", files)
            for row in rows:
                found = files.get(row.id)
                if not found:
                    continue
                indicators = linked.get(row.id, ())
                first = min(indicators, key=lambda i: order.get(i, i), default=None)
                folder = self._get_folder(row.state, first, folders)
                yield from self._place(row.id, row.name, folder, found)

    def _fetch_places(self, files):
        """Look up at once where all these files are stored: not one by one."""
        ids = [file.attachment_id for found in files.values() for file in found]
        # sudo: only where they are stored; what the reader may open is known
        self.env["ir.attachment"].sudo().browse(ids).fetch(["store_fname"])

    def _place(self, number, evidence, folder, files):
        taken = set()
        for file in files:
            name = safe_name(f"{number} {file.name}")
            if len(files) > 1:
                name = make_unique(name, taken)
            yield PlacedFile(number, evidence, f"{folder}/{name}", file)

    @api.model
    def _get_attached(self, folder, attachments):
        """Yield a ``PlacedFile`` for each of the ``attachments`` the user may read."""
        taken = set()
        found = attachments._filtered_access("read")
        # sudo: what the user may read was sorted out just before, at once
        for file in self._read_attachments(found.sudo()).values():
            path = f"{folder}/{make_unique(safe_name(file.name), taken)}"
            yield PlacedFile(0, "", path, file)

    @api.model
    def _get_files(self, rows):
        """Return the files of evidence, of which the state is known, by its id."""
        frozen = [row.id for row in rows if row.state in FROZEN_STATES]
        loose = [row.id for row in rows if row.state not in FROZEN_STATES]
        return self._get_frozen(frozen) | (self._get_loose(loose) if loose else {})

    def _get_frozen(self, ids):
        """Return the files that were kept when evidence was accepted."""
        files, attachments = self.env["kmop.evidence.file"], self.env["ir.attachment"]
        attachments.flush_model(["file_size"])
        query = files._search([("evidence_id", "in", ids)], order="id")
        # Who may read the evidence may have what was accepted of it.
        held = query.left_join(
            query.table, "attachment_id", attachments._table, "id", "attachment_id"
        )
        names = ("evidence_id", "name", "kind", "sha256", "size", "attachment_id")
        columns = [files._field_to_sql(query.table, name, query) for name in names]
        columns.append(attachments._field_to_sql(held, "file_size", query))
        result = {}
        for evidence, *values in self.env.execute_query(query.select(*columns)):
            result.setdefault(evidence, []).append(DossierFile(*values))
        return result

    def _get_loose(self, ids):
        """Return the files of what wasn't accepted yet."""
        linked = self._get_linked("kmop.evidence", "attachment_ids", ids)
        found = self.env["ir.attachment"].browse(
            [attachment for files in linked.values() for attachment in files]
        )
        # sudo: their names are part of the register; what they hold isn't
        files = self._read_attachments(found.sudo())
        readable = set(found._filtered_access("read").ids)
        return {
            evidence: [
                files[attachment]._replace(readable=attachment in readable)
                for attachment in attachments
                if attachment in files
            ]
            for evidence, attachments in linked.items()
        }

    def _read_attachments(self, attachments):
        """Return a ``DossierFile`` of each of the ``attachments``, by its id."""
        found = attachments.search_fetch(
            [("id", "in", attachments.ids)], ["name", "file_size"]
        )
        return {
            a.id: DossierFile(a.name, "file", None, a.file_size, a.id, a.file_size)
            for a in found
        }

    # --------------------------------------------------------------------- folders

    def _get_folder(self, state, indicator_id, folders):
        """Return the folder by requirement and indicator, or by state."""
        key = state == "accepted" and indicator_id or state
        if key not in folders:
            indicator = self.env["kmop.indicator"].browse(indicator_id)
            names = self._get_folder_names(state, indicator)
            folders[key] = "/".join(safe_name(name, FOLDER_LIMIT) for name in names)
        return folders[key]

    def _get_folder_names(self, state, indicator):
        if state != "accepted":
            labels = self._get_labels(self.env["kmop.evidence"], "state")
            return self.env._("Other evidence"), labels[state]
        if not indicator:
            return self.env._("Evidence"), self.env._("No indicator")
        requirement = indicator.requirement_id
        return self.env._("Evidence"), requirement.display_name, indicator.display_name

    # ----------------------------------------------------------------------- state

    @api.model
    def _look(self, file):
        """Return how a file is, without reading it: by what Odoo notes of its size.

        :return: ``missing``, ``altered`` where its size differs, else ``present``
        """
        if file.size and not file.current_size:
            return "missing"
        return "present" if file.current_size == file.size else "altered"

    @api.model
    def _read(self, file):
        """Return the content of a file, None where it is lost."""
        # sudo: whoever found the file here may have it
        attachment = self.env["ir.attachment"].sudo().browse(file.attachment_id)
        content = attachment._kmop_read()
        return None if file.size and not content else content

from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ..models.base.constants import FROZEN_STATES
from ..tools import iterate_rows, make_unique, read_linked, safe_name
from ..tools.rows import CHUNK

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

    def look(self):
        """Return how the file is, without reading it: by what Odoo notes of its size.

        :return: ``missing``, ``altered`` where its size differs, else ``present``
        """
        if self.size and not self.current_size:
            return "missing"
        return "present" if self.current_size == self.size else "altered"


class PlacedFile(NamedTuple):
    """A file of the dossier, with the evidence it belongs to and its place."""

    evidence_id: int
    evidence: str
    path: str
    file: DossierFile


class DossierFiles:
    """The files behind the evidence, that its reader may see, with their places."""

    def __init__(self, env):
        self.env = env

    def iterate(self, domain, reading=False):
        """Yield a ``PlacedFile`` for each file of evidence, as its reader may know.

        :param reading: whether they are about to be read, one by one
        """
        evidences = self.env["kmop.evidence"].search(domain, order="id")
        places = self.get_places()
        folders = {}
        for rows in iterate_rows(evidences, ("name", "state")):
            files = self.find(rows)
            if reading:
                self.fetch_storage(files)
            linked = read_linked(evidences.browse(files), "indicator_ids")
            for row in rows:
                found = files.get(row.id)
                if not found:
                    continue
                indicators = linked.get(row.id, ())
                first = min(indicators, key=lambda i: places.get(i, i), default=None)
                folder = self.get_folder(row.state, first, folders)
                yield from self.place(row.id, row.name, folder, found)

    def get_places(self):
        """Return the place of each indicator in the norm, by id."""
        indicators = self.env["kmop.indicator"].with_context(active_test=False)
        ids = indicators.search(Domain.TRUE).ids
        return {id_: place for place, id_ in enumerate(ids)}

    def fetch_storage(self, files):
        """Look up at once where all these files are stored: not one by one."""
        ids = [file.attachment_id for found in files.values() for file in found]
        # sudo: only where they are stored; what the reader may open is known
        self.env["ir.attachment"].sudo().browse(ids).fetch(["store_fname"])

    def place(self, number, evidence, folder, files):
        taken = set()
        for file in files:
            name = safe_name(f"{number} {file.name}")
            if len(files) > 1:
                name = make_unique(name, taken)
            yield PlacedFile(number, evidence, f"{folder}/{name}", file)

    def iterate_attached(self, folder, attachments):
        """Yield a ``PlacedFile`` for each of the ``attachments`` the user may read."""
        taken = set()
        found = attachments._filtered_access("read")
        # sudo: what the user may read was sorted out just before, at once
        for file in self.read_attachments(found.sudo()).values():
            path = f"{folder}/{make_unique(safe_name(file.name), taken)}"
            yield PlacedFile(0, "", path, file)

    def find(self, rows):
        """Return the files of evidence, of which the state is known, by its id."""
        frozen = [row.id for row in rows if row.state in FROZEN_STATES]
        loose = [row.id for row in rows if row.state not in FROZEN_STATES]
        return self.find_frozen(frozen) | (self.find_loose(loose) if loose else {})

    def find_frozen(self, ids):
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

    def find_loose(self, ids):
        """Return the files of what wasn't accepted yet."""
        linked = read_linked(self.env["kmop.evidence"].browse(ids), "attachment_ids")
        found = self.env["ir.attachment"].browse(
            [attachment for files in linked.values() for attachment in files]
        )
        # sudo: their names are part of the register; what they hold isn't
        files = self.read_attachments(found.sudo())
        readable = set(found._filtered_access("read").ids)
        return {
            evidence: [
                files[attachment]._replace(readable=attachment in readable)
                for attachment in attachments
                if attachment in files
            ]
            for evidence, attachments in linked.items()
        }

    def read_attachments(self, attachments):
        """Return a ``DossierFile`` of each of the ``attachments``, by its id."""
        found = attachments.search_fetch(
            [("id", "in", attachments.ids)], ["name", "file_size"]
        )
        return {
            a.id: DossierFile(a.name, "file", None, a.file_size, a.id, a.file_size)
            for a in found
        }

    def get_content(self, file):
        """Return the content of a file, None where it is lost."""
        # sudo: whoever found the file here may have it
        attachment = self.env["ir.attachment"].sudo().browse(file.attachment_id)
        content = attachment._kmop_read()
        return None if file.size and not content else content

    # --------------------------------------------------------------------- folders

    def get_folder(self, state, indicator_id, folders):
        """Return the folder by requirement and indicator, or by state."""
        key = state == "accepted" and indicator_id or state
        if key not in folders:
            indicator = self.env["kmop.indicator"].browse(indicator_id)
            folders[key] = join(*self.get_folder_names(state, indicator))
        return folders[key]

    def get_folder_names(self, state, indicator):
        if state != "accepted":
            owner = self.env["kmop.evidence"]._fields["state"]
            labels = dict(owner._description_selection(self.env))
            return self.env._("Other evidence"), labels[state]
        if not indicator:
            return self.env._("Evidence"), self.env._("No indicator")
        requirement = indicator.requirement_id
        return self.env._("Evidence"), requirement.display_name, indicator.display_name


class DecidedFiles(DossierFiles):
    """The files that an audit was decided on, where they are kept now."""

    def iterate_decided(self, decision):
        """Yield a ``PlacedFile`` for each file, those that are lost included."""
        indicators, folders = decision._read("book")["indicators"], {}
        lines = (line for line in decision._iterate_evidence() if line.files)
        for chunk in split_every(CHUNK, lines, list):
            files = self.find_decided(chunk)
            self.fetch_storage(files)
            for line in chunk:
                first = next(iter(line.indicators or ()), None)
                if first not in folders:
                    names = indicators.get(str(first), [self.env._("No indicator")])
                    folders[first] = join(self.env._("Evidence"), *names)
                found = files[line.number]
                yield from self.place(line.number, line.name, folders[first], found)

    def find_decided(self, lines):
        """Return the files by the number of their line, and where they are kept."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.id, a.id, a.file_size
                  FROM kmop_evidence_file f
                  JOIN ir_attachment a ON a.id = f.attachment_id
                 WHERE f.id = ANY(%s)
                """,
                [file["id"] for line in lines for file in line.files],
            )
        )
        places = {id_: place for id_, *place in rows}
        return {
            line.number: [
                DossierFile(
                    file["name"],
                    file["kind"],
                    file["sha256"],
                    file["size"],
                    *places.get(file["id"], (0, 0)),
                )
                for file in line.files
            ]
            for line in lines
        }


def join(*names):
    return "/".join(safe_name(name, FOLDER_LIMIT) for name in names)

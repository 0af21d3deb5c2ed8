from odoo import api, models
from odoo.tools import SQL, split_every

from ..tools import safe_name
from .kmop_dossier_files import FOLDER_LIMIT, DossierFile
from .kmop_xlsx_sheet import CHUNK


class KmopDecidedFiles(models.AbstractModel):
    """The files that an audit was decided on, where they are kept now."""

    _name = "kmop.decided.files"
    _inherit = "kmop.dossier.files"
    _description = "Files of a decided audit"

    @api.model
    def _iterate_files(self, decision):
        """Yield a ``PlacedFile`` for each file, those that are lost included."""
        indicators, folders = decision._read("book")["indicators"], {}
        lines = (line for line in decision._iterate_evidence() if line.files)
        for chunk in split_every(CHUNK, lines, list):
            files = self._find_files(chunk)
            self._fetch_places(files)
            for line in chunk:
                first = next(iter(line.indicators or ()), None)
                if first not in folders:
                    folders[first] = self._make_folder(indicators.get(str(first)))
                folder, found = folders[first], files[line.number]
                yield from self._place(line.number, line.name, folder, found)

    def _make_folder(self, names):
        names = names or [self.env._("No indicator")]
        return "/".join(
            safe_name(name, FOLDER_LIMIT) for name in (self.env._("Evidence"), *names)
        )

    def _find_files(self, lines):
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

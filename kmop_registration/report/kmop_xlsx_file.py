from odoo import models

from .xlsx_sheet import Column, Link


class KmopXlsxFile(models.AbstractModel):
    """Each file behind the evidence: its fingerprint, and whether it is there."""

    _name = "kmop.xlsx.file"
    _inherit = "kmop.xlsx.sheet"
    _description = "Files in the audit workbook"

    def _get_name(self):
        return self.env._("Files")

    def _get_help(self):
        return self.env._("Each file behind the evidence, and whether it is there.")

    def _get_columns(self):
        return [
            Column(
                self.env._("Number"),
                9,
                self.env._("The number of its evidence."),
                "number",
            ),
            Column(
                self.env._("Evidence"),
                36,
                self.env._("The evidence that it belongs to."),
            ),
            Column(self.env._("File"), 36, self.env._("Its name.")),
            Column(
                self.env._("Kind"),
                26,
                self.env._("A file, or a snapshot of the document in Odoo."),
            ),
            Column(
                self.env._("Size (bytes)"), 14, self.env._("How large it is."), "number"
            ),
            Column(
                self.env._("SHA-256"),
                78,
                self.env._(
                    "The fingerprint that it had when it was accepted, else empty."
                ),
            ),
            Column(
                self.env._("Check"),
                24,
                self.env._(
                    "Whether it is there. In the dossier every byte is compared with"
                    " what was accepted, elsewhere the size that Odoo notes."
                ),
                "mark",
            ),
            Column(
                self.env._("In the dossier"),
                60,
                self.env._("Opens the file, once unpacked."),
                "link",
            ),
        ]

    def _get_rows(self, book):
        files = self.env["kmop.dossier.files"]
        kinds = self._get_labels(self.env["kmop.evidence.file"], "kind")
        states = self._get_states()
        counts = {}
        for evidence_id, evidence, path, file in self._iterate_files(book):
            if book.pack:
                state = book.pack.get_state(path, file)
            else:
                state = files._look(file)
            counts[state] = counts.get(state, 0) + 1
            yield (
                evidence_id,
                evidence,
                file.name,
                kinds[file.kind],
                file.size,
                file.sha256,
                states[state],
                self._get_link(book, path, state),
            )
        book.notes.extend(self._get_notes(counts))

    def _iterate_files(self, book):
        return self.env["kmop.dossier.files"]._iterate_files(book.evidences)

    def _get_states(self):
        return {
            "intact": self._mark("good", self.env._("As it was accepted")),
            "present": self._mark("good", self.env._("There")),
            "altered": self._mark("bad", self.env._("Altered")),
            "missing": self._mark("bad", self.env._("Missing")),
            "lost": self._mark("bad", self.env._("Missing")),
            "hidden": self._mark("doubt", self.env._("Not for this user")),
        }

    def _get_link(self, book, path, state):
        if not book.pack or state in ("missing", "hidden", "lost"):
            return ""
        return Link(path, path)

    def _get_notes(self, counts):
        for state, text in {
            "altered": self.env._("Files that aren't what was accepted: %(count)s"),
            "missing": self.env._("Files that are missing: %(count)s"),
            "lost": self.env._("Files that are missing: %(count)s"),
            "hidden": self.env._("Files that this user may not open: %(count)s"),
        }.items():
            if count := counts.get(state):
                yield text % {"count": count}

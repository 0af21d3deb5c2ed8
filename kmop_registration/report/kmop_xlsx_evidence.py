from odoo import models

from .xlsx_sheet import Column, Link

NAMES = (
    "name",
    "type_id",
    "requirement_ids",
    "indicator_ids",
    "aspect",
    "date_effective",
    "date_review",
    "state",
    "date_accepted",
    "res_model",
    "res_id",
    "order_id",
    "url",
    "attachment_ids",
)
LEVELS = {"accepted": "good", "submitted": "doubt", "rejected": "bad"}


class KmopXlsxEvidence(models.AbstractModel):
    """The register of the evidence that the reader may see."""

    _name = "kmop.xlsx.evidence"
    _inherit = "kmop.xlsx.sheet"
    _description = "Evidence in the audit workbook"

    def _get_name(self):
        return self.env._("Evidence")

    def _get_help(self):
        return self.env._("The register: every piece of evidence, and what it is for.")

    def _get_columns(self):
        return [
            Column(
                self.env._("Number"), 9, self.env._("Its number in Odoo."), "number"
            ),
            Column(self.env._("Evidence"), 36, self.env._("What it is.")),
            Column(self.env._("Type"), 22, self.env._("Which kind of document.")),
            Column(
                self.env._("Requirements"),
                28,
                self.env._("The basic requirements it supports."),
            ),
            Column(
                self.env._("Indicators"),
                18,
                self.env._("The codes of the indicators it supports."),
            ),
            Column(
                self.env._("Aspect"),
                16,
                self.env._("Whether it describes, or shows in practice."),
            ),
            Column(
                self.env._("Effective date"),
                12,
                self.env._("The day that the document is about."),
            ),
            Column(
                self.env._("Review on"),
                12,
                self.env._("Last day that it counts unseen."),
            ),
            Column(
                self.env._("State"), 14, self.env._("Whether it was accepted."), "mark"
            ),
            Column(
                self.env._("Accepted on"),
                12,
                self.env._("The day that it was accepted."),
            ),
            Column(
                self.env._("Source"),
                22,
                self.env._("The document in Odoo that it comes from."),
            ),
            Column(
                self.env._("Project dossier"),
                14,
                self.env._("The dossier that it belongs to."),
            ),
            Column(self.env._("Files"), 30, self.env._("The names of its files.")),
            Column(
                self.env._("SHA-256"),
                66,
                self.env._("The fingerprint of each file, in that order."),
            ),
            Column(
                self.env._("Kept elsewhere"),
                30,
                self.env._("The address of a document elsewhere."),
            ),
            Column(
                self.env._("In Odoo"),
                10,
                self.env._("Opens it in Odoo, for its users."),
                "link",
            ),
        ]

    def _get_rows(self, book):
        evidences = self.env["kmop.evidence"].search(
            [("registration_id", "=", book.registration.id)], order="id"
        )
        links = f"{book.registration.get_base_url()}/odoo/kmop-evidence"
        for chunk in self._iterate(evidences, NAMES):
            files = self._get_files(chunk)
            names = self._get_names(chunk)
            for evidence in chunk:
                yield self._get_row(evidence, files.get(evidence.id), names, links)

    def _get_files(self, evidences):
        """Return the names and the fingerprints of the files, by evidence."""
        files = self.env["kmop.dossier.files"]._get_files(evidences)
        return {
            evidence: (
                "\n".join(file["name"] or "" for file in found),
                "\n".join(file["sha256"] or "" for file in found).strip("\n"),
            )
            for evidence, found in files.items()
        }

    def _get_names(self, evidences):
        """Return how what the evidence refers to is called, read at once."""
        states = self._get_labels(evidences, "state")
        return {
            "aspect": self._get_labels(evidences, "aspect"),
            "state": {
                s: self._mark(LEVELS.get(s), label) for s, label in states.items()
            },
            "type": {t.id: t.name for t in evidences.type_id},
            "requirement": {r.id: r.display_name for r in evidences.requirement_ids},
            "indicator": {i.id: i.code for i in evidences.indicator_ids},
            # sudo: who may read the evidence may know whose document it is
            "order": {order.id: order.name for order in evidences.sudo().order_id},
        }

    def _get_row(self, evidence, files, names, links):
        file_names, hashes = files or ("", "")
        return (
            evidence.id,
            evidence.name,
            names["type"][evidence.type_id.id],
            "\n".join(names["requirement"][i] for i in evidence.requirement_ids.ids),
            ", ".join(names["indicator"][i] for i in evidence.indicator_ids.ids),
            names["aspect"].get(evidence.aspect),
            evidence.date_effective,
            evidence.date_review,
            names["state"][evidence.state],
            evidence.date_accepted,
            evidence.source_name,
            names["order"].get(evidence.order_id.id),
            file_names,
            hashes,
            evidence.url,
            Link(f"{links}/{evidence.id}", self.env._("Open")),
        )

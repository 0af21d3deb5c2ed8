from odoo import models
from odoo.fields import Domain

from .xlsx_sheet import Column, Link

NAMES = (
    "name",
    "type_id",
    "aspect",
    "date_effective",
    "date_review",
    "state",
    "date_accepted",
    "res_model",
    "res_id",
    "order_id",
    "url",
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
                78,
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
        evidences = self.env["kmop.evidence"].search(book.evidences, order="id")
        link = f"{book.registration.get_base_url()}/odoo/kmop-evidence"
        shared = {"link": link, "open": self.env._("Open"), **self._get_shared()}
        for rows in self._iterate_rows(evidences, NAMES):
            names = {**shared, **self._get_names(rows, shared)}
            for row in rows:
                yield self._get_row(row, names)

    def _get_shared(self):
        """Return the labels that all rows share, by what they are of."""
        evidences = self.env["kmop.evidence"]
        states = self._get_labels(evidences, "state")
        return {
            "aspect": self._get_labels(evidences, "aspect"),
            "state": {
                s: self._mark(LEVELS.get(s), label) for s, label in states.items()
            },
            "requirement": self._get_list("kmop.requirement", "display_name"),
            "indicator": self._get_list("kmop.indicator", "code"),
            "type": self._get_list("kmop.evidence.type", "name"),
        }

    def _get_list(self, model, name):
        """Return the names of a short list by id, in its order."""
        records = self.env[model].with_context(active_test=False).search(Domain.TRUE)
        return {record.id: record[name] for record in records}

    def _get_names(self, rows, shared):
        """Return how what a chunk refers to is called, read at once."""
        ids = [row.id for row in rows]
        # sudo: who may read the evidence may know whose document it is
        orders = self.env["sale.order"].sudo()
        orders = orders.browse({row.order_id for row in rows if row.order_id})
        return {
            "order": self._get_texts(orders, "name"),
            "source": self._get_sources(rows),
            "files": self._get_files(rows),
            "requirements": self._get_joined(
                "\n", shared["requirement"], "requirement_ids", ids
            ),
            "indicators": self._get_joined(
                ", ", shared["indicator"], "indicator_ids", ids
            ),
        }

    def _get_joined(self, separator, names, field, ids):
        """Return the ``names`` of what is linked, in their own order, by evidence.

        Few lists differ: each is put together once.
        """
        linked = self._get_linked("kmop.evidence", field, ids)
        texts = {
            found: separator.join(name for i, name in names.items() if i in found)
            for found in set(map(tuple, linked.values()))
        }
        return {id_: texts[tuple(found)] for id_, found in linked.items()}

    def _get_sources(self, rows):
        """Return the names of the source documents, by model and id."""
        wanted = {}
        for row in rows:
            if row.res_id and self.env["kmop.evidence"]._is_source(row.res_model):
                wanted.setdefault(row.res_model, set()).add(row.res_id)
        return {
            (model, id_): text
            for model, ids in wanted.items()
            # sudo: who may read the evidence may know which document it comes from
            for id_, text in self._get_texts(
                self.env[model].sudo().browse(ids).exists()
            ).items()
        }

    def _get_files(self, rows):
        """Return the names and the fingerprints of the files, by evidence."""
        files = self.env["kmop.dossier.files"]._get_files(rows)
        return {
            evidence: (
                "\n".join(file.name for file in found),
                "\n".join(file.sha256 or "" for file in found).strip("\n"),
            )
            for evidence, found in files.items()
        }

    def _get_row(self, row, names):
        return (
            row.id,
            row.name,
            names["type"][row.type_id],
            names["requirements"].get(row.id),
            names["indicators"].get(row.id),
            names["aspect"].get(row.aspect),
            row.date_effective,
            row.date_review,
            names["state"][row.state],
            row.date_accepted,
            names["source"].get((row.res_model, row.res_id)),
            names["order"].get(row.order_id),
            *names["files"].get(row.id, ("", "")),
            row.url,
            Link(f"{names['link']}/{row.id}", names["open"]),
        )

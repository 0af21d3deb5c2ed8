from collections import Counter
from operator import attrgetter
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import LazyTranslate

from ..tools import read_linked, read_names
from .audit_sheet import AuditSheet, FieldColumn, LongSheet, mark
from .dossier_files import DossierFiles, PlacedFile
from .xlsx_sheet import BAD, DOUBT, GOOD, Link

_lt = LazyTranslate(__name__)

FILE_STATES = {
    "intact": (GOOD, _lt("As it was accepted")),
    "present": (GOOD, _lt("There")),
    "altered": (BAD, _lt("Altered")),
    "missing": (BAD, _lt("Missing")),
    "lost": (BAD, _lt("Missing")),
    "hidden": (DOUBT, _lt("Not for this user")),
}
FILE_NOTES = {
    "altered": _lt("Files that aren't what was accepted: %(count)s"),
    "missing": _lt("Files that are missing: %(count)s"),
    "lost": _lt("Files that are missing: %(count)s"),
    "hidden": _lt("Files that this user may not open: %(count)s"),
}


class EvidenceSheet(LongSheet):
    """The register of the evidence that the reader may see."""

    name = "evidence"
    label = _lt("Evidence")
    help = _lt("The register: every piece of evidence, and what it is for.")
    model = "kmop.evidence"
    fields = (
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

    def get_requirements(self, row):
        return self.names["requirement_ids"].get(row.id)

    def get_indicators(self, row):
        return self.names["indicator_ids"].get(row.id)

    def get_source(self, row):
        return self.names["source_name"].get((row.res_model, row.res_id))

    def get_file_names(self, row):
        return "\n".join(file.name for file in self.names["files"].get(row.id, ()))

    def get_sums(self, row):
        files = self.names["files"].get(row.id, ())
        return "\n".join(file.sha256 or "" for file in files).strip("\n")

    def get_link(self, row):
        return Link(f"{self.address}/{row.id}", self.opens)

    columns = (
        FieldColumn("id", 9, "number", _lt("Number"), _lt("Its number in Odoo.")),
        FieldColumn("name", 36, label=_lt("Evidence"), help=_lt("What it is.")),
        FieldColumn("type_id", 22, help=_lt("Which kind of document.")),
        FieldColumn(
            "requirement_ids",
            28,
            help=_lt("The basic requirements it supports."),
            get=get_requirements,
        ),
        FieldColumn(
            "indicator_ids",
            18,
            help=_lt("The codes of the indicators it supports."),
            get=get_indicators,
        ),
        FieldColumn("aspect", 16),
        FieldColumn("date_effective", 12),
        FieldColumn("date_review", 12),
        FieldColumn(
            "state",
            14,
            "mark",
            help=_lt("Whether it was accepted."),
            signs={"accepted": GOOD, "submitted": DOUBT, "rejected": BAD},
        ),
        FieldColumn("date_accepted", 12, help=_lt("The day that it was accepted.")),
        FieldColumn(
            "source_name",
            22,
            help=_lt("The document in Odoo that it comes from."),
            get=get_source,
        ),
        FieldColumn("order_id", 14, help=_lt("The dossier that it belongs to.")),
        FieldColumn(
            "files",
            30,
            label=_lt("Files"),
            help=_lt("The names of its files."),
            get=get_file_names,
        ),
        FieldColumn(
            "sha256",
            78,
            label=_lt("SHA-256"),
            help=_lt("The fingerprint of each file, in that order."),
            get=get_sums,
        ),
        FieldColumn("url", 30, label=_lt("Kept elsewhere")),
        FieldColumn(
            "link",
            10,
            "link",
            _lt("In Odoo"),
            _lt("Opens it in Odoo, for its users."),
            get=get_link,
        ),
    )

    def search(self):
        self.address = f"{self.subject.registration.get_base_url()}/odoo/kmop-evidence"
        self.opens = self.env._("Open")
        self.requirements = self.read_list("kmop.requirement", "display_name")
        self.indicators = self.read_list("kmop.indicator", "code")
        return self.env["kmop.evidence"].search(self.subject.evidences, order="id")

    def read_list(self, model, name):
        """Return the names of a short list by id, in its order."""
        records = self.env[model].with_context(active_test=False).search(Domain.TRUE)
        return {record.id: record[name] for record in records}

    def read_names(self, rows):
        evidences = self.env["kmop.evidence"].browse(row.id for row in rows)
        return {
            **super().read_names(rows),
            "source_name": self.read_sources(rows),
            "files": DossierFiles(self.env).find(rows),
            "requirement_ids": self.join(
                "\n", self.requirements, evidences, "requirement_ids"
            ),
            "indicator_ids": self.join(
                ", ", self.indicators, evidences, "indicator_ids"
            ),
        }

    def join(self, separator, names, evidences, name):
        """Return the ``names`` of what is linked, in their own order, by evidence.

        Few lists differ: each is put together once.
        """
        linked = read_linked(evidences, name)
        texts = {
            found: separator.join(name for i, name in names.items() if i in found)
            for found in set(map(tuple, linked.values()))
        }
        return {id_: texts[tuple(found)] for id_, found in linked.items()}

    def read_sources(self, rows):
        """Return the names of the source documents, by model and id."""
        wanted = {}
        for row in rows:
            if row.res_id and self.env["kmop.evidence"]._is_source(row.res_model):
                wanted.setdefault(row.res_model, set()).add(row.res_id)
        found = {}
        for model, ids in wanted.items():
            # sudo: who may read the evidence may know which document it comes from
            sources = self.env[model].sudo().browse(ids).exists()
            for id_, text in read_names(sources).items():
                found[model, id_] = text
        return found


class DecidedEvidenceSheet(EvidenceSheet):
    """The evidence that an audit was decided on, as the decision keeps it."""

    def get_declared(self):
        # The evidence itself may be gone: nothing leads to it.
        return [column for column in self.columns if column.name != "link"]

    def get_records(self):
        fields = self.env["kmop.evidence"]._fields
        self.aspects = self.get_labels(fields["aspect"])
        self.accepted = mark(GOOD, self.get_labels(fields["state"])["accepted"])
        return self.subject.decision._iterate_evidence()

    def get_row(self, line):
        values = self.get_values(line)
        return [values[column.name] for column in self.shown]

    def get_values(self, line):
        indicators = self.subject.kept["indicators"]
        names = [indicators[str(i)][0] for i in line.indicators or ()]
        files = line.files or ()
        return {
            "id": line.number,
            "name": line.name,
            "type_id": line.type_name,
            "requirement_ids": "\n".join(dict.fromkeys(names)),
            "indicator_ids": line.indicator_codes,
            "aspect": self.aspects.get(line.aspect),
            "date_effective": line.date_effective,
            "date_review": line.date_review,
            "state": self.accepted,
            "date_accepted": line.date_accepted,
            "source_name": line.source_name,
            "order_id": line.order_name,
            "files": "\n".join(file["name"] for file in files),
            "sha256": "\n".join(file["sha256"] for file in files),
            "url": line.url,
        }


class FileLine(NamedTuple):
    placed: PlacedFile
    state: str


class FileSheet(AuditSheet):
    """Each file behind the evidence: its fingerprint, and whether it is there."""

    name = "file"
    label = _lt("Files")
    help = _lt("Each file behind the evidence, and whether it is there.")
    model = "kmop.evidence.file"

    def get_number(self, line):
        return line.placed.evidence_id

    def get_evidence(self, line):
        return line.placed.evidence

    def get_state(self, line):
        sign, label = FILE_STATES[line.state]
        return mark(sign, self.env._(label))

    def get_link(self, line):
        if not self.subject.pack or line.state in ("missing", "hidden", "lost"):
            return ""
        return Link(line.placed.path, line.placed.path)

    columns = (
        FieldColumn(
            "number",
            9,
            "number",
            _lt("Number"),
            _lt("The number of its evidence."),
            get=get_number,
        ),
        FieldColumn(
            "evidence_id",
            36,
            help=_lt("The evidence that it belongs to."),
            get=get_evidence,
        ),
        FieldColumn("name", 36, label=_lt("File"), help=_lt("Its name.")),
        FieldColumn(
            "kind", 26, help=_lt("A file, or a snapshot of the document in Odoo.")
        ),
        FieldColumn("size", 14, "number", help=_lt("How large it is.")),
        FieldColumn(
            "sha256",
            78,
            help=_lt("The fingerprint that it had when it was accepted, else empty."),
        ),
        FieldColumn(
            "check",
            24,
            "mark",
            _lt("Check"),
            _lt(
                "Whether it is there. In the dossier every byte is compared with"
                " what was accepted, elsewhere the size that Odoo notes."
            ),
            get=get_state,
        ),
        FieldColumn(
            "path",
            60,
            "link",
            _lt("In the dossier"),
            _lt("Opens the file, once unpacked."),
            get=get_link,
        ),
    )

    def get_reader(self, column):
        return attrgetter(f"placed.file.{column.name}")

    def get_records(self):
        counts, pack = Counter(), self.subject.pack
        for placed in self.subject.iterate_files():
            state = pack.get_state(placed) if pack else placed.file.look()
            counts[state] += 1
            yield FileLine(placed, state)
        for state, note in FILE_NOTES.items():
            if count := counts[state]:
                self.subject.notes.append(self.env._(note) % {"count": count})

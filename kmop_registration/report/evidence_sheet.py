from collections import Counter
from types import SimpleNamespace

from odoo.fields import Domain
from odoo.tools import LazyTranslate

from ..tools import read_linked, read_names
from .audit_sheet import AuditSheet, LongSheet, Shown, mark
from .dossier_files import DossierFiles
from .xlsx_sheet import BAD, DOUBT, GOOD, Link

_lt = LazyTranslate(__name__)

SIGNS = {"accepted": GOOD, "submitted": DOUBT, "rejected": BAD}
FILE_STATES = {
    "intact": (GOOD, _lt("As it was accepted")),
    "present": (GOOD, _lt("There")),
    "altered": (BAD, _lt("Altered")),
    "missing": (BAD, _lt("Missing")),
    "lost": (BAD, _lt("Missing")),
    "hidden": (DOUBT, _lt("Not for this user")),
}
# Of these, the file itself is in the archive.
HANDED_OVER = ("intact", "present", "altered")
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
    beside = ("state", "res_model", "res_id")
    columns = (
        Shown("id", 9, _lt("Its number in Odoo."), "number", _lt("Number")),
        Shown("name", 36, _lt("What it is."), label=_lt("Evidence")),
        Shown("type_id", 22, _lt("Which kind of document.")),
        Shown("requirement_ids", 28, _lt("The basic requirements it supports.")),
        Shown("indicator_ids", 18, _lt("The codes of the indicators it supports.")),
        Shown("aspect", 16),
        Shown("date_effective", 12),
        Shown("date_review", 12),
        Shown("state", 14, _lt("Whether it was accepted."), "mark", signs=SIGNS),
        Shown("date_accepted", 12, _lt("The day that it was accepted.")),
        Shown("source_name", 22, _lt("The document in Odoo that it comes from.")),
        Shown("order_id", 14, _lt("The dossier that it belongs to.")),
        Shown("files", 30, _lt("The names of its files."), label=_lt("Files")),
        Shown(
            "sha256",
            78,
            _lt("The fingerprint of each file, in that order."),
            label=_lt("SHA-256"),
        ),
        Shown("url", 30, label=_lt("Kept elsewhere")),
        Shown(
            "link", 10, _lt("Opens it in Odoo, for its users."), "link", _lt("In Odoo")
        ),
    )

    def search(self):
        self.requirements = self.read_list("kmop.requirement", "display_name")
        self.indicators = self.read_list("kmop.indicator", "code")
        return self.env["kmop.evidence"].search(self.pack.evidences, order="id")

    def read_list(self, model, name):
        """Return the names of a short list by id, in its order."""
        records = self.env[model].with_context(active_test=False).search(Domain.TRUE)
        return {record.id: record[name] for record in records}

    def read_values(self, rows):
        evidences = self.env["kmop.evidence"].browse(row.id for row in rows)
        requirements = read_linked(evidences, "requirement_ids")
        indicators = read_linked(evidences, "indicator_ids")
        files = DossierFiles(self.env).find(rows)
        address = f"{self.pack.registration.get_base_url()}/odoo/kmop-evidence"
        opens = self.env._("Open")
        return {
            "requirement_ids": self.join("\n", self.requirements, requirements),
            "indicator_ids": self.join(", ", self.indicators, indicators),
            "source_name": self.read_sources(rows),
            "files": {i: join_lines(f.name for f in files[i]) for i in files},
            "sha256": {i: join_lines(f.sha256 for f in files[i]) for i in files},
            "link": {row.id: Link(f"{address}/{row.id}", opens) for row in rows},
        }

    def join(self, separator, names, linked):
        """Return the ``names`` of what is linked, in their own order, by evidence.

        Few lists differ: each is put together once.
        """
        texts = {
            found: separator.join(name for i, name in names.items() if i in found)
            for found in set(map(tuple, linked.values()))
        }
        return {id_: texts[tuple(found)] for id_, found in linked.items()}

    def read_sources(self, rows):
        """Return the names of the source documents, by evidence."""
        known = self.env["kmop.evidence"]
        linked = [row for row in rows if row.res_id and known._is_source(row.res_model)]
        names = {}
        for model in {row.res_model for row in linked}:
            ids = {row.res_id for row in linked if row.res_model == model}
            # sudo: who may read the evidence may know which document it comes from
            names[model] = read_names(self.env[model].sudo().browse(ids).exists())
        return {row.id: names[row.res_model].get(row.res_id) for row in linked}


class DecidedEvidenceSheet(EvidenceSheet):
    """The evidence that an audit was decided on, as the decision keeps it."""

    def get_declared(self):
        # The evidence itself may be gone: nothing leads to it.
        return [column for column in self.columns if column.name != "link"]

    def get_records(self):
        fields = self.env["kmop.evidence"]._fields
        self.aspects = self.get_labels(fields["aspect"])
        self.accepted = mark(GOOD, self.get_labels(fields["state"])["accepted"])
        return self.pack.decision._iterate_evidence()

    def get_row(self, line):
        values = self.get_values(line)
        return [values.get(column.name) for column in self.shown]

    def get_values(self, line):
        indicators = self.pack.kept["indicators"]
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


class FileSheet(AuditSheet):
    """Each file behind the evidence: its fingerprint, and whether it is there."""

    name = "file"
    label = _lt("Files")
    help = _lt("Each file behind the evidence, and whether it is there.")
    model = "kmop.evidence.file"
    columns = (
        Shown("number", 9, _lt("The number of its evidence."), "number", _lt("Number")),
        Shown(
            "evidence",
            36,
            _lt("The evidence that it belongs to."),
            label=_lt("Evidence"),
        ),
        Shown("name", 36, _lt("Its name."), label=_lt("File")),
        Shown("kind", 26, _lt("A file, or a snapshot of the document in Odoo.")),
        Shown("size", 14, _lt("How large it is."), "number"),
        Shown(
            "sha256",
            78,
            _lt("The fingerprint that it had when it was accepted, else empty."),
        ),
        Shown(
            "check",
            24,
            _lt(
                "Whether it is there. In the dossier every byte is compared with"
                " what was accepted, elsewhere the size that Odoo notes."
            ),
            "mark",
            _lt("Check"),
        ),
        Shown(
            "path",
            60,
            _lt("Opens the file, once unpacked."),
            "link",
            _lt("In the dossier"),
        ),
    )

    def get_records(self):
        counts, archive = Counter(), self.pack.archive
        for number, evidence, path, file in self.pack.iterate_files():
            state = archive.get_state(path, file) if archive else file.look()
            counts[state] += 1
            sign, label = FILE_STATES[state]
            yield SimpleNamespace(
                number=number,
                evidence=evidence,
                name=file.name,
                kind=file.kind,
                size=file.size,
                sha256=file.sha256,
                check=mark(sign, self.env._(label)),
                path=archive and state in HANDED_OVER and Link(path, path),
            )
        for state, note in FILE_NOTES.items():
            if count := counts[state]:
                self.pack.notes.append(self.env._(note) % {"count": count})


def join_lines(lines):
    return "\n".join(line or "" for line in lines).strip("\n")

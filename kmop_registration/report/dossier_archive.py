from datetime import datetime, time
from hashlib import sha256
from tempfile import TemporaryFile

from odoo import fields
from odoo.fields import Domain
from odoo.tools import LazyTranslate, format_datetime

from ..tools import safe_name
from .decided_workbook import DecidedPageWorkbook, DecidedWorkbook
from .dossier_files import DecidedFiles, DossierFiles
from .workbook import AuditWorkbook, Workbook
from .zip_stream import ZipStream, cut

_lt = LazyTranslate(__name__)

SUMS = "SHA256SUMS"
# Of the files that something is the matter with, how many the read-me names.
NAMED = 1000
STATES = {
    "altered": _lt("Altered since it was accepted"),
    "missing": _lt("Missing"),
    "hidden": _lt("Left out, as this user may not open it"),
    "lost": _lt("Left out, as it isn't what was accepted"),
}


class DossierArchive:
    """All of a registration's dossier, with the access rights of who asks.

    The evidence goes first, so that the workbook and the read-me can say what was
    found: a file that was altered or is missing stops nothing, and is named.
    """

    def __init__(self, record):
        self.record = record
        self.env = record.env
        self.files = DossierFiles(self.env)
        # By path: which files aren't in it as they should be.
        self.states = {}

    def stream(self, progress=None):
        """Yield the archive, piece by piece.

        :param progress: called with the number of files that are done
        """
        archive = ZipStream(self.get_moment())
        for count, placed in enumerate(self.iterate_files(), 1):
            yield from self.add_evidence(archive, placed.path, placed.file)
            if progress:
                progress(count)
        yield from self.add_others(archive)
        yield from self.add_workbook(archive)
        yield from self.add_read_me(archive)
        yield from archive.add_sums(SUMS)
        yield from archive.close()

    def get_state(self, placed):
        """Return how a file went into the archive, for the workbook in it."""
        known = "intact" if placed.file.sha256 else "present"
        return self.states.get(placed.path, known)

    def get_moment(self):
        """Return the moment that the files in the archive are dated on."""
        return fields.Datetime.context_timestamp(self.record, fields.Datetime.now())

    def iterate_files(self):
        """Yield a ``PlacedFile`` for each file of the evidence in the archive."""
        return self.files.iterate(self.get_evidences(), reading=True)

    def get_evidences(self):
        return Domain("registration_id", "=", self.record.id)

    # ------------------------------------------------------------------- evidence

    def add_evidence(self, archive, path, file):
        """Add one file. One that can't be read is listed all the same."""
        if not file.readable:
            self.states[path] = "hidden"
            return
        content = self.files.get_content(file)
        state = self.compare(file, content)
        if state != "intact":
            self.states[path] = state
        if state in ("missing", "lost"):
            if file.sha256:
                archive.list(file.sha256, path)
            return
        # Listed as it was accepted: whoever checks the list finds what was altered.
        yield from archive.add(path, cut(content), len(content), file.sha256)

    def compare(self, file, content):
        """Return ``intact``, ``missing`` or ``altered``."""
        if content is None:
            return "missing"
        if not file.sha256 or sha256(content).hexdigest() == file.sha256:
            return "intact"
        return "altered"

    # --------------------------------------------------------------------- others

    def add_others(self, archive):
        """Add the reports of the audits, and the certificates behind exemptions."""
        for folder, title, attachments in self.get_others():
            path = f"{safe_name(folder)}/{safe_name(title, 60)}"
            for placed in self.files.iterate_attached(path, attachments):
                content = self.files.get_content(placed.file)
                if content is not None:
                    yield from archive.add(placed.path, cut(content), len(content))

    def get_others(self):
        """Yield a folder, one in it, and the files that go there."""
        for audit in self.record.audit_ids:
            reports = audit.report_attachment_ids
            yield self.env._("Audit reports"), audit.display_name, reports
        for exemption in self.record.exemption_ids:
            name = exemption.display_name
            yield self.env._("Exemptions"), name, exemption.attachment_ids

    # ------------------------------------------------------- workbook and read-me

    def add_workbook(self, archive):
        title = self.env._("Audit dossier")
        with TemporaryFile() as file:
            self.get_workbook().write_to(file)
            yield from archive.add_file(safe_name(f"{title}.xlsx"), file)

    def get_workbook(self):
        return Workbook(self.record, pack=self)

    def add_read_me(self, archive):
        title = self.env._("Read me")
        lines = [*self.get_introduction(), "", *self.get_found()]
        # For Windows' own editor as well.
        text = "\r\n".join(lines) + "\r\n"
        content = text.encode("utf-8-sig")
        yield from archive.add(safe_name(f"{title}.txt"), [content])

    def get_introduction(self):
        return [
            *self.get_origin(),
            "",
            self.env._("Begin with the workbook: it lists and explains everything."),
            self.env._(
                "Each piece of evidence is in the folder of its first requirement and"
                " indicator; its number comes first in the name of the file."
            ),
            self.env._(
                "Every file can be checked: open a terminal in this folder and type"
                " %(command)s",
                command=f"sha256sum -c {SUMS}",
            ),
        ]

    def get_origin(self):
        """Return the first lines: what the archive is of, of when, and who made it."""
        moment = format_datetime(self.env, fields.Datetime.now())
        title, maker = self.get_title()
        made = self.env._("Made on %(moment)s by %(user)s", moment=moment, user=maker)
        return [title, made]

    def get_title(self):
        """Return what the archive is of, and who had it made."""
        return self.record.display_name, self.env.user.name

    def get_found(self):
        if not self.states:
            return [self.env._("All files were there, as they were accepted.")]
        found = list(self.states.items())
        lines = [
            f"{self.env._(STATES[state])}: {path}" for path, state in found[:NAMED]
        ]
        if len(found) > NAMED:
            more = len(found) - NAMED
            lines.append(self.env._("and %(more)s more: see the workbook", more=more))
        return [self.env._("What was found:"), *lines]


class AuditArchive(DossierArchive):
    """All files of an auditor's page in one archive, and the workbook with them.

    Made with ``sudo()``, of the access of who asked.
    """

    def __init__(self, audit, access=None):
        super().__init__(audit)
        self.access = access

    def get_evidences(self):
        return self.record._get_used_domain()

    def compare(self, file, content):
        """Like the page, hand over nothing that isn't what was accepted any more."""
        state = super().compare(file, content)
        return state if state == "intact" else "lost"

    def get_others(self):
        return ()

    def get_workbook(self):
        return AuditWorkbook(self.record, self.access, pack=self)

    def get_title(self):
        return self.record.display_name, self.access.partner_id.name

    def add_read_me(self, archive):
        if self.access:
            # The provider is told as well what couldn't be handed over.
            for path in self.states:
                self.access._log("missing", name=path)
        yield from super().add_read_me(archive)


class DecidedArchive(AuditArchive):
    """All files that an audit was decided on, and the workbook with them.

    Of an access, what its auditor's page shows; else the report and the certificates
    as well. What isn't what was accepted any more is left out and named.
    """

    def __init__(self, audit, access=None):
        super().__init__(audit, access)
        self.files = DecidedFiles(self.env)
        self.decision = audit._get_decision()

    def get_moment(self):
        """The same each time: files are dated on the day of the decision."""
        return datetime.combine(self.decision.date_decided, time())

    def iterate_files(self):
        return self.files.iterate_decided(self.decision)

    def get_others(self):
        if self.access:
            return
        reports = self.record.report_attachment_ids
        yield self.env._("Audit reports"), self.decision._get_title(), reports
        certificates = self.decision._get_certificates()
        for name, files in certificates.grouped("description").items():
            yield self.env._("Exemptions"), name, files

    def get_workbook(self):
        if self.access:
            return DecidedPageWorkbook(self.record, self.access, pack=self)
        return DecidedWorkbook(self.record, pack=self)

    def get_origin(self):
        return [self.decision._get_title(), self.decision._get_note()]

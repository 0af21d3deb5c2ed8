from hashlib import sha256
from tempfile import TemporaryFile

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..tools import safe_name
from .zip_stream import ZipStream, cut

SUMS = "SHA256SUMS"
# Of the files that something is the matter with, how many the read-me names.
NAMED = 1000


class Pack:
    """What is known of a dossier while it is being written."""

    def __init__(self):
        # By path: which files aren't in it as they should be.
        self.states = {}
        self.files = 0

    def get_state(self, path, file):
        return self.states.get(path) or ("intact" if file.sha256 else "present")


class KmopDossierZip(models.AbstractModel):
    """All of the dossier in one archive, with the access rights of who asks.

    The evidence goes first, so that the workbook and the read-me can say what was
    found: a file that was altered or is missing stops nothing, and is named.
    """

    _name = "kmop.dossier.zip"
    _description = "Dossier archive"

    @api.model
    def _stream(self, record, progress=None):
        """Yield the archive of one registration, piece by piece.

        :param progress: called with the number of files that are done
        """
        pack = Pack()
        archive = ZipStream(self._get_moment(record))
        for placed in self._iterate_files(record):
            yield from self._add_evidence(archive, pack, placed.path, placed.file)
            pack.files += 1
            if progress:
                progress(pack.files)
        yield from self._add_others(archive, record)
        yield from self._add_workbook(archive, pack, record)
        yield from self._add_read_me(archive, pack, record)
        yield from archive.add_sums(SUMS)
        yield from archive.close()

    def _now(self):
        return fields.Datetime.now()

    def _get_moment(self, _record):
        """Return the moment that the files in the archive are dated on."""
        return fields.Datetime.context_timestamp(self, self._now())

    def _iterate_files(self, record):
        """Yield a ``PlacedFile`` for each file of the evidence in the archive."""
        evidences = self._get_evidence_domain(record)
        files = self.env["kmop.dossier.files"]
        return files._iterate_files(evidences, reading=True)

    # ------------------------------------------------------------------- evidence

    def _get_evidence_domain(self, registration):
        return [("registration_id", "=", registration.id)]

    def _add_evidence(self, archive, pack, path, file):
        """Add one file. One that can't be read is listed all the same."""
        if not file.readable:
            pack.states[path] = "hidden"
            return
        content = self.env["kmop.dossier.files"]._read(file)
        state = self._get_state(file, content)
        if state != "intact":
            pack.states[path] = state
        if state in ("missing", "lost"):
            if file.sha256:
                archive.list(file.sha256, path)
            return
        # Listed as it was accepted: whoever checks the list finds what was altered.
        yield from archive.add(path, cut(content), len(content), file.sha256)

    def _get_state(self, file, content):
        """Return ``intact``, ``missing`` or ``altered``."""
        if content is None:
            return "missing"
        if not file.sha256 or sha256(content).hexdigest() == file.sha256:
            return "intact"
        return "altered"

    # --------------------------------------------------------------------- others

    def _add_others(self, archive, record):
        """Add the reports of the audits, and the certificates behind exemptions."""
        files = self.env["kmop.dossier.files"]
        for folder, owner, attachments in self._get_others(record):
            names = [safe_name(folder), safe_name(owner.display_name, 60)]
            for placed in files._get_attached("/".join(names), attachments):
                yield from self._add_other(archive, placed)

    def _add_other(self, archive, placed):
        content = self.env["kmop.dossier.files"]._read(placed.file)
        if content is not None:
            yield from archive.add(placed.path, cut(content), len(content))

    def _get_others(self, registration):
        for audit in registration.audit_ids:
            yield self.env._("Audit reports"), audit, audit.report_attachment_ids
        for exemption in registration.exemption_ids:
            yield self.env._("Exemptions"), exemption, exemption.attachment_ids

    # ------------------------------------------------------- workbook and read-me

    def _add_workbook(self, archive, pack, record):
        title = self.env._("Audit dossier")
        name = safe_name(f"{title}.xlsx")
        with TemporaryFile() as file:
            self._get_workbook()._write(record, file, pack)
            yield from archive.add_file(name, file)

    def _get_workbook(self):
        return self.env["kmop.audit.xlsx"]

    def _add_read_me(self, archive, pack, record):
        title = self.env._("Read me")
        name = safe_name(f"{title}.txt")
        lines = [*self._get_introduction(record), "", *self._get_found(pack)]
        # For Windows' own editor as well.
        text = "\r\n".join(lines) + "\r\n"
        yield from archive.add(name, [text.encode("utf-8-sig")])

    def _get_introduction(self, record):
        return [
            *self._get_origin(record),
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

    def _get_origin(self, record):
        """Return the first lines: what the archive is of, when it is of, and who made
        it."""
        moment = format_datetime(self.env, self._now())
        title, maker = self._get_title(record)
        made = self.env._("Made on %(moment)s by %(user)s", moment=moment, user=maker)
        return [title, made]

    def _get_title(self, registration):
        """Return what the archive is of, and who had it made."""
        return registration.display_name, self.env.user.name

    def _get_found(self, pack):
        if not pack.states:
            return [self.env._("All files were there, as they were accepted.")]
        labels = {
            "altered": self.env._("Altered since it was accepted"),
            "missing": self.env._("Missing"),
            "hidden": self.env._("Left out, as this user may not open it"),
            "lost": self.env._("Left out, as it isn't what was accepted"),
        }
        found = list(pack.states.items())
        lines = [f"{labels[state]}: {path}" for path, state in found[:NAMED]]
        if len(found) > NAMED:
            more = len(found) - NAMED
            lines.append(self.env._("and %(more)s more: see the workbook", more=more))
        return [self.env._("What was found:"), *lines]

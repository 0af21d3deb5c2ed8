"""What an auditor sees of the sheets is a list of names, and nothing beside it."""

import io
from contextlib import ExitStack
from unittest.mock import patch

from openpyxl import load_workbook

from odoo.tests import tagged

from ..report.audit_sheet import Shown
from ..report.auditor_columns import AUDITOR_COLUMNS
from ..report.decided_pack import DecidedPack
from ..report.evidence_sheet import EvidenceSheet, FileSheet
from ..report.pack import AuditPack, Pack
from ..report.project_sheet import ProjectSheet
from ..report.requirement_sheet import CountedRequirementSheet
from .test_audit_pinned import PinnedCase

SECRET = "Nieuw"


@tagged("post_install", "-at_install")
class TestAuditorColumns(PinnedCase):
    def _read(self, record):
        file = io.BytesIO()
        record._write_workbook(file)
        return load_workbook(file)

    def _get_headers(self, workbook):
        """Return the labels of the columns by sheet, from its explanation."""
        headers = {}
        for sheet, label, _help in list(workbook["Explanation"].values)[1:]:
            headers.setdefault(sheet, []).append(label)
        return headers

    def _add_column(self, stack, kind):
        """Give a sheet one more column, as a change of it would."""
        new = Shown("new", 10, get=lambda sheet, record: SECRET)
        columns = (*kind.columns, new)
        stack.enter_context(patch.object(kind, "columns", columns))

    def _assert_hidden(self):
        access = self.access.sudo()
        self.assertNotIn(SECRET, self._get_text(self._read(access)))

    def test_what_is_seen(self):
        """The page's sheets and their columns, all of them and no other."""
        seen = self._get_headers(self._read(self.access.sudo()))
        counts = {name: len(labels) for name, labels in seen.items()}
        self.assertEqual(
            counts,
            {
                "Requirements": 12,
                "Evidence": 15,
                "Files": 8,
                "Projects": 9,
                "Explanation": 3,
            },
        )
        self._decide_audit()
        self.assertEqual(self._get_headers(self._read(self.access.sudo())), seen)

    def test_every_name_is_of_a_column(self):
        pack = Pack(self.registration)
        kinds = {kind.name: kind for kind in Pack.kinds}
        for name, columns in AUDITOR_COLUMNS.items():
            with self.subTest(sheet=name):
                declared = [column.name for column in kinds[name](pack).shown]
                self.assertEqual([n for n in declared if n in columns], list(columns))

    def test_a_new_column_is_hidden_until_it_is_named(self):
        for kind in (CountedRequirementSheet, EvidenceSheet, FileSheet, ProjectSheet):
            with self.subTest(kind=kind.name), ExitStack() as stack:
                self._add_column(stack, kind)
                self._assert_hidden()
                named = (*AUDITOR_COLUMNS[kind.name], "new")
                stack.enter_context(patch.dict(AUDITOR_COLUMNS, {kind.name: named}))
                text = self._get_text(self._read(self.access.sudo()))
                self.assertIn(SECRET, text)

    def test_of_a_decided_audit(self):
        """What is kept with it is for the provider's own people."""
        with ExitStack() as stack:
            for kind in (CountedRequirementSheet, FileSheet, ProjectSheet):
                self._add_column(stack, kind)
            self._decide_audit()
            self._assert_hidden()
            own = self._read(self.audit.with_user(self.officer))
            for name in ("Requirements", "Files", "Projects"):
                values = [cell for row in own[name].values for cell in row]
                self.assertIn(SECRET, values)
        # Nor later, when the column is no secret any more.
        with patch.dict(AUDITOR_COLUMNS, {"project": ("new",)}):
            self._assert_hidden()

    def test_a_new_sheet_is_hidden(self):
        class NewSheet(FileSheet):
            name = "new"

        for pack in (AuditPack, DecidedPack):
            self.patch(pack, "kinds", (*pack.kinds, NewSheet))
        before = self._read(self.access.sudo()).sheetnames
        self.assertEqual(before.count("Files"), 1)
        self.assertFalse([name for name in before if "(2)" in name])
        self._decide_audit()
        self.assertEqual(self._read(self.access.sudo()).sheetnames, before)

"""A decided audit stays what it was decided on, whatever changes afterwards."""

import io
import re
from datetime import timedelta
from hashlib import sha256
from zipfile import ZipFile

from lxml import html
from openpyxl import load_workbook
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.modules.module import load_script
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..tools import dump_values
from .budget import BudgetCommon
from .test_audit_pack import AuditPackCase
from .test_dossier import DossierCommon

DECISION = "kmop.audit.decision"
EVIDENCE = "kmop.audit.decision.evidence"
REPORT = "kmop_registration.report_kmop_audit"


class PinnedCase(AuditPackCase, DossierCommon):
    """An audit with something of everything, decided three weeks after its visit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["res.partner"].create({"name": "Lea Auditor"})

    def setUp(self):
        super().setUp()
        self.officer.group_ids += self.env.ref("sales_team.group_sale_manager")
        self.registration.invalidate_recordset()
        self.access.share_projects = True
        self.today = self.company._kmop_today()
        self.link = self._accepted(name="Website", date_effective=self._ago(90))
        self.dossier = self._create_dossier(
            kmop_date_start=self._ago(60), kmop_date_end=self._ago(59)
        )
        self.dossier.sudo().write({"state": "sale"})
        self.quote = self._link(self.dossier.with_user(self.officer))
        self.quote.submit()
        self.quote.accept()
        self.draft = self._create_evidence(self.registration, name="Klad")
        self.score.with_user(self.officer).write(
            {
                "self_conformity": "T",
                "auditor_conformity": "G",
                "remark": "Onze notitie",
            }
        )
        self.own_finding = self._find("Interne zwakte")
        self.finding = self.access.sudo()._find(
            {"name": "Lijst ontbreekt", "severity": "minor"}
        )
        self.certificate = self._create_attachment("iso.pdf", raw=b"%PDF certificaat")
        self.exemption = (
            self.env["kmop.exemption"]
            .with_user(self.officer)
            .create(
                {
                    "registration_id": self.registration.id,
                    "requirement_id": self.score.requirement_id.id,
                    "indicator_id": self.audit.score_ids.indicator_id.filtered(
                        lambda i: (
                            i.requirement_id == self.score.requirement_id
                            and i != self.score.indicator_id
                        )
                    )[:1].id,
                    "ground": "iso9001",
                    "reference": "ISO-1",
                    "date_from": self._ago(400),
                    "attachment_ids": self.certificate.ids,
                }
            )
        )
        self._visit_audit(self.audit, 21)

    def _ago(self, days):
        return self.today - timedelta(days=days)

    def _find(self, name):
        findings = self.env["kmop.finding"].with_user(self.officer)
        return findings.create(
            {
                "name": name,
                "registration_id": self.registration.id,
                "audit_id": self.audit.id,
                "origin": "audit",
            }
        )

    def _visit_audit(self, audit, days):
        audit.auditor_id = self.lead
        audit.request(self.bureau, self._ago(days + 30))
        audit.plan(self._ago(days))
        audit.visit(self._ago(days))

    def _decide_audit(self, outcome="positive", **vals):
        self.audit.decide(outcome, number="DV.O123456", **vals)
        self.env.invalidate_all()

    # ------------------------------------------------------------- what is opened

    def _get_main(self, path="", **params):
        """Return the text and the links of the page, without what a visit adds."""
        answer = self._open(path, **params)
        self.assertEqual(answer.status_code, 200)
        page = html.fromstring(answer.content)
        (main,) = page.xpath("//main")
        for hidden in main.xpath(".//input[@name='csrf_token']"):
            hidden.getparent().remove(hidden)
        text = html.tostring(main, encoding="unicode")
        return re.sub(r"\s+", " ", text)

    def _download(self, button):
        """Return what the button of the audit's form sends."""
        action = getattr(self.audit.with_user(self.officer), button)()
        self.authenticate(self.officer.login, self.officer.login)
        answer = self.url_open(action["url"])
        self.logout(keep_db=True)
        self.assertEqual(answer.status_code, 200)
        return answer.content

    def _print(self):
        reports = self.env["ir.actions.report"].with_user(self.officer)
        reports = reports.with_context(lang=self.officer.lang)
        content, _kind = reports._render_qweb_html(REPORT, self.audit.ids)
        return self._get_summary(content)

    def _get_summary(self, content):
        """Return what the letter says: the paper around it is of who prints it."""
        (letter,) = html.fromstring(content).xpath("//div[@class='kmop_summary']")
        return re.sub(r"\s+", " ", html.tostring(letter, encoding="unicode"))

    def _take(self):
        """Return all that is shown and handed over of the audit."""
        self.env.invalidate_all()
        return {
            "page": self._get_main(),
            "projects": self._get_main("/projects"),
            "workbook": self._open("/audit.xlsx").content,
            "archive": self._open("/dossier.zip").content,
            "summary": self._get_summary(self._open("/summary.pdf").content),
            "own workbook": self._download("action_export_xlsx"),
            "own archive": self._download("action_export_zip"),
            "own summary": self._print(),
        }

    def _assert_same(self, before, after):
        for name, content in before.items():
            with self.subTest(what=name):
                if isinstance(content, bytes) and content[:2] == b"PK":
                    self.assertEqual(self._unpack(content), self._unpack(after[name]))
                self.assertEqual(content, after[name])

    def _unpack(self, content):
        """Return the cells of a workbook, or the files of an archive, to compare."""
        archive = ZipFile(io.BytesIO(content))
        if "[Content_Types].xml" in archive.namelist():
            workbook = load_workbook(io.BytesIO(content))
            return {
                sheet.title: [[cell for cell in row] for row in sheet.values]
                for sheet in workbook
            }
        return {
            name: self._unpack(archive.read(name))
            if name.endswith(".xlsx")
            else archive.read(name)
            for name in archive.namelist()
        }

    def _read_workbook(self, content):
        return self._get_text(load_workbook(io.BytesIO(content)))


@tagged("post_install", "-at_install")
class TestAuditPinned(PinnedCase):
    """Page, workbook, ZIP and summary of a decided audit, after each kind of change."""

    def setUp(self):
        super().setUp()
        self._decide_audit()
        self.before = self._take()

    def _assert_same_after(self, *changes):
        for change in changes:
            with self.subTest(change=change.__name__):
                change()
                self.env.flush_all()
                self._assert_same(self.before, self._take())

    # ------------------------------------------------------------------- evidence

    def test_evidence(self):
        self._assert_same_after(
            self._change_review_date,
            self._accept_more,
            self._delete_evidence,
            self._supersede,
            self._rename_types,
        )
        answer = self._open(f"/files/{self.file.id}")
        self.assertEqual(answer.content, self.pdf.raw)
        for name in ("page", "own summary"):
            self.assertNotIn("Klad", self.before[name])

    def _change_review_date(self):
        """What is due for review before the visit counted all the same."""
        self.link.with_user(self.officer).date_review = self._ago(80)

    def _accept_more(self):
        """Not even the same day."""
        self.draft.submit()
        self.draft.accept()

    def _delete_evidence(self):
        """Nobody deletes what an audit was decided on, not even in the database."""
        for evidence in (self.link, self.evidence):
            with self.assertRaises(UserError):
                evidence.with_context(_force_unlink=True).unlink()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "DELETE FROM kmop_evidence_kmop_indicator_rel"
                " WHERE kmop_evidence_id = %(id)s;"
                " DELETE FROM kmop_evidence WHERE id = %(id)s",
                {"id": self.link.id},
            )

    def _supersede(self):
        for evidence in (self.evidence, self.link):
            evidence.supersede(self._accepted(name="Nieuwe versie"))
        self.assertEqual(self.evidence.state, "superseded")

    def _rename_types(self):
        (self.legal_type | self.quote_type).sudo().name = "Hernoemde soort"
        self.legal_type.sudo().write({"scope": "project", "active": False})

    # ---------------------------------------------------------- reference and names

    def test_reference_data_and_names(self):
        self._assert_same_after(
            self._rename_indicators,
            self._archive_indicators,
            self._load_new_norm,
            self._change_track,
            self._rename_partners,
            self._speak_french,
        )

    def _rename_indicators(self):
        for indicator in self.audit.score_ids.indicator_id.sudo():
            indicator.write(
                {
                    "code": f"9.{indicator.code}",
                    "name": "Hernoemd",
                    "description": "Anders",
                    "sequence": 1000 - indicator.sequence,
                }
            )
        for requirement in self.audit.score_ids.requirement_id.sudo():
            requirement.write({"name": "Anders", "sequence": 99 - requirement.sequence})
        self.audit.norm_id.sudo().name = "Andere norm"

    def _archive_indicators(self):
        self.audit.score_ids.indicator_id.sudo().active = False

    def _load_new_norm(self):
        norm = self.audit.norm_id.sudo()
        norm.date_to = self._ago(1)
        new = self.env["kmop.norm"].create(
            {"name": "Nieuwe norm", "date_from": self.today}
        )
        for requirement in norm.requirement_ids:
            copy = requirement.copy({"norm_id": new.id})
            self.env["kmop.indicator"].create(
                {"requirement_id": copy.id, "code": requirement.code, "name": "Nieuw"}
            )

    def _change_track(self):
        part = self.audit.part_id.sudo()
        part.write(
            {
                "name": "Ander deel",
                "project_window_months": 1,
                "tests_application": not part.tests_application,
                "exempt_requirement_ids": [Command.set(self.score.requirement_id.ids)],
            }
        )
        part.track_id.name = "Ander traject"

    def _rename_partners(self):
        partners = self.company.partner_id | self.bureau | self.client
        partners.sudo().write({"name": "Hernoemd", "vat": False})
        lead = self.audit.auditor_id.sudo()
        self.assertNotEqual(lead, self.access.partner_id)
        lead.name = "Hernoemde auditor"

    def _speak_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        (self.company.partner_id | self.env.company.partner_id).lang = "fr_FR"

    # -------------------------------------------------------------- what comes next

    def test_what_comes_next(self):
        self._assert_same_after(
            self._change_projects,
            self._change_findings,
            self._change_milestones,
            self._replace_certificate,
            self._hold_next_audit,
            self._correct_registration,
        )
        text = self._read_workbook(self.before["own workbook"])
        self.assertIn("Starters' track: Part 1", text)
        self.assertIn(self.dossier.name, self.before["projects"])
        self.assertIn("Lijst ontbreekt", self.before["page"])
        self.assertNotIn("Interne zwakte", self.before["page"])
        self.assertIn("Interne zwakte", self.before["own summary"])
        archive = ZipFile(io.BytesIO(self.before["own archive"]))
        self.assertIn(
            b"%PDF certificaat", [archive.read(name) for name in archive.namelist()]
        )

    def _change_projects(self):
        self.dossier.sudo().write({"kmop_hours": 99, "kmop_subsidised": False})
        self.digital.sudo().name = "Ander thema"
        day = self._ago(50)
        later = self._create_dossier(kmop_date_start=day, kmop_date_end=day)
        later.sudo().write({"state": "sale"})

    def _change_findings(self):
        self.finding.sudo().write({"name": "Hernoemd", "severity": "major"})
        self.own_finding.cancel("Vergissing")
        self._find("Na de beslissing")

    def _change_milestones(self):
        milestones = self.registration.milestone_ids.filtered(
            lambda m: m.state == "planned"
        )
        self.assertTrue(milestones)
        milestones[:1].sudo().mark_done()
        milestones.with_user(self.officer).create(
            {
                "title": "Na de beslissing",
                "registration_id": self.registration.id,
                "date_planned": self.today,
            }
        )

    def _replace_certificate(self):
        """The certificate that counted is kept, whatever takes its place."""
        other = self._create_attachment("nieuw.pdf", raw=b"%PDF nieuw")
        self.exemption.write(
            {"reference": "ISO-2", "attachment_ids": [Command.set(other.ids)]}
        )
        self.certificate.sudo().unlink()

    def _hold_next_audit(self):
        """The buttons of part 1 give the pack of part 1, not that of part 2."""
        second = self.registration.start_audit()
        self.assertNotEqual(second, self.audit)
        self._accepted(name="Voor deel 2")
        self._visit_audit(second, 0)
        second.decide("positive")

    def _correct_registration(self):
        self.registration.sudo().number = "DV.O999999"
        period = self.registration.period_ids.sorted("id")[0]
        period.correct(self._ago(1), period.date_end, "Attest")
        self.exemption.unlink()
        self.registration.withdraw(self.today, "Gestopt")

    # ---------------------------------------------------------------- what is erased

    def test_erased_file(self):
        """The line stays, its fingerprint as well; the page says what is gone."""
        digest, file_id = self.file.sha256, self.file.id
        self.env.cr.execute(
            "UPDATE ir_attachment"
            " SET store_fname = NULL, db_datas = NULL, file_size = 0 WHERE id = %s",
            (self.file.attachment_id.id,),
        )
        self._assert_told_as_erased(digest, file_id)
        self.env.cr.execute("DELETE FROM kmop_evidence_file WHERE id = %s", (file_id,))
        self._assert_told_as_erased(digest, file_id)

    def _assert_told_as_erased(self, digest, file_id):
        after = self._take()
        for text in ("Statuten", digest, "No longer kept"):
            self.assertIn(text, after["page"])
        self.assertNotIn("No longer kept", self.before["page"])
        self.assertNotIn(f"/files/{file_id}", after["page"])
        self.assertEqual(self.before["own summary"], after["own summary"])
        for name in ("workbook", "own workbook"):
            text = self._read_workbook(after[name])
            self.assertIn(digest, text)
            self.assertIn("✗ Missing", text)
        for name in ("archive", "own archive"):
            archive = ZipFile(io.BytesIO(after[name]))
            self.assertIn(digest, archive.read("SHA256SUMS").decode())
            self.assertIn("statuten.pdf", archive.read("Read me.txt").decode())

    def test_file_that_was_replaced(self):
        """A forged hash beside a forged file isn't what the audit was decided on."""
        forged = b"%PDF vals"
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s",
            (forged, self.file.attachment_id.id),
        )
        self.env.cr.execute(
            "UPDATE kmop_evidence_file SET sha256 = %s, size = %s WHERE id = %s",
            (sha256(forged).hexdigest(), len(forged), self.file.id),
        )
        self.env.invalidate_all()
        self.assertEqual(self.file._get_integrity(), "intact")
        with self.assertLogs("odoo.addons.kmop_registration.controllers.audit"):
            self.assertEqual(self._open(f"/files/{self.file.id}").status_code, 404)
        for name in ("archive", "own archive"):
            archive = ZipFile(io.BytesIO(self._take()[name]))
            self.assertNotIn(forged, [archive.read(n) for n in archive.namelist()])

    # ------------------------------------------------------------------ time passing

    def test_years_later(self):
        """What depends on today depends on the day of the decision."""
        now = self._prepare_all()
        with freeze_time(self.today + timedelta(days=1500)):
            self.env.invalidate_all()
            self.assertNotEqual(self.company._kmop_today(), self.today)
            later = self._prepare_all()
        self._assert_same(now, later)

    def _prepare_all(self):
        """Make the packs without the server, whose sessions would be too old."""
        audit = self.audit.with_user(self.officer)
        workbook, own = io.BytesIO(), io.BytesIO()
        access = self.access.sudo()
        access._write_workbook(workbook)
        audit._write_workbook(own)
        return {
            "page": dump_values(access.audit_id._get_page()),
            "workbook": workbook.getvalue(),
            "own workbook": own.getvalue(),
            "own archive": b"".join(audit._stream_dossier()),
            "own summary": self._print(),
        }


@tagged("post_install", "-at_install")
class TestAuditPinnedContent(PinnedCase):
    """What is kept, for whom, and how it is told."""

    # --------------------------------------------------------------------- telling

    def test_says_so(self):
        self._decide_audit()
        day = self.today.strftime("%m/%d/%Y")
        note = f"As decided on {day}."
        taken = self._take()
        for name in ("page", "projects", "summary", "own summary"):
            self.assertIn(note, taken[name])
        for name in ("workbook", "own workbook"):
            cover = load_workbook(io.BytesIO(taken[name]))["Cover"]
            self.assertIn(note, [row[0] for row in cover.values])
        for name in ("archive", "own archive"):
            read_me = ZipFile(io.BytesIO(taken[name])).read("Read me.txt").decode()
            self.assertIn(note, read_me)
            self.assertNotIn("Made on", read_me)
        self.assertEqual(self.audit.with_user(self.officer).decision_note, note)

    def test_open_audit_does_not(self):
        self.assertNotIn("As decided on", self._get_main())
        self.assertFalse(self.audit.decision_note)
        self.assertFalse(self.audit._get_decision())

    def test_in_each_language(self):
        """The names of that day in the reader's language, and in no other."""
        for code in ("nl_NL", "fr_FR"):
            self.env["res.lang"]._activate_lang(code)
            self.env["ir.module.module"]._load_module_terms(
                ["kmop_registration"], [code]
            )
        indicator = self.score.indicator_id
        names = {
            code: indicator.with_context(lang=code).name
            for code in ("en_US", "nl_NL", "fr_FR")
        }
        self.assertEqual(len(set(names.values())), 3)
        self._decide_audit()
        for code in names:
            indicator.with_context(lang=code).sudo().name = f"Anders {code}"
            self.legal_type.with_context(lang=code).sudo().name = f"Soort {code}"
        decided = {"nl_NL": "Zoals beslist op", "fr_FR": "Tel que décidé le"}
        for code, name in names.items():
            with self.subTest(lang=code):
                audit = self.audit.sudo().with_context(lang=code)
                page = audit._get_page()
                scores = {score["id"]: score for score in page["scores"]}
                self.assertEqual(
                    scores[self.score.id]["indicator"], f"{indicator.code} {name}"
                )
                self.assertNotIn(
                    f"Soort {code}", [piece["type"] for piece in page["evidence"]]
                )
                self.assertIn(decided.get(code, "As decided on"), page["note"])
                file = io.BytesIO()
                audit._write_workbook(file)
                text = self._read_workbook(file.getvalue())
                self.assertIn(name, text)
                self.assertNotIn("Anders", text)

    def test_language_that_came_later(self):
        """Reads the nearest: the same language of another country, or English."""
        self.env["res.lang"]._activate_lang("nl_NL")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_NL"]
        )
        self._decide_audit()
        for code, like in {"nl_BE": "nl_NL", "de_DE": "en_US"}.items():
            self.env["res.lang"]._activate_lang(code)
            audit = self.audit.sudo()
            self.assertEqual(
                audit.with_context(lang=code)._get_page()["scores"],
                audit.with_context(lang=like)._get_page()["scores"],
            )

    # ------------------------------------------------------------------- for whom

    def test_own_remarks_stay_inside(self):
        self._decide_audit()
        taken = self._take()
        self.assertIn("Onze notitie", self._read_workbook(taken["own workbook"]))
        for secret in ("Onze notitie", "Interne zwakte", "Klad"):
            self.assertNotIn(secret, self._read_workbook(taken["workbook"]))
            self.assertNotIn(secret, taken["page"] + taken["projects"])
            self.assertNotIn(secret, taken["summary"])
        names = ZipFile(io.BytesIO(taken["archive"])).namelist()
        self.assertFalse([name for name in names if "iso.pdf" in name])

    def test_project_list_only_where_shared(self):
        self._decide_audit()
        self.access.share_projects = False
        self.env.flush_all()
        workbook = self._open("/audit.xlsx").content
        self.assertNotIn("Projects", load_workbook(io.BytesIO(workbook)).sheetnames)
        self._assert_closed(self._open("/projects"))

    def test_project_list_of_who_sees_some(self):
        """Without rights on quotes there is no list; with some, there are some."""
        mine = self._create_dossier(
            kmop_date_start=self._ago(40),
            kmop_date_end=self._ago(40),
            user_id=self.salesman.id,
        )
        other = self._create_dossier(
            kmop_date_start=self._ago(41),
            kmop_date_end=self._ago(41),
            user_id=self.officer.id,
        )
        mine, other = mine.sudo(), other.sudo()
        (mine + other).write({"state": "sale"})
        self._decide_audit()
        for user in (self.reader, self.salesman):
            user.group_ids += self.env.ref("kmop_registration.group_kmop_user")
        found = {}
        for user in (self.reader, self.salesman, self.officer):
            audit = self.audit.with_user(user)
            file = io.BytesIO()
            audit._write_workbook(file)
            found[user] = load_workbook(io.BytesIO(file.getvalue()))
            self.assertEqual("Projects" in found[user].sheetnames, user != self.reader)
        names = {
            user: {str(row[0]) for row in found[user]["Projects"].values}
            for user in (self.salesman, self.officer)
        }
        self.assertIn(mine.name, names[self.salesman])
        self.assertNotIn(other.name, names[self.salesman])
        self.assertLessEqual({mine.name, other.name}, names[self.officer])
        self.assertIn("may not see", self._get_text(found[self.salesman]))

    def test_nobody_changes_it(self):
        self._decide_audit()
        decision = self.audit._get_decision()
        line = decision.evidence_ids[0]
        forged = {"name": "Vals", "evidence_id": self.draft.id}
        for record, vals in (
            (decision, {"date_decided": self._ago(1)}),
            (line, forged),
        ):
            keys = {"_force_unlink": True, "install_mode": True, "import_file": True}
            for user in (self.officer, self.manager, self.env.ref("base.user_admin")):
                theirs = record.with_user(user).with_context(**keys)
                with self.assertRaises(UserError):
                    theirs.write(vals)
                with self.assertRaises(UserError):
                    theirs.unlink()
                with self.assertRaises(UserError):
                    theirs.create({**vals, "decision_id": decision.id})
            with self.assertRaises(UserError):
                record.sudo().with_context(**keys).write(vals)
            with self.assertRaises(UserError):
                record.sudo().with_context(**keys).unlink()
        with self.assertRaises(UserError):
            self.audit.with_user(self.manager).write(
                {"decision_ids": [Command.delete(decision.id)]}
            )
        certificate = decision._get_certificates()
        self.assertTrue(certificate)
        for vals in ({"raw": b"vals"}, {"public": True}, {"name": "x"}):
            with self.assertRaises(UserError):
                certificate.with_user(self.manager).write(vals)
        with self.assertRaises(UserError):
            certificate.with_user(self.manager).with_context(
                _force_unlink=True
            ).unlink()

    def test_content_is_read_by_nobody(self):
        """It holds what is for some: each part is shown to who may see it."""
        self._decide_audit()
        decision = self.audit._get_decision()
        for user in (self.reader, self.manager):
            theirs = decision.with_user(user)
            self.assertTrue(theirs.date_decided)
            with self.assertRaises(AccessError):
                theirs.read(["content"])
        for user in (self.salesman, self.surveyor, self.stranger):
            with self.assertRaises(AccessError):
                decision.evidence_ids.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                decision.with_user(user).read(["date_decided"])

    def test_addresses(self):
        """Of a decided audit only, for who may read it."""
        paths = [
            f"/kmop/audit/{self.audit.id}/{n}" for n in ("audit.xlsx", "dossier.zip")
        ]
        expected = {self.reader: 200, self.salesman: 404, self.stranger: 404}
        for decided in (False, True):
            if decided:
                self._decide_audit()
            for user, status in expected.items():
                self.authenticate(user.login, user.login)
                for path in paths:
                    with self.subTest(user=user.login, decided=decided, path=path):
                        answer = self.url_open(path)
                        wanted = status if decided else 404
                        self.assertEqual(answer.status_code, wanted)

    # ------------------------------------------------------------------ what counts

    def test_each_piece_and_its_fingerprint(self):
        self._decide_audit()
        lines = self.audit._get_decision().evidence_ids
        self.assertEqual(lines.evidence_id, self.evidence | self.link | self.quote)
        for line in lines:
            evidence = line.evidence_id
            self.assertEqual(line.fingerprint, evidence.fingerprint)
            self.assertEqual(line.name, evidence.name)
            self.assertEqual(line.number, evidence.id)
            self.assertEqual(line.type_name, evidence.type_id.name)
            self.assertEqual(line.indicator_codes, evidence.indicator_codes)
            self.assertEqual(line.source_name, evidence.source_name)
            self.assertEqual(line.order_name, evidence.order_id.name)
            self.assertEqual(line.company_id, self.company)
            self.assertEqual(
                [file["sha256"] for file in line.files or []],
                evidence.file_ids.mapped("sha256"),
            )

    def test_columns_of_the_evidence(self):
        """Each value stands under its own header."""
        self._decide_audit()
        workbook = load_workbook(io.BytesIO(self._download("action_export_xlsx")))
        header, *rows = workbook["Evidence"].values
        found = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
        self.assertEqual(len(found), 3)
        quote = found[self.quote.id]
        self.assertEqual(quote["Evidence"], self.quote.name)
        self.assertEqual(quote["Type"], "Quote or contract")
        self.assertEqual(quote["Indicators"], self.quote.indicator_codes)
        self.assertEqual(
            quote["Requirements"],
            "\n".join(self.quote.requirement_ids.mapped("display_name")),
        )
        self.assertEqual(quote["Aspect"], "Application (demonstrability)")
        self.assertEqual(quote["Effective date"].date(), self.quote.date_effective)
        self.assertEqual(quote["State"], "✓ Accepted")
        self.assertEqual(quote["Accepted on"].date(), self.quote.date_accepted)
        self.assertEqual(quote["Source"], self.dossier.display_name)
        self.assertEqual(quote["Project dossier"], self.dossier.name)
        document = found[self.evidence.id]
        self.assertEqual(document["Files"], "statuten.pdf")
        self.assertEqual(document["SHA-256"], self.file.sha256)
        self.assertEqual(found[self.link.id]["Kept elsewhere"], self.link.url)

    def test_negative_decision(self):
        """It is decided on the same things, and grants nothing."""
        self.audit.decide("negative")
        self.assertEqual(len(self.audit._get_decision().evidence_ids), 3)
        before = self._take()
        self.assertIn("Negative", before["page"])
        again = self.registration.start_audit()
        self.assertEqual(again.previous_audit_id, self.audit)
        self.link.supersede(self._accepted(name="Voor de heraudit"))
        self._visit_audit(again, 0)
        again.decide("positive", number="DV.O123456")
        self._assert_same(before, self._take())
        kept = again._get_decision().evidence_ids.mapped("name")
        self.assertIn("Voor de heraudit", kept)
        self.assertNotIn("Website", kept)

    def test_nothing_to_decide_on(self):
        advice = self._create_registration(service="advice")
        with freeze_time(self._ago(60)):
            audit = advice.start_audit()
        audit.request(self.bureau, self._ago(50))
        audit.plan(self._ago(40))
        audit.visit(self._ago(40))
        audit.decide("positive")
        self.audit = audit
        self.assertFalse(audit._get_decision().evidence_ids)
        self.assertEqual(audit.decided_evidence_count, 0)
        token = self._invite(audit, self.auditor)._get_token()
        page = self._open(base=f"/my/kmop/audits/{audit.id}", token=token)
        self.assertIn("No accepted evidence for this audit", page.text)
        workbook = load_workbook(io.BytesIO(self._download("action_export_xlsx")))
        self.assertEqual(len(list(workbook["Evidence"].values)), 1)
        archive = ZipFile(io.BytesIO(self._download("action_export_zip")))
        self.assertIsNone(archive.testzip())

    def test_decided_out_of_order(self):
        """Each keeps its own, whichever is recorded first."""
        self.audit.decide("negative", date_decided=self.today)
        again = self.registration.start_audit()
        self._visit_audit(again, 10)
        before = self._take()
        with freeze_time(self.today + timedelta(days=2)):
            late = self._accepted(name="Twee dagen later")
            again.decide("conditional", date_decided=self._ago(5))
        self._assert_same(before, self._take())
        decision = again._get_decision()
        self.assertEqual(decision.date_decided, self._ago(5))
        # All was accepted today: five days ago nothing was.
        self.assertFalse(decision.evidence_ids)
        self.assertNotIn(late, decision.evidence_ids.evidence_id)
        self.audit = again
        workbook = load_workbook(io.BytesIO(self._download("action_export_xlsx")))
        outcomes = [row[10] for row in workbook["Audits"].values]
        self.assertEqual(outcomes, ["Outcome", "! Conditional"])

    def test_recorded_later(self):
        """What was replaced between the decision and its record counted for it."""
        with freeze_time(self.today + timedelta(days=7)):
            new = self._accepted(name="Nieuwe versie")
            self.link.supersede(new)
            self.audit.decide("positive", date_decided=self.today)
        kept = self.audit._get_decision().evidence_ids.evidence_id
        self.assertEqual(kept, self.evidence | self.link | self.quote)

    def test_cancelled(self):
        """Nothing was decided: the audit itself has nothing to hand over."""
        self.audit.cancel("Verkeerd traject")
        self.assertFalse(self.audit._get_decision())
        for button in ("action_export_xlsx", "action_export_zip"):
            with self.assertRaisesRegex(UserError, "cancelled"):
                getattr(self.audit.with_user(self.officer), button)()
        self.assertIn("Audit summary", self._print())

    def test_search(self):
        self._decide_audit()
        self.link.sudo().name = "Hernoemd"
        page = self._get_main(search="WEBSITE")
        self.assertIn("Website", page)
        self.assertNotIn("Statuten", page)

    def test_evidence_that_counted_for_nothing_is_closed(self):
        """A file opens through the audits that were decided on it, no other."""
        self._decide_audit()
        later = self._accepted(
            name="Later", attachment_ids=self._create_attachment("later.txt").ids
        )
        self._assert_closed(self._open(f"/files/{later.file_ids.id}"))
        self.assertEqual(self._open(f"/files/{self.file.id}").status_code, 200)

    # --------------------------------------------------------- exports that take long

    def test_in_the_background(self):
        self._decide_audit()
        expected = self._download("action_export_zip")
        exports = self.env["kmop.export"].with_user(self.officer)
        audit = self.audit.with_user(self.officer)
        registration = self.registration.with_user(self.officer)
        export = exports._request(audit, "zip")
        self.assertEqual(exports._request(audit, "zip"), export)
        self.assertNotEqual(exports._request(registration, "zip"), export)
        cron = self.env.ref("kmop_registration.ir_cron_kmop_export")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(export.state, "done")
        self.assertEqual(export.part_ids.raw, expected)
        self.assertIn("Part 1", export.part_ids.name)

    # ------------------------------------------------------------------ the migration

    def _forget_decision(self):
        """Bring the audit back to how 19.0.1.4.0 left it."""
        decision = self.audit._get_decision()
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM kmop_audit_decision_evidence WHERE decision_id = %s",
            (decision.id,),
        )
        self.env.cr.execute(
            "DELETE FROM kmop_audit_decision WHERE id = %s", (decision.id,)
        )
        self.env.invalidate_all()

    def test_audits_decided_before_the_update(self):
        self._decide_audit()
        before = self.audit._get_decision().evidence_ids.mapped("evidence_id")
        with freeze_time(self.today + timedelta(days=40)):
            self.link.supersede(self._accepted(name="Nieuwe versie"))
            self._forget_decision()
            self._migrate()
            decision = self.audit._get_decision()
            self.assertEqual(decision.date_rebuilt, self.company._kmop_today())
        self.assertEqual(decision.date_decided, self.today)
        self.assertEqual(decision.evidence_ids.evidence_id, before)
        self.assertIn("Put together on", self._get_main())
        self.assertIn("when the addon was updated", self._get_main())
        # Once only, and of no others.
        self._migrate()
        self.assertEqual(self.audit.sudo().decision_ids, decision)

    def _migrate(self):
        path = "kmop_registration/migrations/19.0.1.5.0/post-past_decisions.py"
        script = load_script(path, "post_past_decisions")
        script.migrate(self.env.cr, "19.0.1.4.0")
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestAuditPinnedBudget(PinnedCase, BudgetCommon):
    """Ten pieces or a thousand: the same number of queries."""

    def _add_evidence(self, number):
        """Add accepted evidence with a file, as fast as the database can."""
        evidences = self.env["kmop.evidence"].sudo()
        vals = self.evidence.sudo().copy_data({"date_effective": self._ago(5)})[0]
        added = evidences.create([{**vals, "name": f"N{n}"} for n in range(number)])
        self.env["kmop.evidence.file"].sudo().create(
            [
                {
                    "evidence_id": evidence.id,
                    "name": "x.pdf",
                    "kind": "file",
                    "attachment_id": self.file.attachment_id.id,
                    "sha256": self.file.sha256,
                    "size": self.file.size,
                }
                for evidence in added
            ]
        )
        added.write({"state": "accepted", "date_accepted": self.today})
        self.env.flush_all()

    def _decide_and_count(self):
        savepoint = self.env.cr.savepoint()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.audit.decide("positive", number="DV.O123456")
        self.env.flush_all()
        count = self.env.cr.sql_log_count - before
        pieces = len(self.audit._get_decision().evidence_ids)
        savepoint.close(rollback=True)
        self.env.invalidate_all()
        return count, pieces

    def test_deciding(self):
        self._add_evidence(7)
        self._decide_and_count()
        few, pieces = self._decide_and_count()
        self.assertEqual(pieces, 10)
        self._add_evidence(990)
        many, pieces = self._decide_and_count()
        self.assertEqual(pieces, 1000)
        self.assertEqual(many, few)

    def test_opening_the_page(self):
        self._add_evidence(7)
        counts = []
        for more in (0, 990):
            savepoint = self.env.cr.savepoint()
            self._add_evidence(more)
            self._decide_audit()
            self.assertIn(f"N{(more or 7) - 1}", self._open().text)
            counts.append(self._count_once(self._open))
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        self.assertEqual(counts[0], counts[1])

"""What a penetration test did to files: points 1, 3, 5, 10, 11 and 14."""

import base64
import json
from datetime import date

from odoo.fields import Command
from odoo.http import Request
from odoo.tests import tagged

from .files import make_content
from .forge import REFUSED, VALIDATION, ForgeCase
from .test_audit_pinned import PinnedCase

FORGED = b"%PDF-1.4 vervalst"
SENT = base64.b64encode(FORGED).decode()
STYLE = b"body { background: white }"
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>"
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>"
PAGE = b"<html><body onload='x()'>Rapport</body></html>"
PNG, PDF = "image/png", "application/pdf"
# What a browser shows by itself without running anything in it.
SAFE = (PDF, "image/gif", "image/jpeg", PNG, "image/webp", "text/plain")
# A file that isn't what it says doesn't pass a constraint.
LIES = (*REFUSED, VALIDATION)


class FilesCommon(ForgeCase):
    def _upload(self, user, name, content, mimetype):
        """Upload a file as the web client does; return it."""
        self._log_in(user)
        # What its form's page would hold.
        self.session = self._get_session(self.sessions[user.login])
        data = {"model": "kmop.evidence", "id": "0"}
        data["csrf_token"] = Request.csrf_token(self)
        # Or the host would end this session with the test's own.
        self.session = None
        files = {"ufile": (name, content, mimetype)}
        answer = self.url_open("/web/binary/upload_attachment", data=data, files=files)
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
        found = self.env["ir.attachment"].search(
            [("create_uid", "=", user.id)], order="id desc", limit=1
        )
        self.assertEqual(found.name, name)
        return found

    def _get_holders(self):
        """Return a record of each kind that has files, with who works on it."""
        exemptions = self.env["kmop.exemption"].with_user(self.officer)
        requirement = self.env.ref("kmop_registration.kmop_requirement_activity")
        advice = self._create_registration(service="advice")
        vals = {"registration_id": self.registration.id, "ground": "iso9001",
                "requirement_id": requirement.id}  # fmt: skip
        return (
            (self.salesman, self._create_evidence(self.registration, self.salesman)),
            (self.officer, self._visit(advice, date(2026, 2, 1))),
            (self.officer, self._register_other()),
            (self.officer, exemptions.create(vals)),
        )

    def _register_other(self):
        registration = self._create_registration(partner_id=self.client.id)
        self._decide(registration, date(2026, 3, 1))
        return registration.period_ids


@tagged("post_install", "-at_install")
class TestForgeForeignFiles(FilesCommon):
    """Point 1: files that are somebody else's, or everybody's."""

    def setUp(self):
        super().setUp()
        attachments = self.env["ir.attachment"].sudo()
        served = {"public": True, "mimetype": "text/css", "res_model": "ir.ui.view"}
        order = self._create_order(user_id=self.manager.id)
        self.targets = attachments.create(
            [
                {"name": "web.min.css", "url": "/kmop.css", "raw": STYLE, **served},
                {"name": "logo.pdf", "raw": b"%PDF-1.4 logo", "public": True},
                {"name": "q.pdf", "raw": b"%PDF-1.4 offerte", "res_model": "sale.order",
                 "res_id": order.id},
                {"name": "van een ander.pdf", "raw": b"%PDF-1.4 ander"},
            ]
        )  # fmt: skip

    def test_taking_over(self):
        """Point 1: linked, written by commands, in one call or in steps; deleted."""
        for user, holder in self._get_holders():
            field = holder._attachment_field
            for target in self.targets:
                link = Command.link(target.id)
                write = Command.update(target.id, {"datas": SENT})
                free = Command.update(target.id, {"res_id": 0, "res_model": False})
                hide = Command.update(target.id, {"public": False})
                calls = ([link], [Command.set(target.ids)], [link, write], [free],
                         [hide], [Command.delete(target.id)])  # fmt: skip
                calls = ((holder, {field: commands}) for commands in calls)
                self.refuse([user], *calls, watched=[target], told=False)
                self._take_in_steps(
                    user,
                    target,
                    (holder, "write", {field: [link]}),
                    (holder, "write", {field: [write]}),
                    (holder, "write", {field: [Command.unlink(target.id)]}),
                    (target, "write", {"datas": SENT}),
                    (target, "unlink"),
                    (holder, "unlink"),
                )

    def _take_in_steps(self, user, target, *calls):
        before = self._look(target)
        savepoint = self.env.cr.savepoint()
        for record, method, *args in calls:
            self._send(user, record, method, *args)
        self.assertEqual(self._look(target), before)
        savepoint.close(rollback=True)
        self.env.clear()

    def test_other_ways_in(self):
        """Point 1: dropped on a list, added to a dossier, brought along."""
        dossier = self._create_dossier(kmop_registration_id=self.registration.id)
        evidences = self.env["kmop.evidence"]
        draft = self._create_evidence(self.registration, self.salesman)
        vals = {"name": "x", "type_id": self.legal_type.id,
                "registration_id": self.registration.id}  # fmt: skip
        for target in self.targets:
            ids = target.ids
            about = {"watched": [target], "told": False}
            self.refuse(
                [self.salesman],
                (dossier, "kmop_add_document", self.legal_type.id, ids),
                (evidences, "create", {**vals, "attachment_ids": ids}),
                **about,
            )
            dropped = draft, "create_document_from_attachment", ids
            self._take_in_steps(self.salesman, target, dropped, (draft, "unlink"))

    def test_taking_over_a_registration(self):
        """Point 1: somebody else's file given as the attest stays as it was."""
        own = self._create_attachment("attest.pdf", user=self.officer)
        savepoint = self.env.cr.savepoint()
        self.assertIsNone(self._onboard(own))
        period = self.registration.period_ids
        self.assertEqual(period.attest_attachment_ids.mapped("name"), ["attest.pdf"])
        savepoint.close(rollback=True)
        self.env.clear()
        for target in self.targets:
            before = self._look(target)
            savepoint = self.env.cr.savepoint()
            self._onboard(target)
            self.assertEqual(self._look(target), before)
            savepoint.close(rollback=True)
            self.env.clear()

    def _onboard(self, attest):
        """Take a registration over, with ``attest``; return the error if any."""
        first, *later = self.starter.part_ids.sorted("sequence")
        granted = {"part_id": first.id, "date_start": "2025-03-01",
                   "attest_attachment_ids": [Command.link(attest.id)]}  # fmt: skip
        lines = [granted, *({"part_id": part.id} for part in later)]
        vals = {"number": "DV.O123456", "track_id": self.starter.id,
                "part_ids": [Command.create(line) for line in lines]}  # fmt: skip
        onboards = self.env["kmop.registration.onboard"]
        made, error = self._send(self.officer, onboards, "create", vals)
        if error:
            return error
        return self._send(self.officer, onboards.browse(made), "action_confirm")[1]

    def test_visitors_get_what_was_there(self):
        """Point 1: what everybody is served stays the same."""
        user, holder = self._get_holders()[0]
        served = self.targets[0]
        self._send(user, holder, "write", {"attachment_ids": [Command.link(served.id)]})
        self._send(user, served, "write", {"datas": SENT})
        self._send(user, holder, "unlink")
        answer = self._get(None, served.url)
        self.assertEqual((answer.status_code, answer.content), (200, STYLE))


@tagged("post_install", "-at_install")
class TestForgeKeptFiles(FilesCommon):
    """Points 3, 10 and 11: reports, attests, and what was accepted."""

    def _get_kept(self):
        """Return each kind of file that is kept, and who it belongs to."""
        file = self._create_attachment("statuten.pdf", user=self.reader)
        evidence = self._create_evidence(
            self.registration, user=self.reader, attachment_ids=file.ids
        )
        evidence.submit()
        evidence.with_user(self.officer).accept()
        audit = self._visit(self.registration, date(2026, 2, 1))
        audit.report_attachment_ids = self._create_attachment("rapport.pdf")
        audit.decide("positive")
        period = audit.period_ids
        period.attest_attachment_ids = self._create_attachment("attest.pdf")
        return (
            (self.reader, evidence, evidence.attachment_ids),
            (self.officer, audit, audit.report_attachment_ids),
            (self.officer, period, period.attest_attachment_ids),
        )

    def test_kept(self):
        """Points 3 and 11: overwritten, renamed, moved, deleted, by whom it is of."""
        for owner, record, file in self._get_kept():
            field = record._attachment_field
            self.refuse(
                [owner, self.manager],
                (file, {"datas": SENT}),
                (file, {"raw": FORGED.decode()}),
                (file, {"name": "anders.pdf", "mimetype": "text/html"}),
                (file, {"res_model": "res.partner", "res_id": 1}),
                (file, {"type": "url", "url": "https://elders.example.com"}),
                (file, "unlink"),
                (record, {field: [Command.update(file.id, {"datas": SENT})]}),
                (record, {field: [Command.delete(file.id)]}),
                (record, {field: [Command.unlink(file.id)]}),
                (record, {field: [Command.clear()]}),
                (record, {field: [Command.set([])]}),
                watched=[record, file],
            )
            answer = self._get(owner, f"/web/content/{file.id}?download=1")
            self.assertEqual(answer.content, make_content(file.name))
            if record._name == "kmop.evidence":
                found = self._send(self.officer, record, "verify")[0]
                self.assertEqual(found[str(record.id)]["state"], "intact")
                self.assertEqual(file, record.file_ids.attachment_id)

    def test_published(self):
        """Point 10: nobody makes a frozen file public, or a link to it."""
        for owner, record, file in self._get_kept():
            update = Command.update(file.id, {"public": True})
            self.refuse(
                [owner, self.manager],
                (file, {"public": True}),
                (file, {"access_token": "x"}),
                (file, "generate_access_token"),
                (record, {record._attachment_field: [update]}),
                watched=[file],
            )
            for path in (f"/web/content/{file.id}", f"/web/image/{file.id}"):
                answer = self._get(None, f"{path}?access_token=x")
                self.assertNotIn(make_content(file.name), answer.content)

    def test_added_to_a_decision(self):
        """Point 5: what is attached to a decision is part of it: nobody adds any."""
        decision = self._decide(self.registration, date(2026, 3, 1)).sudo().decision_ids
        attachments = self.env["ir.attachment"]
        kept = decision._get_certificates()
        own = self._create_attachment("vals.pdf")
        place = {"res_model": decision._name, "res_id": decision.id}
        vals = {"name": "vals.pdf", "datas": SENT, **place}
        calls = (attachments, "create", vals), (own, place)
        self.refuse([self.officer, self.manager], *calls, watched=[decision])
        self.assertEqual(decision._get_certificates(), kept)


@tagged("post_install", "-at_install")
class TestForgeLies(FilesCommon):
    """Point 14: what a file is, its content and its ending say."""

    def test_refused(self):
        """Point 14: programs, scripts, and what isn't what its name says."""
        for name, content, mimetype in (
            ("rapport.exe", b"MZ\x90\0", PDF),
            ("rapport.exe", FORGED, PDF),
            ("foto.hta", make_content("a.png"), PNG),
            ("foto.png", SCRIPT, PNG),
            ("foto.png", DRAWING, PNG),
            ("foto.png", PAGE, PNG),
            ("rapport.pdf", PAGE, PDF),
            ("tekening.svg", SCRIPT, PNG),
            ("pagina.html", PAGE, PNG),
            ("pagina.html", PAGE, "text/html"),
        ):
            upload = self._upload(self.salesman, name, content, mimetype)
            vals = {"name": "x", "type_id": self.legal_type.id,
                    "registration_id": self.registration.id}  # fmt: skip
            evidences = self.env["kmop.evidence"]
            for linked in (
                [Command.link(upload.id)],
                [Command.create({"name": name, "mimetype": mimetype,
                                 "datas": base64.b64encode(content).decode()})],
            ):  # fmt: skip
                vals["attachment_ids"] = linked
                keys = [{}, self.keys, {"default_mimetype": PNG}]
                call = evidences, "create", vals
                self.refuse([self.salesman], call, keys=keys, errors=LIES)

    def test_served(self):
        """Point 14: what is kept is served as what it is, not as what was sent."""
        for name, content, mimetype in (
            ("tekening.svg", DRAWING, PNG),
            ("pagina.html", b"<p>Rapport</p>", PNG),
            ("rapport", PAGE, "text/html"),
            ("lijst.csv", b"a;b", "text/html"),
            ("blad.xml", b"<a/>", PDF),
            ("rapport.pdf", FORGED, "text/html"),
        ):
            for later in (False, True):
                vals = {"name": name, "mimetype": mimetype,
                        "datas": base64.b64encode(content).decode()}  # fmt: skip
                attachments = self.env["ir.attachment"]
                made = self._send(self.salesman, attachments, "create", vals)[0]
                upload = attachments.browse(made)
                draft = self._create_evidence(self.registration, self.salesman)
                vals = {"attachment_ids": [Command.link(upload.id)]}
                self.assertIsNone(self._send(self.salesman, draft, "write", vals)[1])
                file = draft.attachment_ids
                if later:
                    self._send(self.salesman, file, "write", {"mimetype": mimetype})
                self.assertIsNone(self._send(self.salesman, draft, "submit")[1])
                self.assertIsNone(self._send(self.officer, draft, "accept")[1])
                answer = self._get(self.officer, f"/web/content/{file.id}")
                kind = answer.headers["Content-Type"].partition(";")[0]
                with self.subTest(name=name, mimetype=mimetype, later=later):
                    self.assertEqual(answer.content, content)
                    self.assertIn(kind, (*SAFE, "text/csv"))
                    self.assertFalse(kind.startswith("image/"), kind)
                    self.assertEqual(kind == PDF, name.endswith(".pdf"))

    def test_auditor(self):
        """Point 14: the auditor's page shows the short list, and has the rest saved."""
        audit = self.registration.start_audit()
        accesses = self.env["kmop.audit.access"].with_user(self.officer)
        access = accesses.create({"audit_id": audit.id, "partner_id": self.bureau.id})
        token = access._get_token()
        for name, content, shown in (
            ("tekening.svg", DRAWING, False),
            ("pagina.html", b"<p>Rapport</p>", False),
            ("lijst.csv", b"a;b", False),
            ("rapport.pdf", FORGED, True),
        ):
            upload = self._upload(self.officer, name, content, PNG)
            evidence = self._accepted(attachment_ids=upload.ids)
            path = f"/my/kmop/audits/{audit.id}/files/{evidence.file_ids.id}"
            answer = self._get(None, f"{path}?access_token={token}")
            placed = answer.headers["Content-Disposition"].partition(";")[0]
            with self.subTest(name=name):
                self.assertEqual(answer.content, content)
                self.assertEqual(placed, "inline" if shown else "attachment")
                kind = PDF if shown else "application/octet-stream"
                self.assertEqual(answer.headers["Content-Type"], kind)
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")


@tagged("post_install", "-at_install")
class TestForgePinned(FilesCommon, PinnedCase):
    """Point 5: page, workbook and archive of a decided audit stay as they were."""

    def test_after_every_attempt(self):
        """Point 5: whatever an officer or an administrator tries, or may do."""
        self._decide_audit()
        opener = self.opener
        before = self._take()
        decision = self.audit.sudo().decision_ids
        attempts = (
            (self.link, "write", {"date_review": str(self._ago(80))}),
            (self.link, "write", {"name": "Anders", "url": "https://x.example.com"}),
            (self.link, "unlink"),
            (self.quote, "unlink"),
            (self.dossier, "unlink"),
            (self.dossier, "write", {"name": "Anders"}),
            (self.score, "write", {"auditor_conformity": "V"}),
            (self.score, "unlink"),
            (self.exemption, "unlink"),
            (self.certificate, "write", {"datas": SENT}),
            (self.finding, "write", {"name": "Opgelost", "severity": "attention"}),
            (self.audit, "write", {"date_visited": "2020-01-01"}),
            (self.audit, "write", {"finding_ids": [Command.clear()]}),
            (decision, "write", {"content": json.dumps({})}),
            (decision, "unlink"),
            (decision.evidence_ids, "write", {"name": "Anders"}),
            (decision.evidence_ids, "unlink"),
            (self.company, "write", {"name": "Anders"}),
            (self.link, "supersede", self.draft.id),
        )
        done = 0
        for user in (self.officer, self.manager):
            for record, method, *args in attempts:
                for context in ({}, self.keys):
                    done += (
                        self._send(user, record, method, *args, **context)[1] is None
                    )
        self.assertGreater(done, 3)
        self.assertEqual(self.link.state, "superseded")
        self.opener = opener
        self._assert_same(before, self._take())

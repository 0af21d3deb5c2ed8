from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import Form, tagged

from odoo.addons.kmop_registration.tests.common import KmopCommon


@tagged("post_install", "-at_install")
class TestEventSource(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer.group_ids += cls.env.ref("event.group_event_user")
        cls.registration = cls._create_registration()
        cls.held = cls._create_event("Studiedag", days=-3)
        attendees = cls.env["event.registration"].create(
            [
                {"event_id": cls.held.id, "name": name, "company_name": "Kmo Klant BV"}
                for name in ("An Peeters", "Piet Maes")
            ]
        )
        attendees[0].action_set_done()

    @classmethod
    def _create_event(cls, name, days):
        begin = Datetime.now() + timedelta(days=days)
        return cls.env["event.event"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "user_id": cls.officer.id,
                "date_begin": begin,
                "date_end": begin + timedelta(hours=3),
                "date_tz": "Europe/Brussels",
            }
        )

    def _open_wizard(self, events):
        wizards = self.env["kmop.evidence.link"].with_user(self.officer)
        context = {"active_model": "event.event", "active_ids": events.ids}
        return Form(wizards.with_context(**context))

    def _link(self):
        self._open_wizard(self.held).save().action_confirm()
        return self.held.kmop_evidence_ids.with_user(self.officer)

    def test_events_are_linked_from_their_list(self):
        coming = self._create_event("Volgende studiedag", days=10)
        empty = self._create_event("Afgelast", days=-2)
        form = self._open_wizard(self.held + coming + empty)
        self.assertEqual(form.type_id.code, "event")
        self.assertEqual(form.to_link_count, 1)
        skipped = {one["reason"]: one["names"] for one in form.skipped}
        self.assertEqual(
            skipped, {"Not over yet": [coming.name], "Nobody attended": [empty.name]}
        )

    def test_the_evidence_is_about_the_day_of_the_event(self):
        evidence = self._link()
        day = Datetime.context_timestamp(
            self.held.with_user(self.officer), self.held.date_end
        ).date()
        self.assertEqual(evidence.date_effective, day)
        self.assertEqual(evidence.state, "submitted")

    def test_accepting_freezes_who_attended(self):
        evidence = self._link()
        evidence.accept()
        (snapshot,) = evidence.file_ids
        content = snapshot.attachment_id.raw
        if snapshot.name.endswith(".html"):
            self.assertIn(b"An Peeters", content)
            self.assertNotIn(b"Piet Maes", content)
        else:
            self.assertTrue(content.startswith(b"%PDF"))
        self.held.registration_ids.write({"name": "Iemand anders"})
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    def test_an_accepted_event_is_kept(self):
        self._link().accept()
        with self.assertRaises(UserError):
            self.held.unlink()

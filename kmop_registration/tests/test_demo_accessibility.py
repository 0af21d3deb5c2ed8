from odoo.tests import tagged

from .accessibility import HOST, NARROW, SURVEY, AccessibilityCase

ROOT = "kmop_registration."


# Needs the demo data: not among the standard tests, run by name.
@tagged("post_install", "-at_install", "-standard", "kmop_demo")
class TestDemoAccessibility(AccessibilityCase):
    """Nothing serious on our screens and pages, in Dutch, on a wide and narrow one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls.env.ref(ROOT + "kmop_user_demo_quality")
        cls.officer.group_ids += cls.env.ref(ROOT + "group_kmop_manager")
        cls.officer.group_ids += cls.env.ref("base.group_system")
        cls.registration = cls.env.ref(ROOT + "kmop_registration_demo_training")
        cls.audit = cls.registration.audit_ids.filtered(lambda a: a.state == "draft")
        cls.access = cls.env.ref(ROOT + "kmop_audit_access_demo").with_user(cls.officer)
        cls.access.write({"may_score": True, "share_projects": True})
        cls.finding = (
            cls.env["kmop.finding"]
            .with_user(cls.officer)
            .create({"name": "Lijst niet ondertekend", "audit_id": cls.audit.id})
        )
        cls.dossier = cls.env.ref(ROOT + "kmop_sale_order_demo_1")
        evidence = cls.env["kmop.evidence"].search([("state", "=", "accepted")])
        cls.frozen = evidence.filtered("file_ids")[:1]

    # ------------------------------------------------------------------------- screens

    def _record(self, title, model, record, clicks=()):
        action = {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": record.id,
            "views": [[False, "form"]],
        }
        return self._screen(title, ".o_form_view .o_form_renderer", action, clicks)

    def _list(self, title, action, view_type="list", wait=None, **options):
        wait = wait or f".o_{view_type}_view, .o_view_controller.o_kanban_view"
        return self._screen(title, wait, ROOT + action, viewType=view_type, **options)

    def _dialog(self, title, action, record):
        context = {"active_id": record.id, "active_ids": record.ids}
        context["active_model"] = record._name
        options = {"additionalContext": context}
        return self._screen(title, ".o_dialog .o_form_view", ROOT + action, **options)

    def _get_daily(self):
        """What people work in each day."""
        matrix = {"additionalContext": {"active_id": self.registration.id}}
        tabs = [
            [f".nav-link[name={name}]", f".nav-link.active[name={name}]"]
            for name in ("findings", "auditor_page")
        ]
        kmop = [[".nav-link[name=kmop]", ".o_kmop_line"]]
        return [
            self._list("overview", "kmop_registration_action", "kanban"),
            self._record("registration", "kmop.registration", self.registration),
            self._screen(
                "matrix", ".o_kmop_table", ROOT + "kmop_matrix_action", **matrix
            ),
            self._list("audits", "kmop_audit_action"),
            self._record("audit", "kmop.audit", self.audit, tabs),
            self._list("evidence", "kmop_evidence_action"),
            self._record("frozen evidence", "kmop.evidence", self.frozen),
            self._record("dossier", "sale.order", self.dossier, kmop),
            self._list("milestones as cards", "kmop_milestone_action", "kanban"),
            self._list("findings", "kmop_finding_action"),
            self._record("finding", "kmop.finding", self.finding),
        ]

    def _get_others(self):
        graph = ".o_graph_view :is(canvas, .o_view_nocontent)"
        return [
            self._list("milestones", "kmop_milestone_action"),
            self._list("calendar", "kmop_milestone_action", "calendar"),
            self._list("coverage", "kmop_coverage_action", "pivot", ".o_pivot table"),
            self._list("satisfaction", "kmop_satisfaction_action", "graph", graph),
            self._list("dossiers", "kmop_dossier_action"),
            self._list("exports", "kmop_export_action"),
            self._list("reminders", "kmop_reminder_action"),
            self._list("schedule", "kmop_milestone_rule_action"),
            self._list("roles", "kmop_milestone_role_action"),
            self._list("evidence types", "kmop_evidence_type_action"),
            self._list("requirements", "kmop_requirement_action"),
            self._list("tracks", "kmop_track_action"),
            self._list("rules", "kmop_rule_action"),
            self._list("bureaus", "kmop_bureau_appointment_action"),
            self._record(
                "schedule line",
                "kmop.milestone.rule",
                self.env["kmop.milestone.rule"].search([], limit=1),
            ),
            self._screen(
                "settings",
                ".app_settings_block[data-key=kmop_registration]",
                ROOT + "res_config_settings_action",
            ),
            self._dialog("ask a bureau", "kmop_audit_ask_action", self.audit),
            self._dialog(
                "invite the auditor", "kmop_audit_access_action_invite", self.audit
            ),
            self._dialog(
                "link quotes", "kmop_evidence_link_action_sale_order", self.dossier
            ),
            self._dialog("project list", "kmop_project_list_action", self.registration),
        ]

    def test_screens(self):
        screens = self._get_daily() + self._get_others()
        login = self.officer.login
        self._check_screens(screens, HOST, login=login)

    def test_narrow_screens(self):
        self.browser_size = "390x844"
        login = self.officer.login
        screens = self._get_daily()
        self._check_screens(screens, NARROW, HOST, login=login)

    # --------------------------------------------------------------------------- pages

    def _check_page(self, title, url, must=(), login=None, wait="main", clicks=()):
        screen = self._screen(title, wait, clicks=clicks)
        self._check_screens([screen], must, url=url, login=login)

    def _get_page(self):
        url = self.access._get_url()
        return url[url.index("/", len("https://")) :]

    def _check_auditor(self):
        page = self._get_page()
        self._check_page("auditor's page", page)
        self._check_page("projects", page.replace("?", "/projects?"))

    def test_auditor(self):
        self._check_auditor()
        self._check_page("auditor's list", "/my/kmop/audits", login="auditor")

    def test_auditor_on_a_phone(self):
        self.browser_size = "390x844"
        self._check_auditor()

    def test_client(self):
        self._check_page("quote", self.dossier.get_portal_url())
        survey = self.dossier._kmop_get_survey_url()
        url = f"/kmop/evaluate/{survey.rpartition('/')[2]}"
        start = "button[value=start]:not(.disabled)"
        self._check_page("evaluation", url, wait=start)
        questions = [[start, ".js_question-wrapper"]]
        self._check_page("questions", url, SURVEY, wait=start, clicks=questions)
        self._check_page("closed", "/kmop/evaluate/gone", wait="#wrapwrap h1")

    def test_reminded(self):
        partner = self.officer.partner_id
        token = partner._kmop_get_reminder_token()
        self._check_page("reminders", f"/kmop/reminders/{partner.id}/{token}")

    # --------------------------------------------------------------------------- mails

    def _render(self, name, record):
        template = self.env.ref(f"{ROOT}mail_template_{name}").with_user(self.officer)
        template = template.with_context(lang="nl_BE")
        return template._render_field("body_html", record.ids)[record.id]

    def _get_client_milestone(self):
        """Return what the client of a sold dossier is reminded of."""
        domain = [("kmop_subsidised", "=", True), ("state", "=", "sent")]
        order = self.env["sale.order"].search(domain, limit=1)
        order.action_confirm()
        domain = [("res_model", "=", order._name), ("res_id", "=", order.id)]
        return self.env["kmop.milestone"].search(domain, limit=1)

    def _create_reminder(self, kind="reminder", milestone=None):
        reminders = self.env["kmop.reminder"].sudo()
        milestone = milestone or self.registration.milestone_ids[:1]
        partner = self.env["res.partner"].create({"name": f"Ontvanger ({kind})"})
        return reminders.create(reminders._prepare(kind, milestone, partner))

    def test_mails(self):
        """What is sent, and the badge as it stands on somebody's own site."""
        reminder = self._create_reminder()
        to_client = self._create_reminder(milestone=self._get_client_milestone())
        records = {
            "audit_access": self.access,
            "audit_request": self.audit,
            "information_request": self.audit,
            "reminder": reminder,
            "registration_end": reminder,
            "application": to_client,
            "escalation": self._create_reminder("escalation"),
            "undelivered": self._create_reminder("undelivered"),
            "satisfaction": self.env.ref(f"{ROOT}kmop_survey_answer_demo_bakery"),
        }
        pieces = {name: self._render(name, record) for name, record in records.items()}
        self.assertTrue(all(pieces.values()))
        pieces["badge"] = self.registration._render_badge()
        self._check_pieces(pieces, url="/web/login")

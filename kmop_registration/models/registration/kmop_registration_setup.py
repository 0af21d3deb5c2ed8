from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class KmopRegistration(models.Model):
    """The first steps, above the registrations: done as soon as the data say so."""

    _inherit = "kmop.registration"

    @api.model
    def _get_onboarding(self):
        """Return the steps of the set-up, or False where there is nothing to set up."""
        if not (self.env.company.kmop_show_onboarding and self.has_access("create")):
            return False
        done = self._get_onboarding_done()
        # Dates are for who is registered already: a newcomer has none to enter.
        if all(ready for name, ready in done.items() if name != "dates"):
            return False
        return [{"name": name, "done": ready} for name, ready in done.items()]

    @api.model
    def _get_onboarding_done(self):
        own = self._get_own_live()
        company = self.env.company
        products = self.env["product.template"].search_count(
            [("kmop_service", "!=", False), ("company_id", "in", (False, company.id))],
            limit=1,
        )
        # sudo: that there is one is all that is told
        surveys = self.env["survey.survey"].sudo()
        surveys = surveys.search_count([("kmop_satisfaction", "!=", False)], limit=1)
        return {
            "registration": bool(own),
            "dates": any(r.number and r.date_end for r in own),
            "products": bool(products),
            "survey": bool(surveys),
            "bureau": bool(own.audit_ids.bureau_id),
        }

    @api.model
    def _get_own_live(self):
        company = Domain("company_id", "=", self.env.company.id)
        return self.search(company & Domain("date_withdrawn", "=", False))

    @api.model
    def get_onboarding_action(self, name):
        """Return the action behind a step of the set-up.

        Raises UserError for who can't do that step, or where there is none.
        """
        self.check_access("create")
        steps = {
            "registration": self._get_action_new,
            "dates": self._get_action_take_over,
            "products": self._get_action_products,
            "survey": self._get_action_surveys,
            "bureau": self._get_action_bureau,
        }
        if not isinstance(name, str) or name not in steps:
            raise UserError(self.env._("There is no such step."))
        return steps[name]()

    def _get_xml_action(self, xmlid, **values):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, **values}

    def _get_action_new(self):
        return self._get_xml_action(
            "kmop_registration.kmop_registration_action",
            name=self.env._("New registration"),
            views=[(False, "form")],
        )

    def _get_action_take_over(self):
        return self._get_xml_action(
            "kmop_registration.kmop_registration_onboard_action"
        )

    def _get_action_products(self):
        context = {"search_default_kmop": 1, "default_kmop_service": "training"}
        context["default_type"] = "service"
        return self._get_xml_action("sale.product_template_action", context=context)

    def _get_action_surveys(self):
        if not self.env["survey.survey"].has_access("read"):
            return self._get_notice(
                self.env._(
                    "Whoever may use the Surveys app marks the satisfaction survey"
                    " there: ask for that right, or ask them."
                )
            )
        return self._get_xml_action(
            "survey.action_survey_form", context={"search_default_kmop_satisfaction": 1}
        )

    def _get_notice(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": message},
        }

    def _get_action_bureau(self):
        """Open the audit that asks for a bureau, as near to it as there is."""
        registration = self._get_own_live()[:1]
        if audit := registration.open_audit_id:
            return audit._get_form_action()
        if not registration:
            return self._get_xml_action(
                "kmop_registration.kmop_bureau_appointment_action"
            )
        return self._get_xml_action(
            "kmop_registration.kmop_registration_action",
            views=[(False, "form")],
            res_id=registration.id,
        )

    @api.model
    def close_onboarding(self):
        """Show the set-up no more to anybody of the company, until the settings do."""
        self.check_access("create")
        # sudo: who runs the registration needn't be allowed to edit the company
        self.env.company.sudo().kmop_show_onboarding = False

from odoo import api, fields, models
from odoo.fields import Domain


class KmopMilestone(models.Model):
    """Planning: milestones follow the rules and the dates of their records."""

    _inherit = "kmop.milestone"

    @api.model
    def _plan(self, records, rules=None, new=False):
        """Have the milestones of ``records`` be what the rules say.

        One that still waits moves with its date; one that was sent stays, and a new
        one takes the new date. What can't be anything but too late isn't planned.

        :param rules: those that changed, all by default
        :param new: nothing can have been planned for these records yet
        """
        # sudo: planning follows from a change, whoever made it
        self, records = self.sudo(), records.sudo() | records.sudo()
        found = rules or self.env["kmop.milestone.rule"]._get_rules(records._name)
        # sudo: the versions of other companies decide where a shared rule is used
        found = found.sudo()
        wanted = self._get_wanted(records, found)
        existing = {} if new else self._get_existing(records, rules)
        missing, kept = [], []
        for record in records:
            for rule in found:
                day = wanted.get((rule.id, record.id))
                mine = existing.get((rule.id, record.id), self.browse())
                right = mine._follow(record, day)
                kept.append(right)
                if day and not right:
                    missing.append((rule, record, day))
        self.union(*existing.values())._drop_all_but(self.union(*kept))
        self._create_missing(missing)

    def _drop_all_but(self, kept):
        """End what waits for a date that moved, or isn't there any more."""
        dropped = (self - kept).filtered(lambda m: m.state == "planned")
        dropped._close(
            "superseded", self.env._("Its date moved, or isn't there any more.")
        )
        dropped.is_moved = True

    @api.model
    def _get_wanted(self, records, rules):
        """Return the date of the anchor by (rule id, record id)."""
        wanted = {}
        for anchor, alike in rules.grouped("anchor").items():
            for record in records:
                day = record._kmop_can_remind(anchor) and record._kmop_get_anchor(
                    anchor
                )
                for rule in alike if day else ():
                    if rule._applies_to(record):
                        wanted[rule.id, record.id] = day
        return wanted

    @api.model
    def _get_existing(self, records, rules):
        """Return the milestones of rules by (rule id, record id)."""
        domain = self._about_domain(records._name, records.ids)
        domain &= (
            Domain("rule_id", "in", rules.ids)
            if rules
            else Domain("rule_id", "!=", False)
        )
        return self.search(domain).grouped(lambda m: (m.rule_id.id, m.res_id))

    @api.model
    def _about_domain(self, model_name, ids):
        return Domain("res_model", "=", model_name) & Domain("res_id", "in", ids)

    def _follow(self, record, day):
        """Have one of the milestones of one rule and record be for ``day``.

        Return that one, if it needn't be made.
        """
        right = self.filtered(lambda m: m.date_anchor == day)
        waiting = self.filtered(lambda m: m.state == "planned")[:1]
        if day and waiting and not right and waiting._move_to(day):
            right = waiting
        right._revive()
        right._follow_rule(record)
        return right

    def _move_to(self, day):
        """Move to ``day``, unless both it and the reminder would be past."""
        planned = self.rule_id._get_date(day)
        if max(day, planned) < self.company_id._kmop_today():
            return False
        self.write({"date_anchor": day, "date_planned": planned, "date_error": False})
        return True

    def _revive(self):
        """Plan again what only its date had ended, now that the date is back."""
        moved = self.filtered("is_moved")
        vals = dict.fromkeys(("date_closed", "closed_by_id", "close_reason"), False)
        moved.write({"state": "planned", "is_moved": False, **vals})

    def _follow_rule(self, record):
        """Have what waits follow who does it, and how long before or after."""
        for milestone in self.filtered(lambda m: m.state == "planned"):
            doer = milestone.rule_id._get_doer(record)
            if milestone.user_id != doer:
                milestone.user_id = doer
            planned = milestone.rule_id._get_date(milestone.date_anchor)
            if milestone.date_planned != planned:
                milestone.date_planned = planned

    def _follow_responsible(self):
        """Have what waits follow who is responsible for the registration now."""
        # sudo: as in _plan
        waiting = self.sudo().filtered(lambda m: m.rule_id and m.state == "planned")
        for milestone, record in waiting._get_records().items():
            milestone._follow_rule(record)

    @api.model
    def _create_missing(self, missing):
        vals_list = [self._prepare(*one) for one in missing]
        quiet = self.with_context(tracking_disable=True)
        quiet.create([vals for vals in vals_list if vals])

    @api.model
    def _prepare(self, rule, record, day):
        """Return the values of a milestone, or nothing for what is over."""
        planned = rule._get_date(day)
        registration = record._kmop_get_registration()
        if max(day, planned) < registration.company_id._kmop_today():
            return None
        return {
            "rule_id": rule.id,
            "registration_id": registration.id,
            "res_model": record._name,
            "res_id": record.id,
            "user_id": rule._get_doer(record).id,
            "date_anchor": day,
            "date_planned": planned,
        }

    # ---------------------------------------------------------------- superseding

    @api.model
    def _forget(self, model_name, ids):
        """End what was planned for records that are gone."""
        # sudo: as in _plan
        gone = self.sudo().search(
            self._open_domain() & self._about_domain(model_name, ids)
        )
        gone.invalidate_recordset(["is_orphan"])
        gone._close("superseded", self.env._("What it was about was deleted."))

    @api.model
    def _drop_rules(self, rules):
        """End what was planned by rules that aren't used any more."""
        # sudo: as in _plan
        planned = self.sudo().search(
            Domain("rule_id", "in", rules.ids) & Domain("state", "=", "planned")
        )
        planned._close("superseded", self.env._("Its rule isn't used any more."))
        planned.is_moved = True

    # -------------------------------------------------------------------- waking up

    def _wake_up(self):
        """Have the scheduled action run as soon as the first of these is due."""
        if waiting := self.filtered(lambda m: m.state == "planned"):
            self._wake_up_at(min(waiting.mapped(lambda m: m._get_moment())))

    def _get_moment(self):
        return self.company_id._kmop_to_moment(self.date_planned)

    @api.model
    def _wake_up_at(self, moment):
        """Have the scheduled action run at ``moment`` (UTC), unless it will before."""
        cron = self.env.ref(
            "kmop_registration.ir_cron_kmop_milestones", raise_if_not_found=False
        )
        if not cron:
            return  # while the addon is being installed
        moment = max(moment, fields.Datetime.now())
        # sudo: nobody but the system may see what runs when
        triggers = self.env["ir.cron.trigger"].sudo()
        earlier = Domain("cron_id", "=", cron.id) & Domain("call_at", "<=", moment)
        if not triggers.search_count(earlier, limit=1):
            # sudo: as above
            cron.sudo()._trigger(at=moment)

    @api.model
    def _wake_up_next(self):
        """Have the scheduled action run when something is due that isn't yet."""
        first = self._read_group(
            [("state", "=", "planned")], ["company_id"], ["date_planned:min"]
        )
        moments = [company._kmop_to_moment(day) for company, day in first]
        moments += self.env["kmop.reminder"]._get_next_moments()
        now = fields.Datetime.now()
        if coming := [moment for moment in moments if moment > now]:
            self._wake_up_at(min(coming))

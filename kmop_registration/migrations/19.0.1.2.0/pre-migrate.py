"""Make room for milestones of other records than registrations."""


def migrate(cr, version):
    cr.execute("ALTER TABLE kmop_milestone ADD COLUMN res_model varchar")
    cr.execute("ALTER TABLE kmop_milestone ADD COLUMN res_id integer")
    cr.execute(
        "UPDATE kmop_milestone"
        " SET res_model = 'kmop.registration', res_id = registration_id"
    )
    # Made anew, for those that have a rule only: an index that is there stays as it is.
    cr.execute("DROP INDEX kmop_milestone__rule_id_index")
    # Of other models and with more to say now: those that were there make place.
    cr.execute(
        "DELETE FROM ir_model_data"
        " WHERE module = 'kmop_registration' AND name IN"
        " ('mail_template_registration_end', 'kmop_milestone_rule_end_6_months')"
    )

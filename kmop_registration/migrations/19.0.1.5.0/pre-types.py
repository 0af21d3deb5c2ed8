"""A kind of document may have the same code again, as a company's own version."""


def migrate(cr, version):
    cr.execute(
        "ALTER TABLE kmop_evidence_type"
        " DROP CONSTRAINT IF EXISTS kmop_evidence_type_code_uniq"
    )

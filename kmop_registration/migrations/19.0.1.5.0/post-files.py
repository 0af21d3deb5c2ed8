"""Make the files of audits, attests and accepted evidence the record's own.

Before, a file of another record could be linked, and accepted evidence showed the
original beside the copy that was kept: what was changed since is replaced by that copy.
"""

from odoo.api import SUPERUSER_ID, Environment


def migrate(cr, version):
    _show_what_was_kept(cr)
    # superuser: an update is nobody's request
    env = Environment(cr, SUPERUSER_ID, {})
    for model in ("kmop.audit", "kmop.registration.period"):
        _take_over(env[model])


def _show_what_was_kept(cr):
    cr.execute(
        """
        SELECT DISTINCT evidence.id
        FROM kmop_evidence evidence
        JOIN ir_attachment_kmop_evidence_rel link ON link.kmop_evidence_id = evidence.id
        JOIN ir_attachment original ON original.id = link.ir_attachment_id
        WHERE evidence.state IN ('accepted', 'superseded')
        AND NOT (
            original.res_model = 'kmop.evidence'
            AND original.res_id = evidence.id
            AND EXISTS (
                SELECT FROM kmop_evidence_file file
                JOIN ir_attachment kept ON kept.id = file.attachment_id
                WHERE file.evidence_id = evidence.id
                AND kept.checksum = original.checksum
            )
        )
        """
    )
    if ids := tuple(row[0] for row in cr.fetchall()):
        cr.execute(
            "DELETE FROM ir_attachment_kmop_evidence_rel WHERE kmop_evidence_id IN %s",
            [ids],
        )
        cr.execute(
            "INSERT INTO ir_attachment_kmop_evidence_rel"
            " (kmop_evidence_id, ir_attachment_id)"
            " SELECT evidence_id, attachment_id FROM kmop_evidence_file"
            " WHERE kind = 'file' AND evidence_id IN %s",
            [ids],
        )


def _take_over(model):
    """Copy what isn't the record's own; what it is stays as it was, whatever it is."""
    for record in model.search([(model._attachment_field, "!=", False)]):
        # What is lost can't be copied: its name is all that is left to show.
        found = record[model._attachment_field].filtered(lambda a: a._kmop_read())
        record._take_over(found)

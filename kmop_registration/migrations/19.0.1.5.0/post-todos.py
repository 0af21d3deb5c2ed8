"""Have milestones remember the to-do that they handed out."""


def migrate(cr, version):
    # The scheduled action made them, as the superuser; the latest one counts.
    cr.execute(
        """
        UPDATE kmop_milestone milestone
           SET todo_id = todo.id
          FROM (
                   SELECT res_id, MAX(id) AS id
                     FROM mail_activity
                    WHERE res_model = 'kmop.milestone' AND create_uid = 1 AND active
                 GROUP BY res_id
               ) todo
         WHERE milestone.id = todo.res_id
           AND milestone.state = 'sent' AND milestone.todo_id IS NULL
        """
    )

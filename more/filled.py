"""Fed to the shell of an Odoo without the addon: some of each, to be multiplied."""

env = globals()["env"]

QUOTES = 10

client = env["res.partner"].create({"name": "Klant", "is_company": True})
product = env["product.product"].create(
    {"name": "Opleiding", "type": "service", "invoice_policy": "order"}
)
survey = env["survey.survey"].create(
    {
        "title": "Tevreden?",
        "question_and_page_ids": [
            (0, 0, {"title": "Hoe was het?", "question_type": "numerical_box"})
        ],
    }
)
lines = [(0, 0, {"product_id": product.id, "price_unit": 500}) for _i in range(2)]
orders = env["sale.order"].create(
    [{"partner_id": client.id, "order_line": lines} for _i in range(QUOTES)]
)
sold = orders[: QUOTES // 2]
sold.action_confirm()
answers = env["survey.user_input"]
for order in sold:
    order._create_invoices().action_post()
    answer = survey._create_answer(partner=client)
    answer._save_lines(survey.question_ids, "8")
    answer._mark_done()
    answers |= answer
assert len(orders.invoice_ids) == len(answers.user_input_line_ids) == QUOTES // 2
env.cr.commit()

from . import (
    product_template,
    sale_order,
    sale_order_checks,
    sale_order_documents,
    sale_order_line,
    kmop_session,
    kmop_participant,
)

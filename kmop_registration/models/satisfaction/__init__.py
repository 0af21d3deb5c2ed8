from . import (
    kmop_satisfaction,
    sale_order,
    survey_survey,
    survey_question,
    survey_user_input,
    survey_user_input_line,
)

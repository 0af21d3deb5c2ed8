import {registry} from "@web/core/registry";

const rate = (question, figure) => ({
    content: `Rate: ${question}`,
    trigger: `.js_question-wrapper:contains("${question}") label:contains("${figure}")`,
    run: "click",
});

// From the address of the code on paper to the thanks.
registry.category("web_tour.tours").add("kmop_evaluate_tour", {
    steps: () => [
        {
            content: "What is kept is said",
            trigger: ".o_survey_start:contains(for as long as that has to be kept)",
        },
        {content: "Start", trigger: "button[value=start]:not(.disabled)", run: "click"},
        rate("useful is the content", 5),
        rate("rate your trainer", 4),
        rate("All in all", 9),
        rate("recommend us", 8),
        {
            content: "Remark",
            trigger: ".js_question-wrapper:contains(What was good) textarea",
            run: "edit More exercises <b>please</b>",
        },
        {content: "Submit", trigger: "button[value=finish]", run: "click"},
        {
            content: "Yes, submit",
            trigger: ".modal footer button:contains(Submit)",
            run: "click",
        },
        {content: "Thanks", trigger: "body:contains(your answers have come in)"},
        {
            content: "Nobody is asked to answer again",
            trigger: ".o_survey_finished:not(:contains(Take Again))",
        },
    ],
});

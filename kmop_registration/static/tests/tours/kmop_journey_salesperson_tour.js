import tourUtils from "@sale/js/tours/tour_utils";
import {
    click,
    file,
    see,
    shoot,
    transfer,
} from "@kmop_registration/../tests/tours/journey_steps";
import {registry} from "@web/core/registry";

const line = (name, rest = "") =>
    `.o_kmop_line:has(.o_kmop_name:contains(/^${name}/))${rest}`;
const state = (name, label) =>
    see(`${name}: ${label}`, line(name, `:has(.badge:contains(${label}))`));

const drop = (name) => [
    {
        content: `Drop a file on ${name}`,
        trigger: line(name),
        run({anchor}) {
            const dataTransfer = transfer(file(`${name}.pdf`));
            const options = {bubbles: true, cancelable: true, dataTransfer};
            anchor.dispatchEvent(new DragEvent("drop", options));
        },
    },
    state(name, "Ingediend"),
];

const typeDate = (field, days) => ({
    content: `Type ${field}`,
    trigger: `.o_field_daterange input[data-field=${field}]`,
    run: `edit ${luxon.DateTime.now().plus({days}).toFormat("dd/MM/yyyy")} && press Tab`,
});

const KMOP_TAB = ".o_notebook .nav-link[name=kmop]";
const participants = (rest) => `.o_field_widget[name=kmop_participant_ids] ${rest}`;

// From a quote to a dossier that lacks only what its participants think of it.
registry.category("web_tour.tours").add("kmop_journey_salesperson_tour", {
    steps: () => [
        see("The quotes are there", ".o_list_view"),
        click("New quote", ".o_list_button_add"),
        ...tourUtils.selectCustomer("Bakkerij"),
        click("Add a product", "[name=order_line] a:contains(Product toevoegen)"),
        {
            content: "Type it",
            trigger: "[name=order_line] [name=product_template_id] input",
            run: "edit Digitaal",
        },
        click(
            "Choose it",
            ".o-autocomplete--dropdown-item a:contains(Digitaal veilig)"
        ),
        see("The price is there", ".oe_subtotal_footer:contains(/[1-9]/)"),
        click("The tab is there", KMOP_TAB),
        click("The client asks for subsidy", "[name=kmop_subsidised] input"),
        typeDate("kmop_date_start", -3),
        typeDate("kmop_date_end", -2),
        click("A participant", participants(".o_field_x2many_list_row_add a")),
        {
            content: "Their name",
            trigger: participants(".o_selected_row [name=name] input"),
            run: "edit Petra Peeters",
        },
        {
            content: "Their address",
            trigger: participants(".o_selected_row [name=email] input"),
            run: "edit petra@bakkerij.example.com",
        },
        shoot("salesperson_1_quote"),
        click("Confirm", ".o_statusbar_buttons button[name=action_confirm]:enabled"),
        see(
            "It is sold",
            ".o_statusbar_status button[data-value=sale].o_arrow_button_current"
        ),
        click("The tab again", KMOP_TAB),
        state("Offerte of contract", "Ingediend"),
        shoot("salesperson_2_sold"),
        ...drop("Inschrijving"),
        ...drop("Opleidingsprogramma"),
        ...drop("Aanwezigheidslijst"),
        ...drop("Vormingsattest"),
        ...drop("Factuur"),
        state("Evaluatie", "Ontbreekt"),
        click("Ask what they think of it", "button[name=action_kmop_invite]"),
        see("They are asked", ".o_field_widget[name=kmop_date_invited]"),
        shoot("salesperson_3_asked"),
    ],
});

// What a participant does with the link in the mail.
registry.category("web_tour.tours").add("kmop_journey_participant_tour", {
    steps: () => [
        click("Begin", "button[value=start]:not(.disabled)"),
        {
            content: "Give each question the last of its answers",
            trigger: ".js_question-wrapper label:visible",
            run() {
                for (const question of document.querySelectorAll(
                    ".js_question-wrapper"
                )) {
                    [...question.querySelectorAll("input[type=radio]")].at(-1)?.click();
                }
            },
        },
        shoot("participant_1_answers"),
        click("Submit", "button[value=finish]"),
        click("Yes", ".modal footer button.btn-primary"),
        see("Thanks", ".o_survey_finished"),
        shoot("participant_2_thanks"),
    ],
});

// The salesperson looks again.
registry.category("web_tour.tours").add("kmop_journey_complete_tour", {
    steps: () => [
        click("The tab", KMOP_TAB),
        state("Evaluatie", "Ingediend"),
        see("All is there", ".o_kmop_total:contains(/^(\\d) van \\1 documenten$/)"),
        see("Nothing lacks", ".o_kmop_checklist:not(:has(.o_kmop_lacking))"),
        shoot("salesperson_4_complete"),
    ],
});

import {registry} from "@web/core/registry";

const press = (label) => ({
    content: `Press ${label}`,
    trigger: `.o_statusbar_buttons button:enabled:contains(/^${label}$/)`,
    run: "click",
});

const confirm = () => [
    {
        content: "Confirm the dialog",
        trigger: ".modal footer button[name=action_confirm]",
        run: "click",
    },
    {content: "The dialog is closed", trigger: "body:not(:has(.modal))"},
];

const status = (value) => ({
    content: `The audit is ${value}`,
    trigger: `.o_statusbar_status button[data-value=${value}].o_arrow_button_current`,
});

// From nothing to a registration, the way a quality officer goes.
registry.category("web_tour.tours").add("kmop_officer_tour", {
    steps: () => [
        {content: "New registration", trigger: ".o-kanban-button-new", run: "click"},
        {
            content: "The provider is the company itself",
            trigger: ".o_field_widget[name=partner_id] input:value(Leerhuis Test)",
        },
        {content: "Save", trigger: ".o_form_button_save", run: "click"},
        press("Next audit"),
        press("Request"),
        {
            content: "Look for the bureau",
            trigger: ".modal .o_field_widget[name=bureau_id] input",
            run: "edit Auditbureau",
        },
        {
            content: "Choose the bureau",
            trigger: ".o-autocomplete--dropdown-item:contains(Auditbureau) a",
            run: "click",
        },
        ...confirm(),
        status("requested"),
        press("Plan"),
        ...confirm(),
        status("planned"),
        press("Record the visit"),
        ...confirm(),
        status("visited"),
        press("Decide"),
        {
            content: "Type the number of the attest",
            trigger: ".modal .o_field_widget[name=number] input",
            run: "edit DV.O12345",
        },
        ...confirm(),
        status("decided"),
        {
            content: "Back to the registration",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a:last",
            run: "click",
        },
        {
            content: "It is valid now",
            trigger: ".o_form_view .o_field_widget[name=validity]:contains(Valid)",
        },
        {
            content: "The number misses a digit: warned, not blocked",
            trigger: ".alert-warning:contains(DV.O123456)",
        },
    ],
});

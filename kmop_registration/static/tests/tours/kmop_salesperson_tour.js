import {registry} from "@web/core/registry";

// Quotes become evidence from the list that salespeople use anyway.
registry.category("web_tour.tours").add("kmop_salesperson_tour", {
    steps: () => [
        {
            content: "Select all quotes",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Open the actions",
            trigger: ".o_cp_action_menus .dropdown-toggle:contains(Actions)",
            run: "click",
        },
        {
            content: "Link as evidence",
            trigger:
                ".o-dropdown--menu .o_menu_item:contains(kmo-portefeuille evidence)",
            run: "click",
        },
        {
            content: "On the indicators that a quote usually supports",
            trigger: ".modal .o_field_widget[name=indicator_ids] .o_tag",
        },
        {
            content: "Both quotes will be linked",
            trigger: ".modal .o_field_widget[name=to_link_count]:contains(2)",
        },
        {
            content: "Confirm",
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {content: "Said so", trigger: ".o_notification:contains(2 documents linked)"},
        {
            content: "The list is there again, with nothing selected",
            trigger:
                "body:not(:has(.modal)) .o_list_view:not(:has(.o_data_row_selected))",
        },
        {
            content: "Open a quote",
            trigger: ".o_data_row:first .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "The quote counts its evidence",
            trigger: "button[name=action_kmop_open_evidence]:contains(1)",
            run: "click",
        },
        {
            content: "Which is submitted",
            trigger: ".o_data_row .o_field_widget[name=state]:contains(Submitted)",
        },
    ],
});

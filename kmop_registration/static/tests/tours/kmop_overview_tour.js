import {registry} from "@web/core/registry";

// The first screen of an officer, on the first day.
registry.category("web_tour.tours").add("kmop_overview_tour", {
    steps: () => [
        {content: "Nothing is there", trigger: ".o_kmop_empty h2"},
        {content: "Start a registration", trigger: ".o_kmop_start", run: "click"},
        {
            content: "Save it",
            trigger: ".o_form_view .o_form_button_save",
            run: "click",
        },
        {
            content: "It is saved",
            trigger: ".o_form_view .o_statusbar_buttons button:contains(Next audit)",
        },
        {
            content: "Back to the overview",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a:last",
            run: "click",
        },
        {
            content: "The card says where it stands",
            trigger: ".o_kmop_card .o_kmop_validity:contains(No period is granted yet)",
        },
        {
            content: "How ready it is",
            trigger: ".o_kmop_card .o_kmop_readiness li:eq(4)",
        },
        {content: "Nothing is late", trigger: ".o_kmop_calm"},
        {
            content: "The first step is done",
            trigger: "[data-step=registration].o_kmop_done",
        },
        {
            content: "The bureau is to be chosen: open the registration for it",
            trigger: "[data-step=bureau]:not(.o_kmop_done)",
            run: "click",
        },
        {
            content: "There it is",
            trigger: ".o_form_view .o_statusbar_buttons button:contains(Next audit)",
        },
        {
            content: "Back to the overview",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a:last",
            run: "click",
        },
        {content: "Hide the set-up", trigger: ".o_kmop_close", run: "click"},
        {
            content: "It is gone",
            trigger: ".o_kmop_dashboard:not(:has(.o_kmop_onboarding))",
        },
    ],
});

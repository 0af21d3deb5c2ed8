import {registry} from "@web/core/registry";

const READY = {content: "The page is alive", trigger: "body[is-ready=true]"};

// What a client does with a quote: nothing of it is the addon's own.
registry.category("web_tour.tours").add("kmop_portal_sign_tour", {
    steps: () => [
        READY,
        {
            content: "Sign",
            trigger: ".o_portal_sale_sidebar [data-bs-target='#modalaccept']",
            run: "click",
        },
        {
            content: "Say who signs",
            trigger: ".modal .o_web_sign_name_and_signature input",
            run: "edit Jan Zaakvoerder",
        },
        {
            content: "The signature is drawn",
            trigger: ".modal canvas.o_web_sign_signature",
            run: "canvasNotEmpty",
        },
        {
            content: "Accept",
            trigger: ".modal .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "There is nothing left to sign",
            trigger: "#quote_content:not(:has(#modalaccept .modal-dialog))",
            timeout: 60000,
        },
    ],
});

registry.category("web_tour.tours").add("kmop_portal_pay_tour", {
    steps: () => [
        READY,
        {
            content: "Pay",
            trigger: "#o_sale_portal_paynow",
            run: "click",
        },
        {
            content: "Choose how",
            trigger: ".modal [name=o_payment_radio]",
            run: "click",
        },
        {
            content: "Go to the provider of payments, and come back",
            trigger: ".modal [name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The status of the payment brings back to the quote",
            trigger: "#quote_content:not(:has(#modalaccept .modal-dialog))",
            timeout: 60000,
        },
    ],
});

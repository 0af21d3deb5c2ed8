import {
    choose,
    click,
    press,
    see,
    shoot,
    status,
    type,
} from "@kmop_registration/../tests/tours/journey_steps";
import {registry} from "@web/core/registry";

const cell = (code, aspect, rest = "") =>
    `.o_kmop_cell[data-aspect=${aspect}][aria-label^='${code} ']${rest}`;

const audit = (content) =>
    click(content, ".o_statusbar_buttons button[name=action_start_audit]:enabled");

const BACK = ".breadcrumb a:contains(Indicatorenmatrix)";

/** From an empty cell to an accepted piece, and back. */
const support = (code, kind, name, aspect = "description") => [
    click(`${code} has nothing yet`, cell(code, aspect, ":contains(Ontbreekt)")),
    type(`${code}: name it`, "name", name),
    ...choose(`${code}: its kind`, "type_id", kind),
    type(
        `${code}: where it is`,
        "url",
        "https://intranet.leerhuis.example.com/kwaliteit"
    ),
    see(
        `${code}: it is for the cell that was clicked`,
        `.o_field_widget[name=indicator_ids] .o_tag:contains("${code}")`
    ),
    press("Indienen"),
    status("submitted"),
    press("Aanvaarden"),
    status("accepted"),
    click("Back to the matrix", BACK),
    see(`${code} is supported`, cell(code, aspect, ":contains(Gestaafd)")),
];

// A quality officer of an empty company: from nothing to "audit requested".
registry.category("web_tour.tours").add("kmop_journey_officer_tour", {
    steps: () => [
        see("The first screen is there", ".o_kanban_view"),
        shoot("officer_1_empty"),
        click("New registration", ".o-kanban-button-new"),
        see(
            "The provider is the company itself",
            ".o_field_widget[name=partner_id] input:value(Leerhuis)"
        ),
        click("Save", ".o_form_button_save"),
        see("It is saved", ".o_form_saved"),
        shoot("officer_2_registration"),
        audit("Start the audit"),
        see("It is begun", ".o_statusbar_status:contains(Concept)"),
        click("Back to the registration", ".breadcrumb a:contains(Opleiding)"),
        click(
            "What the audit will look at",
            "button.oe_stat_button:contains(Indicatoren)"
        ),
        see("Nothing is supported", ".o_kmop_total:contains(/^0 van \\d+ /)"),
        shoot("officer_3_matrix"),
        ...support("1.1", "Beschrijving van aanbod", "Ons aanbod en onze prijzen"),
        ...support("4.1", "Procedure voor de kmo-portefeuille", "Zo werken wij"),
        ...support("5.2", "Algemene voorwaarden", "Algemene voorwaarden 2026"),
        ...support("5.3", "Privacyverklaring", "Privacyverklaring"),
        see("One aspect isn't enough", ".o_kmop_total:contains(/^0 van \\d+ /)"),
        ...support("5.3", "Privacyverklaring", "Register", "application"),
        ...support("5.2", "Algemene voorwaarden", "Getekende offerte", "application"),
        see("They count", ".o_kmop_total:contains(/^[1-9] van \\d+ indicatoren/)"),
        shoot("officer_4_supported"),
        click("Back to the registration", ".breadcrumb a:contains(Opleiding)"),
        audit("Open the audit"),
        press("Bureau aanschrijven"),
        ...choose("The bureau", "bureau_id", "CertUp", ".modal"),
        type("Its address", "email", "audit@certup.example.com", ".modal"),
        see(
            "The letter is written, in Dutch",
            ".modal .o_field_widget[name=body]:contains(Leerhuis)"
        ),
        shoot("officer_5_letter"),
        click("Send it", ".modal footer button[name=action_send]"),
        see("The dialog is closed", "body:not(:has(.modal))"),
        // The statuses themselves may have no room.
        see("It is requested", ".o_statusbar_status:contains(Aangevraagd)"),
        see(
            "An answer is waited for",
            ".o_statusbar_buttons button:contains(Antwoord invoeren)"
        ),
        shoot("officer_6_requested"),
    ],
});

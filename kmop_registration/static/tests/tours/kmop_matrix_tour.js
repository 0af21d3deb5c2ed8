import {registry} from "@web/core/registry";

const click = (content, trigger) => ({content, trigger, run: "click"});
const type = (content, field, text) => ({
    content,
    trigger: `.o_field_widget[name=${field}] input`,
    run: `edit ${text}`,
});
const cell = (state, rest = "") =>
    `.o_kmop_cell[data-aspect=application][aria-label^='5.1 ']` +
    `[aria-label*='Toepassing (aantoonbaarheid). ${state}.']${rest}`;
const matrix = (content) => ({
    content,
    trigger: ".o_kmop_total:contains(/^0 van \\d+ indicatoren gestaafd$/)",
});

// In Dutch: what the labels say is part of what is tested.
registry.category("web_tour.tours").add("kmop_matrix_tour", {
    steps: () => [
        click(
            "Open the matrix from the registration",
            "button.oe_stat_button:contains(Indicatoren):contains(/0\\s*\\/\\s*[1-9]/)"
        ),
        matrix("Nothing is supported yet"),
        {
            content: "The exempt requirement says so",
            trigger:
                "th[scope=rowgroup]:contains(2.) .o_kmop_support:contains(Vrijgesteld)",
        },
        click(
            "Open the empty cell",
            cell("Ontbreekt", "[aria-label$='Bewijsstuk toevoegen']")
        ),
        type("Name the piece", "name", "Statuten"),
        // A kind that usually supports the other aspect: the cell stays what it was.
        type("Look for its kind", "type_id", "Juridisch"),
        click(
            "Choose its kind",
            ".o-autocomplete--dropdown-item:contains(Juridisch en administratief) a"
        ),
        type(
            "Point to the document",
            "url",
            "https://intranet.dekade.example.com/statuten"
        ),
        {
            content: "It is for the cell that was clicked",
            trigger: ".o_field_widget[name=indicator_ids] .o_tag:contains(5.1)",
        },
        click("Save", ".o_form_button_save"),
        click("Submit", ".o_statusbar_buttons button[name=submit]:enabled"),
        {
            content: "It is submitted",
            trigger:
                ".o_statusbar_status button[data-value=submitted].o_arrow_button_current",
        },
        click("Back to the matrix", ".breadcrumb a:contains(Indicatorenmatrix)"),
        matrix("Submitted isn't supported"),
        {
            content: "The count changed, and the cell has the focus again",
            trigger: cell("Te beoordelen", ":focus .o_kmop_detail:contains(1)"),
        },
        {
            content: "A click opens what there is",
            trigger: cell("Te beoordelen"),
            run: "click",
        },
        {
            content: "One piece, for this cell only",
            trigger:
                ".o_list_view .o_data_row:only-child .o_data_cell:contains(Statuten)",
        },
        click("New from here is for this cell too", ".o_list_button_add"),
        {
            content: "The same indicator",
            trigger:
                ".o_form_view .o_field_widget[name=indicator_ids] .o_tag:contains(5.1)",
        },
        click("Discard it", ".o_form_button_cancel"),
        click("Back to the matrix", ".breadcrumb a:contains(Indicatorenmatrix)"),
        matrix("Back"),
    ],
});

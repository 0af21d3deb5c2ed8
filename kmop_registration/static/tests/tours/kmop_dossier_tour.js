import tourUtils from "@sale/js/tours/tour_utils";
import {registry} from "@web/core/registry";

const click = (content, trigger) => ({content, trigger, run: "click"});
const see = (content, trigger) => ({content, trigger});
const file = (name) => new File([`%PDF-1.4 ${name}`], name, {type: "application/pdf"});
const total = (present) => ({
    content: `${present} of the documents are there`,
    trigger: `.o_kmop_total:contains(/^${present} of [3-9] documents$/)`,
});
const line = (name, rest = "") =>
    `.o_kmop_line:has(.o_kmop_name:contains(${name}))${rest}`;
const state = (name, label) =>
    see(`${name} is ${label}`, line(name, ` .badge:contains(${label})`));

const transfer = (files) => {
    const dataTransfer = new DataTransfer();
    files.forEach((dropped) => dataTransfer.items.add(dropped));
    return dataTransfer;
};

const drop = (content, name, ...files) => ({
    content,
    trigger: line(name),
    run({anchor}) {
        const options = {bubbles: true, cancelable: true};
        const dataTransfer = transfer(files);
        anchor.dispatchEvent(new DragEvent("drop", {...options, dataTransfer}));
    },
});

const choose = (content, name, ...files) => ({
    content,
    trigger: line(name, ":has(.o_kmop_add)"),
    run({anchor}) {
        const input = anchor.querySelector("input[type=file]");
        input.files = transfer(files).files;
        input.dispatchEvent(new Event("change"));
    },
});

/** A date of the range, typed as somebody would. */
const typeDate = (field, days) => ({
    content: `Type ${field}`,
    trigger: `.o_field_daterange input[data-field=${field}]`,
    run: `edit ${luxon.DateTime.now().plus({days}).toFormat("MM/dd/yyyy")} && press Tab`,
});

const newQuote = (product) => [
    ...tourUtils.createNewSalesOrder(),
    ...tourUtils.selectCustomer("Kmo Klant BV"),
    ...tourUtils.addProduct(product),
    see("The price is there", ".oe_subtotal_footer:contains(/[1-9]/)"),
];

// From a quote to a dossier with documents, and a quote that is none.
registry.category("web_tour.tours").add("kmop_dossier_tour", {
    steps: () => [
        ...newQuote("Digitaal veilig werken"),
        click("The tab is there", ".o_notebook .nav-link[name=kmop]"),
        click("The client asks for subsidy", "[name=kmop_subsidised] input"),
        see(
            "What is lacking is said",
            ".o_kmop_warnings .alert-info:contains(Start of the service)"
        ),
        typeDate("kmop_date_start", 30),
        typeDate("kmop_date_end", 31),
        see("Nothing is lacking", ".o_form_sheet_bg:not(:has(.o_kmop_warnings))"),
        total(0),
        drop(
            "Drop a file on a quote that wasn't saved",
            "Training programme",
            file("programme.pdf")
        ),
        state("Training programme", "Submitted"),
        see("The quote is saved", ".o_form_saved"),
        total(1),
        click("Confirm", ".o_statusbar_buttons button[name=action_confirm]:enabled"),
        see(
            "It is sold",
            ".o_statusbar_status button[data-value=sale].o_arrow_button_current"
        ),
        total(2),
        state("Quote or contract", "Submitted"),
        see("It lacks", line("Attendance list", ".o_kmop_lacking")),
        choose(
            "Choose files for the attendance list",
            "Attendance list",
            file("day 1.pdf"),
            file("day 2.pdf")
        ),
        state("Attendance list", "Submitted"),
        total(3),
        see(
            "The evidence is counted",
            "button[name=action_kmop_open_evidence]:contains(3)"
        ),
        drop(
            "An empty file is no evidence",
            "Evaluation",
            new File([], "evaluation.pdf", {type: "application/pdf"})
        ),
        see("The server says why", ".modal:contains(evaluation.pdf is empty)"),
        click("Close", ".modal footer button"),
        see("The dialog is closed", "body:not(:has(.modal))"),
        state("Evaluation", "Missing"),
        total(3),
        click("Open the attendance list", line("Attendance list", " .o_kmop_pieces a")),
        see(
            "Both files are there",
            ".o_field_many2many_binary .o_attachment:contains(day 2.pdf)"
        ),
        click(
            "Back to the quote",
            ".o_breadcrumb .o_back_button, .breadcrumb-item:last a"
        ),
        see("The quote is back", ".o_sale_order, .o_form_view:has(.o_kmop_total)"),
        click("Back to the quotes", ".breadcrumb-item:first a"),
        ...newQuote("Stoel"),
        click("Save", ".o_form_button_save"),
        see("Saved", ".o_form_saved"),
        see(
            "No tab, no warnings, no checklist",
            ".o_form_view:not(:has(.nav-link[name=kmop], .o_kmop_warnings, .o_kmop_line))"
        ),
    ],
});

import {registry} from "@web/core/registry";

const file = (name, content, type = "application/pdf") =>
    new File([content], name, {type});

/** Drop files on the list, as from a folder of the computer. */
async function drop(files) {
    const transfer = new DataTransfer();
    files.forEach((one) => transfer.items.add(one));
    const fire = (target, name) =>
        target.dispatchEvent(
            new DragEvent(name, {
                bubbles: true,
                cancelable: true,
                dataTransfer: transfer,
            })
        );
    fire(document.querySelector(".o_list_renderer"), "dragenter");
    await new Promise((resolve) => setTimeout(resolve, 300));
    fire(document.querySelector(".o_drop_area"), "drop");
}

// Of a company that is registered already: its dates, then its files.
registry.category("web_tour.tours").add("kmop_onboard_tour", {
    steps: () => [
        {
            content: "Registered already",
            trigger: ".o_kmop_take_over",
            run: "click",
        },
        {
            content: "The number",
            trigger: ".modal .o_field_widget[name=number] input",
            run: "edit DV.O123456",
        },
        {
            content: "Fill in part 1",
            trigger: ".modal .o_data_row:first td[name=date_start]",
            run: "click",
        },
        {
            content: "From when",
            trigger: ".modal .o_data_row:first td[name=date_start] input",
            run() {
                const day = luxon.DateTime.now().minus({months: 6});
                this.anchor.value = day.toFormat("MM/dd/yyyy");
                this.anchor.dispatchEvent(new Event("input", {bubbles: true}));
                this.anchor.dispatchEvent(new Event("change", {bubbles: true}));
            },
        },
        {
            content: "Take it over",
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Go on to the evidence",
            trigger: ".modal button[name=action_open_evidence]",
            run: "click",
        },
        {
            content: "Its list",
            trigger: ".o_control_panel .o_breadcrumb:contains(Evidence)",
        },
        {
            // A dialog that is clicked while it opens in place of another can stay.
            content: "Without the dialog",
            trigger: ":is(.modal .btn-close, body:not(:has(.modal)) .o_list_renderer)",
            run() {
                if (this.anchor.matches(".btn-close")) {
                    this.anchor.click();
                }
            },
        },
        {
            content: "Drop two good files and a bad one",
            trigger: ".o_list_view .o_list_renderer",
            run: () =>
                drop([
                    file("Privacy_policy.pdf", "%PDF-1.4 privacy"),
                    file("terms of sale.txt", "1. Payment.", "text/plain"),
                    file("setup.exe", "MZ\x90\x00\x03\x00", "application/x-dosexec"),
                ]),
        },
        {
            content: "Both are there",
            trigger: ".o_data_row:contains(Privacy policy)",
        },
        {content: "Both", trigger: ".o_data_row:contains(terms of sale)"},
        {
            content: "The bad one is told",
            trigger:
                ".o_notification:contains(setup.exe):contains(Programs and scripts)",
        },
    ],
});

import {registry} from "@web/core/registry";

const click = (content, trigger) => ({content, trigger, run: "click"});
const back = () =>
    click("Back to the registration", ".breadcrumb a:contains(Leerhuis Test)");

registry.category("web_tour.tours").add("kmop_timeline_tour", {
    steps: () => [
        {
            content: "The request is what the path is at",
            trigger: ".o_kmop_current[data-step=request] .o_kmop_step_title",
        },
        click("Open the audit in the drawing", "[data-style='audit.requested']"),
        {
            content: "It is the audit",
            trigger:
                ".o_statusbar_status button[data-value=requested].o_arrow_button_current",
        },
        back(),
        click("Open the group of milestones", "[data-style='milestone.planned']"),
        {
            content: "All three are listed",
            trigger: ".o_list_view .o_data_row:nth-child(3)",
        },
        back(),
        click("Look at the first step", "[data-step=prepare] .o_kmop_step_title"),
        click("Follow its line", "[data-item=indicators] a"),
        {content: "It leads to the matrix", trigger: ".o_kmop_total"},
        back(),
        click("Look at the fourth step", "[data-step=registered] .o_kmop_step_title"),
        click("Fill in the number", "[data-item=number] a"),
        {
            content: "The cursor is there",
            trigger: "[name=number] input:focus",
            run: "edit DV.O123456",
        },
        click("Save", ".o_form_button_save"),
        {
            content: "The path follows",
            trigger: "[data-item=number][data-done='1']:contains(DV.O123456)",
        },
    ],
});

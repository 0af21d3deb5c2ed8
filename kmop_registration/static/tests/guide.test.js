import {expect, test} from "@odoo/hoot";
import {queryAllAttributes, queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    getService,
    models,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

const item = (name, done, link = false, values = {}) => ({
    name,
    label: `Label of ${name}`,
    todo: `Do ${name}`,
    done,
    value: false,
    link,
    ...values,
});

const step = (code, title, state, items, left = 0) => ({
    code,
    title,
    state,
    need: `What ${code} needs`,
    items,
    left,
});

const getGuide = (values = {}) => ({
    steps: [
        step(
            "prepare",
            "Prepare",
            "done",
            [
                item(
                    "indicators",
                    false,
                    {action: "action_open_matrix"},
                    {value: "1 of 9"}
                ),
            ],
            1
        ),
        step("part1", "Part 1", "current", [
            item("planned", true, {model: "kmop.audit", id: 5}),
            item("decided", false, {model: "kmop.audit", id: 5}),
        ]),
        step("registered", "Registered", "todo", [
            item("period", false),
            item("number", false, {field: "number"}),
        ]),
    ],
    current: "part1",
    next: {label: "Do decided", link: {model: "kmop.audit", id: 5}},
    notes: [],
    parts: [
        {
            name: "Part 1",
            audit: "Starters' audit",
            months: 24,
            exempt: ["2. Experience"],
        },
    ],
    ...values,
});

class Registration extends models.Model {
    _name = "kmop.registration";
    guide = fields.Json();
    number = fields.Char();
}

defineMailModels();
defineModels([Registration]);

async function openGuide(values) {
    Registration._records = [{id: 1, guide: getGuide(values), number: false}];
    await mountView({
        type: "form",
        resModel: "kmop.registration",
        resId: 1,
        arch: `<form><field name="number"/><field name="guide" widget="kmop_guide"/></form>`,
    });
    patchWithCleanup(getService("action"), {
        doAction: async ({res_model, res_id}) => expect.step(`${res_model} ${res_id}`),
        doActionButton: async ({name, resId}) => expect.step(`${name} ${resId}`),
    });
}

test("the current step is unfolded, with its lines", async () => {
    await openGuide();
    expect(queryAllAttributes(".o_kmop_step_title", "aria-expanded")).toEqual([
        "false",
        "true",
        "false",
    ]);
    expect("[aria-current=step]").toHaveText(/Part 1/);
    expect(".o_kmop_step_panel").toHaveCount(1);
    expect(".o_kmop_step_panel p").toHaveText("What part1 needs");
    expect(queryAllAttributes(".o_kmop_items li", "data-done")).toEqual(["1", "0"]);
    expect("[data-step=prepare] .o_kmop_left").toHaveText("1 left");
    expect("[data-step=prepare] .fa-check").toHaveCount(1);
    expect("[data-step=registered] .o_kmop_number").toHaveText("3");
});

test("another step can be looked at, and folded again", async () => {
    await openGuide();
    await contains("[data-step=prepare] button").click();
    expect(queryAllTexts(".o_kmop_step_panel p")).toEqual(["What prepare needs"]);
    expect("[data-item=indicators]").toHaveText(/Label of indicators\s*: 1 of 9/);
    expect(".o_kmop_next").toHaveCount(0);
    await contains("[data-step=prepare] button").click();
    expect(".o_kmop_step_panel").toHaveCount(0);
});

test("a line opens its record, a button of the form presses it", async () => {
    await openGuide();
    await contains("[data-item=planned] a").click();
    await contains("[data-step=prepare] button").click();
    await contains("[data-item=indicators] a").click();
    expect.verifySteps(["kmop.audit 5", "action_open_matrix 1"]);
});

test("what is next is one button", async () => {
    await openGuide();
    expect(".o_kmop_next").toHaveText("Do decided");
    await contains(".o_kmop_next").click();
    expect.verifySteps(["kmop.audit 5"]);
});

test("a line of a field puts the cursor there", async () => {
    await openGuide();
    await contains("[data-step=registered] button").click();
    expect("[data-item=period] a").toHaveCount(0);
    await contains("[data-item=number] a").click();
    await animationFrame();
    expect(document.activeElement).toBe(queryOne("[name=number] input"));
});

test("what was typed is saved before a line's action", async () => {
    await openGuide();
    onRpc("web_save", ({args}) => expect.step(`web_save ${args[1].number}`));
    await contains("[name=number] input").edit("DV.O123456", {confirm: false});
    await contains("[data-step=prepare] button").click();
    await contains("[data-item=indicators] a").click();
    expect("[name=number] input").toHaveValue("DV.O123456");
    expect.verifySteps(["web_save DV.O123456", "action_open_matrix 1"]);
});

test("an ended path has notes, and no button where nothing is next", async () => {
    const steps = getGuide().steps.map((one) => ({...one, state: "done"}));
    await openGuide({current: false, next: false, notes: ["Withdrawn: really"], steps});
    expect(".alert").toHaveText("Withdrawn: really");
    expect(".o_kmop_step_panel").toHaveCount(0);
    expect(".o_kmop_next").toHaveCount(0);
});

test("good to know answers with the numbers of the track", async () => {
    await openGuide();
    expect("details").not.toHaveAttribute("open");
    await contains("summary").click();
    expect("details").toHaveAttribute("open");
    expect("details li").toHaveText(
        "Part 1 (Starters' audit): 24 months. Exempt: 2. Experience."
    );
    expect("details dt").toHaveCount(4);
});

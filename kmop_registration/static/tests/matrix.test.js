import {expect, test} from "@odoo/hoot";
import {
    press,
    queryAll,
    queryAllAttributes,
    queryAllTexts,
    queryOne,
} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import {WebClient} from "@web/webclient/webclient";

defineMailModels();

const NOTHING = {
    ground: false,
    accepted: 0,
    submitted: 0,
    expired: 0,
    outside: 0,
    draft: 0,
    rejected: 0,
};

const description = (state, values = {}) => ({
    ...NOTHING,
    aspect: "description",
    state,
    ...values,
});

const application = (state, values = {}) => ({
    ...NOTHING,
    aspect: "application",
    state,
    ...values,
});

const indicator = (id, name, ...cells) => ({id, name, description: false, cells});

const getMatrix = () => ({
    id: 7,
    name: "Leerhuis – Training",
    part: "Starters: part 1",
    day: "2026-09-30",
    supported: 1,
    required: 3,
    aspects: [
        {name: "description", label: "Description"},
        {name: "application", label: "Application"},
    ],
    requirements: [
        {
            id: 1,
            name: "1. Activity",
            supported: 1,
            required: 3,
            indicators: [
                indicator(
                    11,
                    "1.1 Offer",
                    description("supported", {accepted: 2, submitted: 1}),
                    application("supported", {accepted: 1})
                ),
                indicator(
                    12,
                    "1.2 Themes",
                    description("waiting", {submitted: 1, expired: 1}),
                    application("stale", {expired: 1, outside: 2})
                ),
                indicator(
                    13,
                    "1.3 People",
                    description("missing"),
                    application("missing", {draft: 1})
                ),
            ],
        },
        {
            id: 2,
            name: "2. Experience",
            supported: 0,
            required: 0,
            indicators: [
                indicator(
                    21,
                    "2.1 People",
                    description("exempt", {ground: "Starters: part 1"}),
                    application("exempt", {ground: "ISO 9001 certificate", accepted: 1})
                ),
            ],
        },
    ],
});

async function openMatrix({matrix = getMatrix(), context = {active_id: 7}} = {}) {
    onRpc("kmop.registration", "get_matrix", ({args}) => {
        expect.step(`get_matrix ${args[0]}`);
        return matrix;
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "kmop_registration.matrix",
        context,
    });
    expect.verifySteps(context.active_id ? ["get_matrix 7"] : []);
}

function catchActions() {
    const actions = [];
    patchWithCleanup(getService("action"), {
        loadAction: async (xmlid) => ({
            xml_id: xmlid,
            type: "ir.actions.act_window",
            res_model: "kmop.evidence",
        }),
        doAction: async (action) => actions.push(action),
    });
    return actions;
}

const cell = (id, aspect) =>
    `.o_kmop_cell[data-indicator='${id}'][data-aspect='${aspect}']`;

const getLabels = () => queryAllAttributes(".o_kmop_cell", "aria-label");

async function expectFocus(key, id, aspect) {
    await press(key);
    await animationFrame();
    expect(cell(id, aspect)).toBeFocused({message: key.toString()});
    expect(".o_kmop_cell[tabindex='0']").toHaveCount(1);
    expect(cell(id, aspect)).toHaveAttribute("tabindex", "0");
}

test("a table of indicators by aspect", async () => {
    await openMatrix();
    expect(".o_kmop_matrix h2").toHaveText("Leerhuis – Training");
    expect(".o_kmop_total").toHaveText("1 of 3 indicators supported");
    expect("table[role=grid] caption").toHaveCount(1);
    expect(queryAllTexts("thead th[scope=col]")).toEqual([
        "Indicator",
        "Description",
        "Application",
    ]);
    expect(queryAllTexts("th[scope=rowgroup] span:first-child")).toEqual([
        "1. Activity",
        "2. Experience",
    ]);
    expect(queryAllTexts("th[scope=rowgroup] .o_kmop_support")).toEqual([
        "1 of 3 indicators supported",
        "Exempt",
    ]);
    expect("tbody th[scope=row]").toHaveCount(4);
    expect("td > button.o_kmop_cell").toHaveCount(8);
});

test("each state has a class, an icon, a name and the count that makes it", async () => {
    await openMatrix();
    const states = ["supported", "waiting", "stale", "missing", "exempt"];
    const icons = queryAllAttributes(".o_kmop_legend i", "class");
    expect(".o_kmop_legend li").toHaveCount(states.length);
    expect(new Set(icons).size).toBe(states.length);
    expect(queryAllTexts(".o_kmop_state")).toEqual([
        "Supported",
        "Supported",
        "To judge",
        "No longer counts",
        "Missing",
        "Missing",
        "Exempt",
        "Exempt",
    ]);
    for (const [id, aspect, state, count] of [
        [11, "description", "supported", "2"],
        [12, "description", "waiting", "1"],
        [12, "application", "stale", "3"],
        [13, "application", "missing", "1"],
        [21, "application", "exempt", "1"],
    ]) {
        expect(cell(id, aspect)).toHaveClass(`o_kmop_${state}`);
        expect(`${cell(id, aspect)} .o_kmop_count`).toHaveText(count);
    }
    expect(`${cell(13, "description")} .o_kmop_add`).toHaveCount(1);
    expect(".o_kmop_add").toHaveCount(1);
});

test("the labels say it in words", async () => {
    await openMatrix();
    expect(getLabels()).toEqual([
        "1.1 Offer. Description. Supported. 2 accepted, 1 to judge. Show the evidence",
        "1.1 Offer. Application. Supported. 1 accepted. Show the evidence",
        "1.2 Themes. Description. To judge. 1 to judge, 1 past its review. Show the evidence",
        "1.2 Themes. Application. No longer counts. 1 past its review, 2 outside the window. Show the evidence",
        "1.3 People. Description. Missing. no evidence. Add evidence",
        "1.3 People. Application. Missing. 1 in draft. Show the evidence",
        "2.1 People. Description. Exempt. Starters: part 1. no evidence. Show the evidence",
        "2.1 People. Application. Exempt. ISO 9001 certificate. 1 accepted. Show the evidence",
    ]);
});

test("an exempt cell shows its ground", async () => {
    await openMatrix();
    expect(cell(21, "description")).toHaveAttribute("title", "Starters: part 1");
    expect(`${cell(21, "description")} .o_kmop_detail`).toHaveText("Starters: part 1");
    expect(cell(11, "description")).not.toHaveAttribute("title");
});

test("arrow keys move between the cells, with one tab stop", async () => {
    await openMatrix();
    expect(cell(11, "description")).toHaveAttribute("tabindex", "0");
    queryOne(cell(11, "description")).focus();
    await animationFrame();
    await expectFocus("ArrowRight", 11, "application");
    await expectFocus("ArrowRight", 11, "application");
    await expectFocus("ArrowDown", 12, "application");
    await expectFocus("ArrowLeft", 12, "description");
    await expectFocus("ArrowLeft", 12, "description");
    await expectFocus("End", 12, "application");
    await expectFocus("Home", 12, "description");
    await expectFocus(["ctrl", "End"], 21, "application");
    await expectFocus("ArrowDown", 21, "application");
    await expectFocus("ArrowUp", 13, "application");
    await expectFocus(["ctrl", "Home"], 11, "description");
    await expectFocus("ArrowUp", 11, "description");
});

test("a cell with evidence opens its list", async () => {
    await openMatrix();
    const actions = catchActions();
    await contains(cell(12, "application")).click();
    expect(actions).toHaveLength(1);
    const [action] = actions;
    expect(action.xml_id).toBe("kmop_registration.kmop_evidence_action");
    expect(action.name).toBe("1.2 Themes – Application");
    expect(action.domain).toEqual([
        ["registration_id", "=", 7],
        ["indicator_ids", "in", [12]],
        ["aspect", "=", "application"],
    ]);
    expect(action.context).toEqual({
        default_registration_id: 7,
        default_indicator_ids: [12],
        default_aspect: "application",
    });
});

test("Enter on an empty cell opens a new piece for it", async () => {
    await openMatrix();
    const actions = catchActions();
    queryOne(cell(13, "description")).focus();
    await press("Enter");
    await animationFrame();
    expect(actions).toHaveLength(1);
    expect(actions[0].res_model).toBe("kmop.evidence");
    expect(actions[0].views).toEqual([[false, "form"]]);
    expect(actions[0].context).toEqual({
        default_registration_id: 7,
        default_indicator_ids: [13],
        default_aspect: "description",
    });
});

test("back from elsewhere, it is read anew and the same cell has the focus", async () => {
    await openMatrix();
    queryOne(cell(12, "application")).focus();
    await animationFrame();
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "kmop_registration.matrix",
        context: {active_id: 8},
    });
    expect.verifySteps(["get_matrix 8"]);
    await contains(".o_breadcrumb .o_back_button, .breadcrumb-item a").click();
    await animationFrame();
    expect.verifySteps(["get_matrix 7"]);
    expect(cell(12, "application")).toBeFocused();
});

test("without an audit to prepare", async () => {
    const nothing = {part: false, day: false, required: 0, requirements: []};
    await openMatrix({matrix: {...getMatrix(), ...nothing}});
    expect("[role=status]").toHaveText("This registration has no audit to prepare.");
    expect(queryAll("table")).toHaveLength(0);
});

test("without a registration", async () => {
    await openMatrix({context: {}});
    expect("[role=status]").toHaveText("Open the matrix from a registration.");
});

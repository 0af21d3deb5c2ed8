import {expect, test} from "@odoo/hoot";
import {
    hover,
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
    defineModels,
    fields,
    getService,
    models,
    mountView,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

const style = (label, values = {}) => ({
    label,
    fill: "#ffffff",
    stroke: "#0b5cad",
    ink: "#0b5cad",
    shape: "M0,-10 L10,0 L0,10 L-10,0 Z",
    glyph: null,
    dash: null,
    width: 2,
    ...values,
});

const item = (id, name, date, lane, state, values = {}) => ({
    id,
    name,
    date,
    facts: [["Remind on", date]],
    model: `kmop.${lane}`,
    style: `${lane}.${state}`,
    ...values,
});

const mark = (x, ...items) => ({
    lane: items[0].style.split(".")[0],
    style: items[0].style,
    x,
    y: 98,
    items,
});

const span = (name, state, x, width, values = {}) => ({
    ...item(1, name, "2026-03-01", "period", state),
    model: "kmop.registration.period",
    facts: [],
    until: "2028-02-29",
    x,
    width,
    middle: x + width / 2,
    named: true,
    dated: false,
    hatch: false,
    ...values,
});

const getDrawing = (marks) => ({
    size: [1000, 196],
    band: [34, 34],
    axis: [112, 984, 164],
    lanes: [
        {name: "period", label: "Periods", y: 51},
        {name: "audit", label: "Audits", y: 98},
        {name: "milestone", label: "Milestones", y: 138},
    ],
    styles: {
        "period.granted": style("Granted", {shape: null}),
        "period.coming": style("To come", {shape: null, dash: "3,4"}),
        "audit.positive": style("Positive"),
        "milestone.planned": style("Planned"),
        "milestone.late": style("Overdue"),
    },
    spans: [
        span("Part 1", "granted", 120, 300, {dated: true}),
        span("Part 2", "coming", 420, 500, {model: false, id: false}),
    ],
    marks,
    today: {x: 200, date: "2026-05-04"},
    years: [{year: 2027, x: 300}],
    hidden: 0,
});

const getMarks = () => [
    mark(120, item(7, "Part 1", "2026-03-01", "audit", "positive")),
    mark(180, item(21, "Prepare", "2026-04-02", "milestone", "late")),
    mark(
        300,
        item(22, "Ask", "2027-01-01", "milestone", "planned"),
        item(23, "Plan", "2027-01-08", "milestone", "planned")
    ),
];

class Registration extends models.Model {
    _name = "kmop.registration";
    timeline = fields.Json();
}

defineMailModels();
defineModels([Registration]);

async function openTimeline(marks = getMarks(), values = {}) {
    Registration._records = [{id: 1, timeline: {...getDrawing(marks), ...values}}];
    await mountView({
        type: "form",
        resModel: "kmop.registration",
        resId: 1,
        arch: `<form><field name="timeline" widget="kmop_timeline"/></form>`,
    });
    patchWithCleanup(getService("action"), {
        doAction: async ({res_model, res_id, domain}) =>
            expect.step([res_model, res_id || domain[0][2]].flat().join(" ")),
    });
}

const focused = () => document.activeElement.getAttribute("aria-label");

test("draws each span and mark where the server says, with a name", async () => {
    await openTimeline();
    expect(queryAllAttributes(".o_kmop_mark", "data-style")).toEqual([
        "period.granted",
        "period.coming",
        "audit.positive",
        "milestone.late",
        "milestone.planned",
    ]);
    expect(queryAllAttributes("[data-style^=period] rect", "x")).toEqual([
        "120",
        "420",
    ]);
    expect(queryAllAttributes("[data-style^=milestone] > g", "transform")).toEqual([
        "translate(180,98)",
        "translate(300,98)",
    ]);
    expect(queryAllAttributes(".o_kmop_mark", "aria-label").slice(0, 4)).toEqual([
        "Part 1, Granted, From 03/01/2026 until 02/29/2028",
        "Part 2, To come, From 03/01/2026 until 02/29/2028",
        "Part 1, Positive, 03/01/2026",
        "Prepare, Overdue, 04/02/2026",
    ]);
    for (const node of queryAll(".o_kmop_timeline_scroll svg *")) {
        expect(node).toBeInstanceOf(SVGElement);
    }
    expect(".o_kmop_today text").toHaveText("Today, 05/04/2026");
});

test("the legend tells each look once", async () => {
    await openTimeline();
    expect(queryAllTexts(".o_kmop_timeline_legend li")).toEqual([
        "Granted",
        "To come",
        "Positive",
        "Planned",
        "Overdue",
    ]);
});

test("a group tells how many and which", async () => {
    await openTimeline();
    expect(".o_kmop_count").toHaveText("2");
    expect(queryOne("[data-index='4']").getAttribute("aria-label")).toBe(
        "2 together, from 01/01/2027 until 01/08/2027: Ask, Plan"
    );
});

test("hovering tells, leaving doesn't", async () => {
    await openTimeline();
    await hover("[data-index='3']");
    await animationFrame();
    expect("[role=tooltip]").toHaveText(
        "Prepare, Overdue, 04/02/2026\nRemind on: 04/02/2026"
    );
    await hover(".o_kmop_timeline_legend");
    await animationFrame();
    expect("[role=tooltip]").toHaveCount(0);
});

test("a large group tells the first and how many more", async () => {
    const items = [...Array(10).keys()].map((i) =>
        item(i + 1, `M${i}`, "2027-01-01", "milestone", "planned")
    );
    await openTimeline([mark(300, ...items)]);
    await hover(".o_kmop_mark[data-style='milestone.planned']");
    await animationFrame();
    expect("[role=tooltip]").toHaveText(/M5.*\nand 4 more$/);
});

test("a click opens the record, or the list of a group", async () => {
    await openTimeline();
    await contains("[data-index='0']").click();
    await contains("[data-index='2']").click();
    await contains("[data-index='4']").click();
    expect.verifySteps([
        "kmop.registration.period 1",
        "kmop.audit 7",
        "kmop.milestone 22 23",
    ]);
    await contains("[data-index='1']").click();
    expect.verifySteps([]);
    expect("[data-index='1']").toHaveAttribute("role", "img");
});

test("one tab stop; arrow keys move, tell and Enter opens", async () => {
    await openTimeline();
    expect(".o_kmop_mark[tabindex='0']").toHaveCount(1);
    queryOne("[data-index='0']").focus();
    await animationFrame();
    expect("[role=tooltip]").toHaveText(/^Part 1, Granted/);
    await press("ArrowRight");
    await animationFrame();
    expect(focused()).toMatch(/^Part 2, To come/);
    await press("ArrowRight");
    expect(focused()).toMatch(/^Part 2, To come/);
    await press("Home");
    await press("ArrowDown");
    expect(focused()).toMatch(/^Part 1, Positive/);
    await press("ArrowDown");
    await animationFrame();
    expect(focused()).toMatch(/^Prepare/);
    expect(queryAllAttributes(".o_kmop_mark[tabindex='0']", "data-index")).toEqual([
        "3",
    ]);
    await press("End");
    expect(focused()).toMatch(/^2 together/);
    await press("ArrowLeft");
    await press("Enter");
    expect.verifySteps(["kmop.milestone 21"]);
    await press("ArrowUp");
    await press("ArrowUp");
    expect(focused()).toMatch(/^Part 1, Granted/);
});

test("Escape takes away what is told", async () => {
    await openTimeline();
    queryOne("[data-index='2']").focus();
    await animationFrame();
    expect("[role=tooltip]").toHaveCount(1);
    await press("Escape");
    await animationFrame();
    expect("[role=tooltip]").toHaveCount(0);
    expect(focused()).toMatch(/^Part 1, Positive/);
});

test("the list tells everything by day, with links", async () => {
    await openTimeline(getMarks(), {hidden: 3});
    expect(".o_kmop_timeline_days").toHaveCount(0);
    await contains("button:contains(As a list)").click();
    expect(".o_kmop_timeline_days li").toHaveCount(6);
    expect(".o_kmop_timeline_days li:last").toHaveText("Plan, Planned, 01/08/2027");
    await contains(".o_kmop_timeline_days a:contains(Plan, Planned)").click();
    expect.verifySteps(["kmop.milestone 23"]);
    expect(".o_kmop_timeline").toHaveText(/Milestones outside this drawing: 3/);
});

test("200 marks are drawn at once and stay quick to walk", async () => {
    const marks = [...Array(200).keys()].map((i) =>
        mark(112 + i * 4, item(i + 1, `M${i}`, "2027-01-01", "milestone", "planned"))
    );
    await openTimeline(marks);
    expect("[data-style='milestone.planned']").toHaveCount(200);
    queryOne("[data-index='2']").focus();
    for (let i = 0; i < 20; i++) {
        await press("ArrowRight");
        await animationFrame();
    }
    expect(focused()).toMatch(/^M20,/);
    // Generous: what it takes on a busy machine, not what it should.
});

test("draws nothing for a record without a drawing", async () => {
    Registration._records = [{id: 1, timeline: false}];
    await mountView({
        type: "form",
        resModel: "kmop.registration",
        resId: 1,
        arch: `<form><field name="timeline" widget="kmop_timeline"/></form>`,
    });
    expect(".o_kmop_timeline svg").toHaveCount(0);
});

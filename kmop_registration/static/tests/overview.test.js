import {expect, test} from "@odoo/hoot";
import {click, queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

const requirement = (id, name, supported, required) => ({
    id,
    name,
    supported,
    required,
});

const getCard = (values = {}) => ({
    validity: {
        state: "valid",
        label: "Valid",
        text: "Until 31 Mar 2028: 365 days left",
        share: 50,
    },
    requirements: [
        requirement(1, "1. Activity", 7, 7),
        requirement(2, "2. Experience", 0, 0),
        requirement(3, "3. Satisfaction", 1, 4),
        requirement(4, "4. Knowledge", 0, 3),
    ],
    milestone: {
        id: 5,
        name: "Prepare the next audit",
        when: "1 Aug 2026: in 31 days",
        late: false,
        user: {id: 2, name: "Lies Claes"},
    },
    findings: 2,
    ...values,
});

class KmopRegistration extends models.Model {
    _name = "kmop.registration";

    name = fields.Char();
    card = fields.Json();
    _records = [{id: 1, name: "Leerhuis – Training", card: getCard()}];
}

defineMailModels();
defineModels([KmopRegistration]);

const WORRIES = ["judge", "review", "findings", "milestones", "dossiers", "surveys"];
const worries = (counts) => WORRIES.map((name) => ({name, count: counts[name] || 0}));

const step = (name, done = false) => ({name, done});
const getSteps = () => [
    step("registration", true),
    step("dates"),
    step("products"),
    step("survey", true),
    step("bureau"),
];

async function openOverview({records, ...values} = {}) {
    if (records) {
        KmopRegistration._records = records;
    }
    const data = {
        empty: !KmopRegistration._records.length,
        can_create: true,
        worries: worries({}),
        onboarding: false,
        ...values,
    };
    onRpc("kmop.registration", "get_overview", () => {
        expect.step("get_overview");
        return data;
    });
    await mountView({
        type: "kanban",
        resModel: "kmop.registration",
        arch: `
            <kanban js_class="kmop_overview" class="o_kmop_overview">
                <templates>
                    <t t-name="card">
                        <field name="name"/>
                        <field name="card" widget="kmop_card"/>
                    </t>
                </templates>
            </kanban>`,
        noContentHelp: "Nothing found",
    });
    expect.verifySteps(["get_overview"]);
    return data;
}

test("a card says how long, how ready and what is next", async () => {
    await openOverview();
    expect(".o_kmop_validity").toHaveText("Valid\nUntil 31 Mar 2028: 365 days left");
    expect(queryOne(".o_kmop_validity .progress-bar").style.width).toBe("50%");
    expect(queryAllTexts(".o_kmop_readiness .o_kmop_support")).toEqual([
        "7 of 7",
        "Exempt",
        "1 of 4",
        "0 of 3",
    ]);
    expect(".o_kmop_next").toHaveText(
        /What is next\s+Prepare the next audit\s+1 Aug 2026: in 31 days\s+Lies Claes/
    );
    expect(".o_kmop_findings").toHaveText("2 open findings");
});

test("the colour goes with the text", async () => {
    await openOverview();
    const bars = ".o_kmop_readiness li";
    expect(`${bars}:eq(0) .progress-bar`).toHaveClass("text-bg-success");
    expect(`${bars}:eq(1) .progress-bar`).toHaveCount(0);
    expect(`${bars}:eq(2) .progress-bar`).toHaveClass("text-bg-warning");
    expect(`${bars}:eq(3) .o_kmop_support`).toHaveClass("text-danger");
});

test("what is late, and of nobody", async () => {
    const milestone = {...getCard().milestone, late: true, user: false};
    await openOverview({
        records: [{id: 1, name: "A", card: getCard({milestone, findings: 1})}],
    });
    expect(".o_kmop_next .text-danger").toHaveText("1 Aug 2026: in 31 days");
    expect(".o_kmop_next").toHaveText(/Nobody has it/);
    expect(".o_kmop_findings").toHaveText("1 open finding");
});

test("nothing is shown of what isn't there", async () => {
    const card = getCard({requirements: [], milestone: false, findings: 0});
    await openOverview({records: [{id: 1, name: "A", card}]});
    expect(".o_kmop_validity").toHaveCount(1);
    expect(".o_kmop_readiness, .o_kmop_next, .o_kmop_findings").toHaveCount(0);
});

test("only what asks for attention is counted", async () => {
    await openOverview({worries: worries({dossiers: 11, review: 1})});
    expect(queryAllTexts(".o_kmop_worry")).toEqual([
        "1\nEvidence due for review",
        "11\nIncomplete dossiers",
    ]);
    expect(".o_kmop_calm").toHaveCount(0);
});

test("a calm day is said", async () => {
    await openOverview();
    expect(".o_kmop_worry").toHaveCount(0);
    expect(".o_kmop_calm").toHaveText("Nothing asks for attention today.");
});

test("a count opens its list with its filter and no other", async () => {
    mockService("action", {
        loadAction: async (xmlid) => ({
            xmlid,
            type: "ir.actions.act_window",
            context: {search_default_open: 1, kept: 1},
        }),
        doAction: (action) => {
            expect.step([action.xmlid, action.context]);
        },
    });
    await openOverview({worries: worries({findings: 1, surveys: 2})});
    await click("[data-worry=findings]");
    await animationFrame();
    await click("[data-worry=surveys]");
    await animationFrame();
    expect.verifySteps([
        ["kmop_registration.kmop_finding_action", {kept: 1, search_default_overdue: 1}],
        ["survey.action_survey_user_input", {kept: 1, search_default_kmop_waiting: 1}],
    ]);
});

test("steps of the set-up say whether they are done", async () => {
    await openOverview({onboarding: getSteps()});
    expect(".o_kmop_onboarding").toHaveText(/2 of 5 done/);
    expect(".o_kmop_done").toHaveCount(2);
    expect("[data-step=registration]").toHaveText(/Choose the service: done/);
    expect("[data-step=dates]").toHaveText(/Registered already\?/);
});

test("a step opens its screen, and is read again after it", async () => {
    onRpc("kmop.registration", "get_onboarding_action", ({args}) => {
        expect.step(args[0]);
        return {type: "ir.actions.act_window", res_model: "x"};
    });
    mockService("action", {
        doAction: (action, {onClose}) => {
            expect.step(action.res_model);
            return onClose();
        },
    });
    await openOverview({onboarding: getSteps()});
    await click("[data-step=products]");
    await animationFrame();
    expect.verifySteps(["products", "x", "get_overview"]);
});

test("the set-up can be hidden", async () => {
    const data = await openOverview({onboarding: getSteps()});
    onRpc("kmop.registration", "close_onboarding", () => {
        data.onboarding = false;
        expect.step("close_onboarding");
        return true;
    });
    await click(".o_kmop_close");
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["close_onboarding", "get_overview"]);
    expect(".o_kmop_onboarding").toHaveCount(0);
});

test("an empty screen leads to a start", async () => {
    onRpc("kmop.registration", "get_onboarding_action", ({args}) => {
        expect.step(args[0]);
        return {};
    });
    mockService("action", {doAction: () => undefined});
    await openOverview({records: []});
    expect(".o_kmop_empty").toHaveText(/No registration yet/);
    expect(".o_view_nocontent, .o_kmop_worries").toHaveCount(0);
    await click(".o_kmop_start");
    await animationFrame();
    await click(".o_kmop_take_over");
    await animationFrame();
    expect.verifySteps(["registration", "dates"]);
});

test("who can't start one is told who can", async () => {
    await openOverview({records: [], can_create: false});
    expect(".o_kmop_empty button").toHaveCount(0);
    expect(".o_kmop_empty").toHaveText(/A quality officer of your company starts it/);
});

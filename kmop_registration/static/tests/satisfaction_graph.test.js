import {expect, test} from "@odoo/hoot";
import {
    checkDatasets,
    setupChartJsForTests,
} from "@web/../tests/views/graph/graph_test_helpers";
import {
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

class Answer extends models.Model {
    band = fields.Selection({
        selection: [
            ["high", "High"],
            ["low", "Low"],
        ],
    });
    score = fields.Float({aggregator: "avg"});

    _records = [
        {id: 1, band: "high", score: 90},
        {id: 2, band: "low", score: 30},
    ];
}

defineMailModels();
defineModels([Answer]);
setupChartJsForTests();

/** Mount the chart; the server leaves out the mean of the bands in ``hidden``. */
async function mountGraph(hidden, measure = `<field name="score" type="measure"/>`) {
    onRpc("formatted_read_group", async ({parent}) => {
        const groups = await parent();
        for (const group of groups) {
            if (hidden.includes(group.band) && "score:avg" in group) {
                group["score:avg"] = false;
            }
        }
        return groups;
    });
    return mountView({
        type: "graph",
        resModel: "answer",
        arch: `
            <graph js_class="kmop_satisfaction_graph">
                <field name="band"/>
                ${measure}
            </graph>`,
        noContentHelp: "Not enough answers",
    });
}

test("a mean that isn't shown leaves a gap", async () => {
    const view = await mountGraph(["low"]);
    checkDatasets(view, "data", {data: [90, null]});
    expect(".o_view_nocontent").toHaveCount(0);
});

test("where no mean is shown, it says why", async () => {
    await mountGraph(["high", "low"]);
    expect(".o_view_nocontent").toHaveText("Not enough answers");
});

test("the number of answers is always shown", async () => {
    const view = await mountGraph(["high", "low"], "");
    checkDatasets(view, "data", {data: [1, 1]});
    expect(".o_view_nocontent").toHaveCount(0);
});

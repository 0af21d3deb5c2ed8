import {expect, test} from "@odoo/hoot";
import {press, queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {Deferred, animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    getService,
    makeServerError,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {WebClient} from "@web/webclient/webclient";

defineMailModels();

const LINKED = "Linked already as Quote";
const STATUS = ".o_kmop_link_progress [role=status]";
const BAR = ".o_kmop_link_progress [role=progressbar]";

const getSkipped = () => queryAllTexts(".o_kmop_link_progress .o_kmop_skipped li");
const getButtons = () => queryAllTexts(".o_kmop_link_progress footer button");
const click = (label) =>
    contains(`.o_kmop_link_progress footer button:contains(/^${label}$/)`).click();

/**
 * Open the dialog for seven documents in batches of three.
 *
 * @param {Function[]} answers what the server does on each request in turn
 * @param {Object[]} skipped what the wizard found already
 * @returns {Promise} that ends with what the client action leads to
 */
async function openProgress(answers, skipped = []) {
    onRpc("kmop.evidence.link", "link_batch", ({args, kwargs}) => {
        const {active_model: model, active_ids: ids} = kwargs.context;
        expect.step(`${args[0]} ${model} ${ids}`);
        return answers.shift()(ids);
    });
    await mountWithCleanup(WebClient);
    const done = getService("action").doAction({
        type: "ir.actions.client",
        tag: "kmop_link_progress",
        params: {
            wizard_id: 5,
            model: "sale.order",
            document_ids: [11, 12, 13, 14, 15, 16, 17],
            batch_size: 3,
            skipped,
        },
    });
    // One frame for the dialog, one for what it did as soon as it was there.
    await animationFrame();
    await animationFrame();
    return {done};
}

const link = (ids) => ({linked: ids.length, skipped: []});
const fail = () => {
    throw makeServerError({type: "ValidationError", message: "Evidence of tomorrow."});
};

test("batch by batch, with the progress", async () => {
    const second = new Deferred();
    await openProgress([link, () => second, link]);
    expect.verifySteps(["5 sale.order 11,12,13", "5 sale.order 14,15,16"]);
    expect(STATUS).toHaveText("3 of 7");
    expect(BAR).toHaveAttribute("aria-valuenow", "3");
    expect(BAR).toHaveAttribute("aria-valuemax", "7");
    expect(getButtons()).toEqual(["Stop"]);
    second.resolve({linked: 3, skipped: []});
    await animationFrame();
    expect.verifySteps(["5 sale.order 17"]);
    expect(STATUS).toHaveText("7 of 7 documents linked.");
    expect(BAR).toHaveAttribute("aria-valuenow", "7");
    expect(getButtons()).toEqual(["Close"]);
    expect(getSkipped()).toEqual([]);
});

test("what is skipped adds up by reason", async () => {
    const skip = (reason, names) => () => ({
        linked: 3 - names.length,
        skipped: [{reason, count: names.length, names}],
    });
    await openProgress(
        [skip(LINKED, ["S11", "S12"]), skip("Cancelled", ["S14"]), link],
        [{reason: LINKED, count: 30, names: ["S01"]}]
    );
    expect.verifySteps([
        "5 sale.order 11,12,13",
        "5 sale.order 14,15,16",
        "5 sale.order 17",
    ]);
    expect(STATUS).toHaveText("4 of 7 documents linked.");
    expect(getSkipped()).toEqual([
        `32 ${LINKED}\nS01, S11, S12 and 29 more`,
        "1 Cancelled\nS14",
    ]);
});

test("stopped after the batch that runs, and gone on", async () => {
    const first = new Deferred();
    await openProgress([() => first, link, link]);
    await click("Stop");
    expect(STATUS).toHaveText("0 of 7: stopping after this batch…");
    expect(".o_kmop_link_progress footer button").toHaveProperty("disabled", true);
    first.resolve({linked: 3, skipped: []});
    await animationFrame();
    expect.verifySteps(["5 sale.order 11,12,13"]);
    expect(STATUS).toHaveText("3 of 7 documents linked.");
    expect(getButtons()).toEqual(["Go on", "Close"]);
    await click("Go on");
    await animationFrame();
    expect.verifySteps(["5 sale.order 14,15,16", "5 sale.order 17"]);
    expect(STATUS).toHaveText("7 of 7 documents linked.");
});

test("a batch that fails is told, and tried again", async () => {
    await openProgress([link, fail, link, link]);
    expect.verifySteps(["5 sale.order 11,12,13", "5 sale.order 14,15,16"]);
    expect(STATUS).toHaveText("3 of 7");
    expect(".o_kmop_link_progress [role=alert] p:first").toHaveText(
        "Evidence of tomorrow."
    );
    expect(getButtons()).toEqual(["Try again", "Skip this batch and go on", "Close"]);
    await click("Try again");
    await animationFrame();
    expect.verifySteps(["5 sale.order 14,15,16", "5 sale.order 17"]);
    expect(".o_kmop_link_progress [role=alert]").toHaveCount(0);
    expect(STATUS).toHaveText("7 of 7 documents linked.");
});

test("a batch that fails is skipped", async () => {
    await openProgress([fail, link, link]);
    await click("Skip this batch and go on");
    await animationFrame();
    expect.verifySteps([
        "5 sale.order 11,12,13",
        "5 sale.order 14,15,16",
        "5 sale.order 17",
    ]);
    expect(STATUS).toHaveText("4 of 7 documents linked.");
    expect(getSkipped()).toEqual(["3 Evidence of tomorrow."]);
});

test("an error of the server itself isn't quoted", async () => {
    const crash = () => {
        throw makeServerError({
            errorName: "psycopg2.OperationalError",
            message: "server closed the connection",
        });
    };
    await openProgress([crash]);
    expect.verifySteps(["5 sale.order 11,12,13"]);
    expect(".o_kmop_link_progress [role=alert] p:first").toHaveText(
        "The server couldn't link this batch."
    );
});

test("Escape lets the batch end, says what was done and closes", async () => {
    const first = new Deferred();
    const {done} = await openProgress([() => first]);
    await press("Escape");
    await animationFrame();
    expect(".o_kmop_link_progress").toHaveCount(1);
    first.resolve({linked: 3, skipped: []});
    await done;
    await animationFrame();
    expect.verifySteps(["5 sale.order 11,12,13"]);
    expect(".o_kmop_link_progress").toHaveCount(0);
    expect(".o_notification").toHaveText(/3 of 7 documents linked\./);
});

test("closed at the end without a word", async () => {
    const {done} = await openProgress([link, link, link]);
    await click("Close");
    await done;
    expect.verifySteps([
        "5 sale.order 11,12,13",
        "5 sale.order 14,15,16",
        "5 sale.order 17",
    ]);
    expect(".o_kmop_link_progress").toHaveCount(0);
    expect(".o_notification").toHaveCount(0);
});

test("names from outside stay text", async () => {
    const names = ["<b>S01</b>"];
    await openProgress([link, link, link], [{reason: "<i>No</i>", count: 1, names}]);
    expect.verifySteps([
        "5 sale.order 11,12,13",
        "5 sale.order 14,15,16",
        "5 sale.order 17",
    ]);
    expect(queryOne(".o_kmop_skipped").textContent).toInclude("<b>S01</b>");
    expect(queryOne(".o_kmop_skipped").textContent).toInclude("<i>No</i>");
});

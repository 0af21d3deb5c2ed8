import {expect, test} from "@odoo/hoot";
import {
    queryAllAttributes,
    queryAllTexts,
    queryOne,
    setInputFiles,
} from "@odoo/hoot-dom";
import {animationFrame, Deferred} from "@odoo/hoot-mock";
import {defineMailModels, dropFiles} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    MockServer,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

const line = (type, name, state, values = {}) => ({
    type,
    name,
    state,
    partner: false,
    trainer: false,
    counts: true,
    evidence: [],
    ...values,
});

const getChecklist = () => [
    line(1, "Quote or contract", "accepted", {
        evidence: [
            {id: 31, name: "S00001", state: "accepted"},
            {id: 32, name: "S00001 signed", state: "rejected"},
        ],
    }),
    line(5, "Attendance list", "missing"),
    line(6, "Training certificate", "draft"),
    line(9, "Evaluation", "rejected"),
    line(14, "CV", "missing", {partner: 8, trainer: "Trees", counts: false}),
    line(14, "CV", "submitted", {partner: 9, trainer: "Jan", counts: false}),
];

class SaleOrder extends models.Model {
    _name = "sale.order";

    place = fields.Char();
    name = fields.Char({required: true});
    warnings = fields.Json();
    checklist = fields.Json({string: "Checklist"});
    differences = fields.Json({string: "Differences between the documents"});
}

defineMailModels();
defineModels([SaleOrder]);

const pdf = (name = "list.pdf") => new File(["%PDF-"], name, {type: "application/pdf"});
const at = (type, rest = "") => `.o_kmop_line[data-type='${type}'] ${rest}`;

async function openDossier({resId = 7, values = {}} = {}) {
    SaleOrder._records = [
        {id: 7, name: "S00001", checklist: getChecklist(), ...values},
    ];
    return mountView({
        type: "form",
        resModel: "sale.order",
        resId,
        arch: `
            <form>
                <field name="warnings" widget="kmop_warnings"/>
                <field name="name"/>
                <field name="place"/>
                <field name="checklist" widget="kmop_checklist"/>
                <field name="differences" widget="kmop_differences"/>
            </form>`,
    });
}

/** Answer as the route of the host does: one entry per file. */
function mockUpload(answer) {
    const upload = ({name}, index) =>
        answer?.(name) || {id: 100 + index, filename: name};
    mockService("http", {
        post(route, {ufile, model, id}) {
            expect.step(`${route} ${model},${id} ${ufile.map(({name}) => name)}`);
            return ufile.map(upload);
        },
    });
}

const UPLOADED = "/web/binary/upload_attachment kmop.evidence,0";

/** Add documents to the mocked dossier, or fail to. */
function mockAdd(fail) {
    onRpc("sale.order", "kmop_add_document", ({args}) => {
        expect.step(`add ${JSON.stringify(args)}`);
        if (fail) {
            throw makeServerError({type: "UserError", message: fail});
        }
        const [ids, type] = args;
        const orders = MockServer.env["sale.order"];
        const checklist = getChecklist().map((entry) =>
            entry.type === type ? {...entry, state: "submitted"} : entry
        );
        orders.write(ids, {checklist});
        return 33;
    });
    onRpc("ir.attachment", "unlink", ({args}) => {
        expect.step(`unlink ${args[0]}`);
        return true;
    });
    onRpc("sale.order", "web_save", () => {
        expect.step("save");
    });
    onRpc("sale.order", "web_read", () => {
        expect.step("read");
    });
}

// ------------------------------------------------------------------------- warnings

const warn = (check, level, source = "") => ({
    check,
    level,
    message: `About ${check}`,
    source,
});

test("warnings are one alert per level, the most urgent first", async () => {
    const warnings = [
        warn("size", "warning"),
        warn("application", "info"),
        warn("coverage", "danger"),
        warn("theme", "warning"),
    ];
    await openDossier({values: {warnings}});
    expect(queryAllTexts(".o_kmop_warnings .alert")).toEqual([
        "Problem:\nAbout coverage",
        "Warning:\nAbout size\nWarning:\nAbout theme",
        "Note:\nAbout application",
    ]);
    expect(".alert-danger li").toHaveCount(1);
    expect(".alert-warning li").toHaveCount(2);
    expect(".alert-info li").toHaveCount(1);
    expect(".o_kmop_source").toHaveCount(0);
});

test("the source of a warning opens for pointer and keyboard", async () => {
    await openDossier({values: {warnings: [warn("size", "warning", "VLAIO, 2026")]}});
    expect("button.o_kmop_source").toHaveAttribute("aria-label", "Source: VLAIO, 2026");
    queryOne(".o_kmop_source").focus();
    await animationFrame();
    expect(".o-tooltip").toHaveText("Source: VLAIO, 2026");
    queryOne(".o_kmop_source").blur();
    await animationFrame();
    expect(".o-tooltip").toHaveCount(0);
    await contains(".o_kmop_source").hover();
    await animationFrame();
    expect(".o-tooltip").toHaveText("Source: VLAIO, 2026");
});

// ---------------------------------------------------------------------- differences

test("differences are a table", async () => {
    const differences = [
        {document: "INV/1", field: "Name", quote: "Kmo Klant", found: "<b>Ander</b>"},
        {document: "INV/1", field: "Date", quote: "", found: "01/02/2026"},
    ];
    await openDossier({values: {differences}});
    expect(".o_kmop_differences caption").toHaveText(
        "Differences between the documents"
    );
    expect(queryAllTexts(".o_kmop_differences th[scope=col]")).toEqual([
        "Document",
        "What",
        "Quote",
        "Found",
    ]);
    expect(queryAllTexts(".o_kmop_differences tbody tr > *")).toEqual([
        "INV/1",
        "Name",
        "Kmo Klant",
        "<b>Ander</b>",
        "INV/1",
        "Date",
        "–",
        "01/02/2026",
    ]);
});

// ------------------------------------------------------------------------ checklist

test("the checklist counts what is expected and there", async () => {
    await openDossier();
    expect(".o_kmop_checklist .o_kmop_total").toHaveText("1 of 4 documents");
    expect(".o_kmop_checklist .progress-bar").toHaveStyle(
        {width: "25%"},
        {inline: true}
    );
    expect(queryAllTexts(".o_kmop_line .badge")).toEqual([
        "Accepted",
        "Missing",
        "Draft",
        "Rejected",
        "None yet",
        "Submitted",
    ]);
    expect(queryAllTexts(".o_kmop_trainer")).toEqual(["Trees", "Jan"]);
    const marks = queryAllAttributes(".o_kmop_mark", "class");
    expect(new Set(marks).size).toBe(6);
});

test("what is expected and missing stands out, and that only", async () => {
    await openDossier();
    expect(".o_kmop_lacking").toHaveCount(1);
    expect(".o_kmop_lacking .o_kmop_name").toHaveText("Attendance list");
});

test("each line has a button that says for what", async () => {
    await openDossier();
    expect(queryAllAttributes(".o_kmop_add", "aria-label")).toEqual([
        "Add file: Quote or contract",
        "Add file: Attendance list",
        "Add file: Training certificate",
        "Add file: Evaluation",
        "Add file: CV, Trees",
        "Add file: CV, Jan",
    ]);
});

test("the pieces of a line open, and say a state that isn't the line's", async () => {
    const actions = [];
    mockService("action", {doAction: async (action) => actions.push(action)});
    await openDossier();
    expect(queryAllTexts(at(1, ".o_kmop_pieces a"))).toEqual([
        "S00001",
        "S00001 signed (Rejected)",
    ]);
    await contains(at(1, "a:first")).click();
    expect(actions).toEqual([
        {
            type: "ir.actions.act_window",
            res_model: "kmop.evidence",
            res_id: 31,
            views: [[false, "form"]],
        },
    ]);
});

test("files dropped on a line are added to it, and the dossier read anew", async () => {
    mockUpload();
    mockAdd();
    await openDossier();
    expect.verifySteps(["read"]);
    await dropFiles(at(5), [pdf("1.pdf"), pdf("2.pdf")]);
    await animationFrame();
    expect.verifySteps([
        `${UPLOADED} 1.pdf,2.pdf`,
        "add [[7],5,[100,101],false]",
        "read",
    ]);
    expect(at(5, ".badge")).toHaveText("Submitted");
    expect(".o_kmop_total").toHaveText("2 of 4 documents");
});

test("the button chooses files, for a trainer too; the same file again", async () => {
    mockUpload();
    mockAdd();
    await openDossier();
    expect.verifySteps(["read"]);
    for (let times = 0; times < 2; times++) {
        await contains(at(14, ".o_kmop_add:first")).click();
        await setInputFiles([pdf("cv.pdf")]);
        await animationFrame();
        expect.verifySteps([`${UPLOADED} cv.pdf`, "add [[7],14,[100],8]", "read"]);
        expect(at(14, "input:first")).toHaveValue([]);
    }
});

test("what was typed is saved first", async () => {
    mockUpload();
    mockAdd();
    await openDossier();
    await contains("[name=place] input").edit("Gent", {confirm: false});
    expect.verifySteps(["read"]);
    await dropFiles(at(5), [pdf()]);
    await animationFrame();
    expect.verifySteps([
        "save",
        `${UPLOADED} list.pdf`,
        "add [[7],5,[100],false]",
        "read",
    ]);
    expect("[name=place] input").toHaveValue("Gent");
    expect(MockServer.env["sale.order"].browse(7)[0].place).toBe("Gent");
});

test("nothing is uploaded for a dossier that can't be saved", async () => {
    mockUpload();
    mockAdd();
    await openDossier();
    await contains("[name=place] input").edit("Gent");
    await contains("[name=name] input").edit("");
    expect.verifySteps(["read"]);
    await dropFiles(at(5), [pdf()]);
    await animationFrame();
    expect.verifySteps([]);
    expect(".o_notification").toHaveCount(1);
    expect("[name=place] input").toHaveValue("Gent");
    expect(at(5, ".badge")).toHaveText("Missing");
});

test("what is typed during the upload isn't lost", async () => {
    const uploading = new Deferred();
    mockService("http", {
        async post() {
            await uploading;
            return [{id: 100}];
        },
    });
    mockAdd();
    await openDossier();
    await dropFiles(at(5), [pdf()]);
    await animationFrame();
    await contains("[name=place] input").edit("Gent", {confirm: false});
    uploading.resolve();
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["read", "add [[7],5,[100],false]", "save", "read"]);
    expect("[name=place] input").toHaveValue("Gent");
});

test("a line that is busy says so, and takes no more files", async () => {
    const uploading = new Deferred();
    mockService("http", {
        async post() {
            expect.step("upload");
            await uploading;
            return [{id: 100}];
        },
    });
    mockAdd();
    await openDossier();
    queryOne(at(5, ".o_kmop_add")).focus();
    await dropFiles(at(5), [pdf()]);
    await animationFrame();
    expect(at(5)).toHaveAttribute("aria-busy", "true");
    expect(at(5, ".o_kmop_add")).toHaveAttribute("aria-disabled", "true");
    expect(at(5, ".o_kmop_add")).toHaveText("Uploading…");
    await dropFiles(at(5), [pdf()]);
    await animationFrame();
    expect.verifySteps(["read", "upload"]);
    uploading.resolve();
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["add [[7],5,[100],false]", "read"]);
    expect(at(5, ".o_kmop_add")).toHaveText("Add file");
    expect(at(5, ".o_kmop_add")).toBeFocused();
});

test("a refused document: the message, and no files left over", async () => {
    expect.errors(1);
    mockUpload();
    mockAdd("list.pdf is empty.");
    await openDossier();
    expect.verifySteps(["read"]);
    await dropFiles(at(5), [new File([], "list.pdf"), pdf("2.pdf")]);
    await animationFrame();
    expect.verifySteps([
        `${UPLOADED} list.pdf,2.pdf`,
        "add [[7],5,[100,101],false]",
        "unlink 100,101",
    ]);
    expect.verifyErrors(["list.pdf is empty."]);
    await animationFrame();
    expect(".modal").toHaveText(/list\.pdf is empty\./);
    expect(at(5, ".badge")).toHaveText("Missing");
    expect(at(5, ".o_kmop_add")).toHaveText("Add file");
});

test("a file that isn't received: the message, and no other files left over", async () => {
    mockUpload((name) => name === "2.pdf" && {error: "Not allowed here."});
    mockAdd();
    await openDossier();
    expect.verifySteps(["read"]);
    await dropFiles(at(5), [pdf("1.pdf"), pdf("2.pdf")]);
    await animationFrame();
    expect.verifySteps([`${UPLOADED} 1.pdf,2.pdf`, "unlink 100"]);
    expect(".o_notification").toHaveText(/Not allowed here\./);
});

test("an upload that breaks off: the message", async () => {
    mockService("http", {
        post() {
            throw new Error("Content too large");
        },
    });
    mockAdd();
    await openDossier();
    await dropFiles(at(5), [pdf()]);
    await animationFrame();
    expect.verifySteps(["read"]);
    expect(".o_notification").toHaveText(/Content too large/);
    expect(at(5, ".o_kmop_add")).toHaveText("Add file");
});

test("text that is dragged over a line isn't a file", async () => {
    mockUpload();
    await openDossier();
    const drag = (name) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData("text/plain", "text");
        const options = {bubbles: true, cancelable: true, dataTransfer};
        return queryOne(at(5)).dispatchEvent(new DragEvent(name, options));
    };
    expect(drag("dragover")).toBe(true);
    expect(drag("drop")).toBe(true);
    await animationFrame();
    expect(at(5)).not.toHaveClass("o_kmop_dragging");
    expect.verifySteps([]);
});

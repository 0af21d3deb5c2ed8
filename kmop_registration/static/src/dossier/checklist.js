import {Component, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {checkFileSize} from "@web/core/utils/files";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const PRESENT = ["submitted", "accepted"];

const STATES = {
    missing: {
        label: _t("Missing"),
        icon: "fa-exclamation-circle",
        badge: "text-bg-danger",
    },
    draft: {label: _t("Draft"), icon: "fa-pencil", badge: "text-bg-secondary"},
    submitted: {label: _t("Submitted"), icon: "fa-check", badge: "text-bg-info"},
    accepted: {
        label: _t("Accepted"),
        icon: "fa-check-circle",
        badge: "text-bg-success",
    },
    rejected: {label: _t("Rejected"), icon: "fa-times", badge: "text-bg-warning"},
};

// A line that doesn't count needn't be there.
const NOT_EXPECTED = {
    label: _t("None yet"),
    icon: "fa-circle-o",
    badge: "fw-normal o_kmop_muted px-0",
};

const hasFiles = (ev) => ev.dataTransfer?.types.includes("Files");

/** One kind of document: its state, what there is, and a place to add files. */
export class KmopChecklistLine extends Component {
    static template = "kmop_registration.ChecklistLine";
    static props = {line: Object, record: Object};

    setup() {
        this.action = useService("action");
        this.notification = useService("notification");
        // Not useService: who leaves the quote meanwhile gets their file added, too.
        this.orm = this.env.services.orm;
        this.http = useService("http");
        this.input = useRef("input");
        this.state = useState({dragging: false, uploading: false});
    }

    // ----------------------------------------------------------------- what is said

    get isLacking() {
        return this.props.line.counts && this.props.line.state === "missing";
    }

    get look() {
        const {counts, state} = this.props.line;
        return state === "missing" && !counts ? NOT_EXPECTED : STATES[state];
    }

    get label() {
        const {name, trainer} = this.props.line;
        return trainer ? `${name}, ${trainer}` : name;
    }

    get addLabel() {
        return _t("Add file: %s", this.label);
    }

    /** Say the state of a piece where the badge doesn't. */
    getPieceLabel({name, state}) {
        const label = STATES[state].label.toString();
        return state === this.props.line.state ? name : `${name} (${label})`;
    }

    // ---------------------------------------------------------------------- choosing

    onAddClick() {
        if (!this.state.uploading) {
            this.input.el.click();
        }
    }

    async onInput(ev) {
        const files = [...ev.target.files];
        // Else choosing the same file again wouldn't be a change.
        ev.target.value = "";
        await this.addFiles(files);
    }

    onDragOver(ev) {
        if (hasFiles(ev)) {
            ev.preventDefault();
            this.state.dragging = true;
        }
    }

    onDragLeave(ev) {
        if (!ev.currentTarget.contains(ev.relatedTarget)) {
            this.state.dragging = false;
        }
    }

    async onDrop(ev) {
        this.state.dragging = false;
        if (hasFiles(ev)) {
            ev.preventDefault();
            await this.addFiles([...ev.dataTransfer.files]);
        }
    }

    // ------------------------------------------------------------------------ adding

    async addFiles(files) {
        if (this.state.uploading || !files.length || !this.checkSizes(files)) {
            return;
        }
        this.state.uploading = true;
        try {
            await this.addDocument(files);
        } finally {
            this.state.uploading = false;
        }
    }

    checkSizes(files) {
        return files.every((file) => checkFileSize(file.size, this.notification));
    }

    async addDocument(files) {
        const {line, record} = this.props;
        if (!(await record.save())) {
            return;
        }
        const order = record.resId;
        const ids = await this.upload(files);
        if (!ids.length) {
            return;
        }
        try {
            const args = [[order], line.type, ids, line.partner];
            await this.orm.call("sale.order", "kmop_add_document", args);
        } catch (error) {
            await this.removeLoose(ids);
            throw error;
        }
        // What was typed during the upload isn't lost by reading anew.
        if (await record.save()) {
            await record.load();
        }
    }

    /** Return the ids of the new attachments; none where one of the files failed. */
    async upload(files) {
        const uploaded = await this.post(files);
        const ids = uploaded.filter(({error}) => !error).map(({id}) => id);
        const failed = uploaded.find(({error}) => error);
        if (!failed) {
            return ids;
        }
        this.notifyError(failed.error);
        await this.removeLoose(ids);
        return [];
    }

    async post(files) {
        const params = {
            csrf_token: odoo.csrf_token,
            ufile: files,
            model: "kmop.evidence",
            id: 0,
        };
        try {
            // Not useFileUploader: that one breaks on an empty file.
            return await this.http.post("/web/binary/upload_attachment", params);
        } catch (error) {
            this.notifyError(error.message);
            return [];
        }
    }

    notifyError(message) {
        this.notification.add(message, {title: _t("Uploading error"), type: "danger"});
    }

    /** Remove what was uploaded in vain; a failure here isn't the user's concern. */
    async removeLoose(ids) {
        if (ids.length) {
            await this.orm.silent.unlink("ir.attachment", ids).catch(() => undefined);
        }
    }

    // ----------------------------------------------------------------------- opening

    openPiece({id}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "kmop.evidence",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

/** Which documents a dossier needs, has and misses. */
export class KmopChecklist extends Component {
    static template = "kmop_registration.Checklist";
    static components = {KmopChecklistLine};
    static props = {...standardFieldProps};

    get title() {
        return this.props.record.fields[this.props.name].string;
    }

    get lines() {
        return this.props.record.data[this.props.name] || [];
    }

    get expected() {
        return this.lines.filter(({counts}) => counts);
    }

    get present() {
        return this.expected.filter(({state}) => PRESENT.includes(state));
    }

    get summary() {
        return _t("%(present)s of %(total)s documents", {
            present: this.present.length,
            total: this.expected.length,
        });
    }

    get share() {
        return Math.floor((100 * this.present.length) / (this.expected.length || 1));
    }
}

export const kmopChecklist = {
    component: KmopChecklist,
    displayName: _t("Checklist"),
    supportedTypes: ["json"],
};

registry.category("fields").add("kmop_checklist", kmopChecklist);

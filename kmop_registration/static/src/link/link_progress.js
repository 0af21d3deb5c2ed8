import {Component, onMounted, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {KmopSkipped} from "./skipped";

const NAMES_SHOWN = 20;

/**
 * Links many documents batch by batch, each in a request of its own: what is linked
 * stays linked, whatever comes after.
 */
export class KmopLinkProgress extends Component {
    static template = "kmop_registration.LinkProgress";
    static components = {Dialog, KmopSkipped};
    static props = {
        close: Function,
        wizardId: Number,
        model: String,
        documentIds: Array,
        batchSize: Number,
        skipped: Array,
    };

    setup() {
        this.orm = useService("orm").silent;
        this.notification = useService("notification");
        this.state = useState({
            status: "running",
            done: 0,
            linked: 0,
            skipped: this.props.skipped,
            error: false,
        });
        this.env.dialogData.dismiss = () => this.leave();
        onMounted(() => this.run());
    }

    get total() {
        return this.props.documentIds.length;
    }

    get isFinished() {
        return this.state.done === this.total;
    }

    get share() {
        return Math.round((100 * this.state.done) / this.total);
    }

    get message() {
        const {status, done, linked} = this.state;
        const values = {done, linked, total: this.total};
        if (status === "running" || status === "failed") {
            return _t("%(done)s of %(total)s", values);
        }
        if (status === "stopping") {
            return _t("%(done)s of %(total)s: stopping after this batch…", values);
        }
        return _t("%(linked)s of %(total)s documents linked.", values);
    }

    // --------------------------------------------------------------------- running

    /** Go on from where it is. */
    run() {
        this.state.status = "running";
        this.state.error = false;
        this.running = this.linkAll();
    }

    async linkAll() {
        while (this.state.status === "running" && !this.isFinished) {
            await this.linkBatch();
        }
        if (this.state.status !== "failed") {
            this.state.status = this.isFinished ? "finished" : "stopped";
        }
    }

    async linkBatch() {
        const batch = this.getBatch();
        try {
            const {linked, skipped} = await this.orm.call(
                "kmop.evidence.link",
                "link_batch",
                [[this.props.wizardId]],
                {context: {active_model: this.props.model, active_ids: batch}}
            );
            this.state.linked += linked;
            this.state.done += batch.length;
            this.addSkipped(skipped);
        } catch (error) {
            this.state.status = "failed";
            this.state.error = this.getErrorMessage(error);
        }
    }

    getBatch() {
        const {done} = this.state;
        return this.props.documentIds.slice(done, done + this.props.batchSize);
    }

    /** Add to what is told of each reason already. */
    addSkipped(skipped) {
        const byReason = new Map(this.state.skipped.map((line) => [line.reason, line]));
        for (const {reason, count, names} of skipped) {
            const before = byReason.get(reason) || {count: 0, names: []};
            byReason.set(reason, {
                reason,
                count: before.count + count,
                names: [...before.names, ...names].slice(0, NAMES_SHOWN),
            });
        }
        this.state.skipped = [...byReason.values()];
    }

    /** What the user can do something about; the rest is in the server's log. */
    getErrorMessage(error) {
        if (error instanceof ConnectionLostError) {
            return _t("There is no connection with the server.");
        }
        if (error.exceptionName?.startsWith("odoo.exceptions.")) {
            return error.data.message;
        }
        return _t("The server couldn't link this batch.");
    }

    // --------------------------------------------------------------------- buttons

    stop() {
        this.state.status = "stopping";
    }

    skipBatch() {
        const {length} = this.getBatch();
        this.addSkipped([
            {reason: this.state.error.toString(), count: length, names: []},
        ]);
        this.state.done += length;
        this.run();
    }

    /** Closed halfway: let the batch that runs end, and say what was done. */
    async leave() {
        if (this.state.status === "running") {
            this.stop();
        }
        await this.running;
        if (!this.isFinished) {
            this.state.status = "stopped";
            this.notification.add(this.message, {type: "warning"});
        }
    }
}

/** Shows the progress over the wizard; both close together. */
export function openLinkProgress(env, {params}) {
    const props = {
        wizardId: params.wizard_id,
        model: params.model,
        documentIds: params.document_ids,
        batchSize: params.batch_size,
        skipped: params.skipped,
    };
    return new Promise((resolve) => {
        env.services.dialog.add(KmopLinkProgress, props, {
            onClose: () => resolve({type: "ir.actions.act_window_close"}),
        });
    });
}

registry.category("actions").add("kmop_link_progress", openLinkProgress);

import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {makeContext} from "@web/core/context";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";

// In the order of urgency; each leads to a list and one of its filters.
const WORRIES = {
    milestones: {
        label: _t("Reminders to act on"),
        icon: "fa-bell",
        action: "kmop_registration.kmop_milestone_action",
        filter: "sent",
    },
    findings: {
        label: _t("Findings past their deadline"),
        icon: "fa-wrench",
        action: "kmop_registration.kmop_finding_action",
        filter: "overdue",
    },
    review: {
        label: _t("Evidence due for review"),
        icon: "fa-history",
        action: "kmop_registration.kmop_evidence_action",
        filter: "to_review",
    },
    judge: {
        label: _t("Evidence to judge"),
        icon: "fa-gavel",
        action: "kmop_registration.kmop_evidence_action",
        filter: "submitted",
    },
    dossiers: {
        label: _t("Incomplete dossiers"),
        icon: "fa-folder-open-o",
        action: "kmop_registration.kmop_dossier_action",
        filter: "kmop_incomplete",
    },
    surveys: {
        label: _t("Unanswered surveys"),
        icon: "fa-comments-o",
        action: "survey.action_survey_user_input",
        filter: "kmop_waiting",
    },
};

const STEPS = {
    registration: {
        label: _t("Choose the service"),
        help: _t("Training or advice: a registration for each, with its track."),
    },
    dates: {
        label: _t("Registered already?"),
        help: _t("Take over the number, the periods and the audits that were."),
        optional: true,
    },
    products: {
        label: _t("Mark your products"),
        help: _t("A quote with a marked product becomes a project dossier."),
    },
    survey: {
        label: _t("Choose the satisfaction survey"),
        help: _t("One is there to start with; your own can take its place."),
    },
    bureau: {
        label: _t("Choose the audit bureau"),
        help: _t("Ask a bureau for the next audit, or for a first talk."),
    },
};

/** What stands above the registrations: the set-up, and what asks for attention. */
export class KmopDashboard extends Component {
    static template = "kmop_registration.Dashboard";
    static props = {list: Object};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({data: undefined});
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    async load() {
        this.state.data = await this.orm.call("kmop.registration", "get_overview", []);
    }

    get data() {
        return this.state.data;
    }

    get worries() {
        const counts = Object.fromEntries(
            this.data.worries.map(({name, count}) => [name, count])
        );
        return Object.entries(WORRIES)
            .filter(([name]) => counts[name])
            .map(([name, worry]) => ({
                name,
                count: counts[name],
                icon: worry.icon,
                label: worry.label.toString(),
            }));
    }

    get steps() {
        const steps = this.data.onboarding || [];
        return steps
            .filter(({name}) => STEPS[name])
            .map(({name, done}, index) => ({
                name,
                done,
                number: index + 1,
                label: STEPS[name].label.toString(),
                help: STEPS[name].help.toString(),
                optional: STEPS[name].optional,
            }));
    }

    get progressLabel() {
        const done = this.steps.filter((step) => step.done).length;
        return _t("%(done)s of %(steps)s done", {done, steps: this.steps.length});
    }

    getStepLabel(step) {
        return step.done ? _t("%s: done", step.label) : step.label;
    }

    // --------------------------------------------------------------------- actions

    /** Open the list behind a count, with its filter and no other. */
    async openWorry({name}) {
        const worry = WORRIES[name];
        const action = await this.action.loadAction(worry.action);
        const entries = Object.entries(makeContext([action.context]));
        const context = Object.fromEntries(
            entries.filter(([key]) => !key.startsWith("search_default_"))
        );
        context[`search_default_${worry.filter}`] = 1;
        return this.action.doAction({...action, context});
    }

    async openStep(name) {
        const action = await this.orm.call(
            "kmop.registration",
            "get_onboarding_action",
            [name]
        );
        return this.action.doAction(action, {onClose: () => this.load()});
    }

    async close() {
        await this.orm.call("kmop.registration", "close_onboarding", []);
        return this.load();
    }
}

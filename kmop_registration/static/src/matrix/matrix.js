import {Component, onMounted, onWillStart, useRef, useState} from "@odoo/owl";
import {deserializeDate, formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const EVIDENCE_ACTION = "kmop_registration.kmop_evidence_action";

// In the order of the legend; `counts` tells the pieces that make the state.
const STATES = {
    supported: {
        label: _t("Supported"),
        icon: "fa-check-circle",
        counts: ["accepted"],
    },
    waiting: {
        label: _t("To judge"),
        icon: "fa-hourglass-half",
        counts: ["submitted"],
    },
    stale: {
        label: _t("No longer counts"),
        icon: "fa-history",
        counts: ["expired", "outside"],
    },
    missing: {
        label: _t("Missing"),
        icon: "fa-exclamation-triangle",
        counts: ["draft", "rejected"],
    },
    exempt: {
        label: _t("Exempt"),
        icon: "fa-ban",
        counts: ["accepted", "submitted"],
    },
};

const COUNTS = {
    accepted: _t("%s accepted"),
    submitted: _t("%s to judge"),
    expired: _t("%s past its review"),
    outside: _t("%s outside the window"),
    draft: _t("%s in draft"),
    rejected: _t("%s rejected"),
};

/**
 * What supports each indicator in the next audit, on each of the two aspects.
 *
 * A grid: one of its cells takes the tab stop, arrow keys move between them.
 */
export class KmopMatrix extends Component {
    static template = "kmop_registration.Matrix";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.table = useRef("table");
        this.display = {controlPanel: {}};
        // For hyphens and for screen readers: the page doesn't say its language.
        this.lang = user.lang;
        this.states = Object.entries(STATES).map(([name, state]) => ({name, ...state}));
        this.state = useState({active: this.props.state?.active || 0});
        useSetupAction({
            rootRef: this.root,
            getLocalState: () => ({active: this.state.active}),
        });
        onWillStart(() => this.load());
        onMounted(() => this.restoreFocus());
    }

    get registrationId() {
        const {context, params} = this.props.action;
        return context?.active_id || params?.active_id;
    }

    async load() {
        if (!this.registrationId) {
            return;
        }
        this.data = await this.orm.call("kmop.registration", "get_matrix", [
            [this.registrationId],
        ]);
        this.number();
    }

    /** Give each cell its place in the order of the arrow keys. */
    number() {
        let index = 0;
        for (const {indicators} of this.data.requirements) {
            for (const {cells} of indicators) {
                for (const cell of cells) {
                    cell.index = index++;
                }
            }
        }
        this.state.active = Math.max(0, Math.min(this.state.active, index - 1));
    }

    // ----------------------------------------------------------------- what is said

    get dayLabel() {
        if (!this.data.day) {
            return _t("No audit is planned: counted as of today.");
        }
        const day = formatDate(deserializeDate(this.data.day));
        return _t("Counted for the audit of %s.", day);
    }

    getSupportLabel({supported, required}) {
        return _t("%(supported)s of %(required)s indicators supported", {
            supported,
            required,
        });
    }

    getRequirementLabel(requirement) {
        return requirement.required ? this.getSupportLabel(requirement) : _t("Exempt");
    }

    getShare({supported, required}) {
        return required ? Math.round((100 * supported) / required) : 0;
    }

    getIcon(cell) {
        return STATES[cell.state].icon;
    }

    getStateLabel(cell) {
        return STATES[cell.state].label.toString();
    }

    getCounts(cell) {
        return Object.keys(COUNTS)
            .filter((name) => cell[name])
            .map((name) => _t(COUNTS[name].toString(), cell[name]));
    }

    /** How many pieces make the state of the cell. */
    getCount(cell) {
        const {counts} = STATES[cell.state];
        return counts.reduce((total, name) => total + cell[name], 0);
    }

    /** Whether a click leads to a new piece, as there is none to show. */
    canAdd(cell) {
        return cell.state === "missing" && !this.getCount(cell);
    }

    getAspectLabel(name) {
        return this.data.aspects.find((aspect) => aspect.name === name).label;
    }

    getLabel(indicator, cell) {
        const counts = this.getCounts(cell);
        return [
            indicator.name,
            this.getAspectLabel(cell.aspect),
            this.getStateLabel(cell),
            cell.ground,
            counts.length ? counts.join(", ") : _t("no evidence"),
            this.canAdd(cell) ? _t("Add evidence") : _t("Show the evidence"),
        ]
            .filter(Boolean)
            .join(". ");
    }

    // -------------------------------------------------------------------- keyboard

    get cells() {
        return [...this.table.el.querySelectorAll(".o_kmop_cell")];
    }

    restoreFocus() {
        if (this.props.state && this.table.el) {
            this.cells[this.state.active]?.focus({preventScroll: true});
        }
    }

    onFocus(cell) {
        this.state.active = cell.index;
    }

    onKeydown(ev) {
        const target = this.getTarget(ev);
        if (target === undefined) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        this.cells[target]?.focus();
    }

    /** The number of the cell that the key leads to; a row holds one for each aspect. */
    getTarget({key, ctrlKey, altKey, metaKey, shiftKey}) {
        if (altKey || metaKey || shiftKey) {
            return undefined;
        }
        const {active} = this.state;
        const width = this.data.aspects.length;
        const first = active - (active % width);
        const last = first + width - 1;
        const end = this.cells.length - 1;
        const targets = {
            ArrowLeft: Math.max(active - 1, first),
            ArrowRight: Math.min(active + 1, last),
            ArrowUp: active - width < 0 ? active : active - width,
            ArrowDown: active + width > end ? active : active + width,
            Home: ctrlKey ? 0 : first,
            End: ctrlKey ? end : last,
        };
        return ctrlKey && key.startsWith("Arrow") ? undefined : targets[key];
    }

    // --------------------------------------------------------------------- actions

    async onClick(indicator, cell) {
        this.state.active = cell.index;
        const context = {
            default_registration_id: this.data.id,
            default_indicator_ids: [indicator.id],
            default_aspect: cell.aspect,
        };
        if (this.canAdd(cell)) {
            return this.addEvidence(context);
        }
        return this.showEvidence(indicator, cell, context);
    }

    addEvidence(context) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("New evidence"),
            res_model: "kmop.evidence",
            views: [[false, "form"]],
            context,
        });
    }

    async showEvidence(indicator, cell, context) {
        const action = await this.action.loadAction(EVIDENCE_ACTION);
        const name = `${indicator.name} – ${this.getAspectLabel(cell.aspect)}`;
        return this.action.doAction({
            ...action,
            name,
            display_name: name,
            context,
            domain: [
                ["registration_id", "=", this.data.id],
                ["indicator_ids", "in", [indicator.id]],
                ["aspect", "=", cell.aspect],
            ],
        });
    }
}

registry.category("actions").add("kmop_registration.matrix", KmopMatrix);

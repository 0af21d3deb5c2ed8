import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const STATES = {
    done: _t("done"),
    current: _t("current step"),
    todo: _t("to do"),
};

/**
 * The steps of a registration: what each needs, what is done, what is next.
 *
 * The server tells it all (see kmop.guide). The current step is unfolded; each other
 * can be looked at as well.
 */
export class KmopGuide extends Component {
    static template = "kmop_registration.Guide";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        // Undefined: the current step, whichever that becomes.
        this.state = useState({unfolded: undefined});
    }

    get data() {
        return this.props.record.data[this.props.name];
    }

    get unfolded() {
        const {unfolded} = this.state;
        return unfolded === undefined ? this.data.current : unfolded;
    }

    toggle({code}) {
        this.state.unfolded = this.unfolded === code ? false : code;
    }

    // ----------------------------------------------------------------- what is said

    getStateLabel({state}) {
        return STATES[state].toString();
    }

    getLeft({left}) {
        return _t("%s left", left);
    }

    getPart({name, audit, months, exempt}) {
        const part = _t("%(name)s (%(audit)s): %(months)s months.", {
            name,
            audit,
            months,
        });
        const spared = exempt.length ? _t("Exempt: %s.", exempt.join(", ")) : "";
        return `${part} ${spared}`;
    }

    // --------------------------------------------------------------------- actions

    follow({action, model, id, field}) {
        if (field) {
            return this.focus(field);
        }
        if (action) {
            return this.press(action);
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    /** As a button of the form does: what was typed is saved first. */
    press(name) {
        const {record} = this.props;
        return this.env.onClickViewButton({
            clickParams: {type: "object", name},
            getResParams: () => ({
                resModel: record.resModel,
                resId: record.resId,
                resIds: record.resIds,
                context: record.context,
                evalContext: record.evalContext,
            }),
        });
    }

    focus(field) {
        const form = document.querySelector(".o_form_view");
        form?.querySelector(`.o_field_widget[name=${field}] input`)?.focus();
    }
}

registry.category("fields").add("kmop_guide", {
    component: KmopGuide,
    supportedTypes: ["json"],
});

import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** Why documents aren't linked: each reason with how many, and some of their names. */
export class KmopSkipped extends Component {
    static template = "kmop_registration.Skipped";
    static props = {reasons: Array};

    getNames({count, names}) {
        const shown = names.join(", ");
        const rest = count - names.length;
        return rest && shown
            ? _t("%(names)s and %(rest)s more", {names: shown, rest})
            : shown;
    }
}

export class KmopSkippedField extends Component {
    static template = "kmop_registration.SkippedField";
    static components = {KmopSkipped};
    static props = {...standardFieldProps};

    get reasons() {
        return this.props.record.data[this.props.name] || [];
    }
}

registry.category("fields").add("kmop_skipped", {
    component: KmopSkippedField,
    displayName: _t("Skipped documents"),
    supportedTypes: ["json"],
});

import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** Where the documents of a dossier contradict the quote. */
export class KmopDifferences extends Component {
    static template = "kmop_registration.Differences";
    static props = {...standardFieldProps};

    get title() {
        return this.props.record.fields[this.props.name].string;
    }

    get differences() {
        return this.props.record.data[this.props.name] || [];
    }
}

export const kmopDifferences = {
    component: KmopDifferences,
    displayName: _t("Differences between the documents"),
    supportedTypes: ["json"],
};

registry.category("fields").add("kmop_differences", kmopDifferences);

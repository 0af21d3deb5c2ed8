import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {usePopover} from "@web/core/popover/popover_hook";
import {registry} from "@web/core/registry";
import {Tooltip} from "@web/core/tooltip/tooltip";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// The most urgent first; the icon differs too, for who doesn't see the colour.
const LEVELS = {
    danger: {label: _t("Problem"), icon: "fa-times-circle"},
    warning: {label: _t("Warning"), icon: "fa-exclamation-triangle"},
    info: {label: _t("Note"), icon: "fa-lightbulb-o"},
};

/** What a dossier runs into, with the source of each rule. */
export class KmopWarnings extends Component {
    static template = "kmop_registration.Warnings";
    static props = {...standardFieldProps};

    setup() {
        // Not data-tooltip: that one doesn't open for the keyboard.
        this.tooltip = usePopover(Tooltip, {position: "bottom"});
    }

    get levels() {
        const warnings = this.props.record.data[this.props.name] || [];
        return Object.entries(LEVELS)
            .map(([name, level]) => ({
                name,
                icon: level.icon,
                label: level.label.toString(),
                warnings: warnings.filter((warning) => warning.level === name),
            }))
            .filter((level) => level.warnings.length);
    }

    getSourceLabel({source}) {
        return _t("Source: %s", source);
    }

    openSource(ev, warning) {
        this.tooltip.open(ev.currentTarget, {tooltip: this.getSourceLabel(warning)});
    }
}

export const kmopWarnings = {
    component: KmopWarnings,
    displayName: _t("kmo-portefeuille warnings"),
    supportedTypes: ["json"],
};

registry.category("fields").add("kmop_warnings", kmopWarnings);

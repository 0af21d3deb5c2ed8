import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {imageUrl} from "@web/core/utils/urls";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// The icon differs too, for who doesn't see the colour.
const VALIDITIES = {
    none: {color: "secondary", icon: "fa-circle-o"},
    valid: {color: "success", icon: "fa-check-circle"},
    expiring: {color: "warning", icon: "fa-hourglass-half"},
    gap: {color: "warning", icon: "fa-exclamation-triangle"},
    expired: {color: "danger", icon: "fa-times-circle"},
};

/** Where a registration stands: how long it is valid, how ready, and what is next. */
export class KmopCard extends Component {
    static template = "kmop_registration.Card";
    static props = {...standardFieldProps};

    get card() {
        return this.props.record.data[this.props.name];
    }

    get validity() {
        return {...VALIDITIES[this.card.validity.state], ...this.card.validity};
    }

    get findingsLabel() {
        const {findings} = this.card;
        return findings === 1 ? _t("1 open finding") : _t("%s open findings", findings);
    }

    getShare({supported, required}) {
        return required ? Math.round((100 * supported) / required) : 0;
    }

    getColor({supported, required}) {
        if (supported >= required) {
            return "success";
        }
        return supported ? "warning" : "danger";
    }

    getSupportClass({supported, required}) {
        if (!required) {
            return "o_kmop_muted";
        }
        return supported ? "" : "text-danger";
    }

    getSupport({supported, required}) {
        return required
            ? _t("%(supported)s of %(required)s", {supported, required})
            : _t("Exempt");
    }

    getAvatar(user) {
        return imageUrl("res.users", user.id, "avatar_128");
    }
}

export const kmopCard = {
    component: KmopCard,
    displayName: _t("Card of a registration"),
    supportedTypes: ["json"],
};

registry.category("fields").add("kmop_card", kmopCard);

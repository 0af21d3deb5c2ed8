import {Component, onMounted, onWillRender, useRef, useState} from "@odoo/owl";
import {deserializeDate, formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {usePopover} from "@web/core/popover/popover_hook";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

// How much of a group of marks is told without opening it.
const TOLD = 6;

const MODELS = {
    "kmop.audit": _t("Audits"),
    "kmop.milestone": _t("Milestones"),
};

export class KmopTimelineTip extends Component {
    static template = "kmop_registration.TimelineTip";
    static props = {entries: Array, more: String, close: Function};
}

/**
 * Periods, audits and milestones of a registration, drawn.
 *
 * The server places everything (see kmop.timeline): here it is drawn, told and opened.
 * One of its marks takes the tab stop, arrow keys move between them.
 */
export class KmopTimeline extends Component {
    static template = "kmop_registration.Timeline";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.root = useRef("root");
        this.scroller = useRef("scroller");
        this.state = useState({active: 0, listed: false});
        this.tip = usePopover(KmopTimelineTip, {
            animation: false,
            closeOnClickAway: false,
            popoverClass: "o_kmop_timeline_tip",
            position: "top",
            setActiveElement: false,
        });
        onWillRender(() => this.follow());
        onMounted(() => this.showToday());
    }

    get data() {
        return this.props.record.data[this.props.name];
    }

    /** What is drawn and told is made once for each drawing, not for each render. */
    follow() {
        if (this.drawn !== this.data) {
            this.drawn = this.data;
            this.entries = [];
            if (this.data) {
                this.prepare(this.data);
            }
        }
    }

    get active() {
        return Math.min(this.state.active, this.entries.length - 1);
    }

    prepare({spans, marks, lanes}) {
        const periods = spans.map((span) => ({...span, lane: "period", items: [span]}));
        this.entries = [...periods, ...marks].map((entry, index) => ({
            ...entry,
            index,
            label: this.getLabel(entry),
            text: entry.lane === "period" && this.getSpanText(entry),
        }));
        this.lanes = lanes.map((lane) => ({
            ...lane,
            entries: this.entries.filter((entry) => entry.lane === lane.name),
        }));
    }

    /** Everything by day, for who doesn't want to search in a drawing. */
    get days() {
        const all = this.entries.flatMap(({items}) => items);
        return all.sort((a, b) => a.date.localeCompare(b.date));
    }

    showToday() {
        const {el} = this.scroller;
        if (el) {
            const share = this.data.today.x / this.data.size[0];
            el.scrollLeft = share * el.scrollWidth - el.clientWidth / 2;
        }
    }

    // ----------------------------------------------------------------- what is said

    getDate(iso) {
        return formatDate(deserializeDate(iso));
    }

    getStyle(key) {
        return this.data.styles[key];
    }

    getSpanText({name, until, dated}) {
        const date = this.getDate(until);
        return dated ? _t("%(name)s, until %(date)s", {name, date}) : name;
    }

    getDays({date, until}) {
        if (!until) {
            return this.getDate(date);
        }
        return _t("From %(start)s until %(end)s", {
            start: this.getDate(date),
            end: this.getDate(until),
        });
    }

    getFacts({facts}) {
        return facts.map(([label, iso]) => `${label}: ${this.getDate(iso)}`);
    }

    getText(item) {
        const {label} = this.getStyle(item.style);
        return [item.name, label, this.getDays(item)].join(", ");
    }

    getMore(entry) {
        const more = entry.items.length - TOLD;
        return more > 0 ? _t("and %s more", more) : "";
    }

    getLabel(entry) {
        const [item] = entry.items;
        if (entry.items.length === 1) {
            return this.getText(item);
        }
        const last = entry.items.at(-1);
        return _t("%(count)s together, from %(start)s until %(end)s: %(items)s", {
            count: entry.items.length,
            start: this.getDate(item.date),
            end: this.getDate(last.date),
            items: this.getTold(entry)
                .map(({name}) => name)
                .join(", "),
        });
    }

    getTold(entry) {
        return entry.items.slice(0, TOLD);
    }

    get todayLabel() {
        return _t("Today, %s", this.getDate(this.data.today.date));
    }

    /** Where the text stands beside its line, so that none of it is cut off. */
    get todayAnchor() {
        const [left, right] = this.data.axis;
        const {x} = this.data.today;
        return x - left < 90 ? "start" : right - x < 90 ? "end" : "middle";
    }

    // ------------------------------------------------------------------------- tell

    onEnter(ev, entry) {
        const single = entry.items.length === 1;
        const entries = this.getTold(entry).map((item) => ({
            text: this.getText(item),
            facts: single ? this.getFacts(item) : [],
        }));
        this.tip.open(ev.currentTarget, {entries, more: this.getMore(entry)});
    }

    onLeave() {
        this.tip.close();
    }

    // -------------------------------------------------------------------- keyboard

    onFocus(ev, entry) {
        this.state.active = entry.index;
        this.onEnter(ev, entry);
    }

    onKeydown(ev) {
        if (ev.key === "Escape" && this.tip.isOpen) {
            ev.stopPropagation();
            return this.tip.close();
        }
        if (ev.altKey || ev.ctrlKey || ev.metaKey || ev.shiftKey) {
            return undefined;
        }
        const entry = this.entries[this.active];
        if (["Enter", " "].includes(ev.key)) {
            ev.preventDefault();
            ev.stopPropagation();
            return this.open(entry);
        }
        const target = this.getTarget(ev.key, entry);
        if (target) {
            ev.preventDefault();
            ev.stopPropagation();
            this.root.el.querySelector(`[data-index="${target.index}"]`).focus();
        }
    }

    /** Left and right stay in the lane; up and down look for the nearest in the next. */
    getTarget(key, entry) {
        const lanes = this.lanes.filter((lane) => lane.entries.length);
        const current = lanes.findIndex((lane) => lane.name === entry.lane);
        const {entries} = lanes[current];
        const place = entries.findIndex(({index}) => index === entry.index);
        const targets = {
            ArrowLeft: () => entries[place - 1],
            ArrowRight: () => entries[place + 1],
            ArrowUp: () => this.getNearest(lanes[current - 1], entry),
            ArrowDown: () => this.getNearest(lanes[current + 1], entry),
            Home: () => entries[0],
            End: () => entries.at(-1),
        };
        return targets[key]?.();
    }

    getNearest(lane, {x}) {
        const distance = (entry) => Math.abs(entry.x + (entry.width || 0) / 2 - x);
        return lane?.entries.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    }

    // --------------------------------------------------------------------- actions

    canOpen(entry) {
        return Boolean(entry.items[0].model);
    }

    open(entry) {
        if (!this.canOpen(entry)) {
            return undefined;
        }
        this.tip.close();
        const {model, id, name} = entry.items[0];
        const action = {type: "ir.actions.act_window", res_model: model};
        if (entry.items.length === 1) {
            return this.openRecord({model, id, name});
        }
        return this.action.doAction({
            ...action,
            name: MODELS[model].toString(),
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["id", "in", entry.items.map((item) => item.id)]],
            context: {create: false},
        });
    }

    openRecord({model, id, name}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("kmop_timeline", {
    component: KmopTimeline,
    supportedTypes: ["json"],
});

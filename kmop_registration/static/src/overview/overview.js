import {registry} from "@web/core/registry";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {KmopDashboard} from "./dashboard";

export class KmopOverviewRenderer extends KanbanRenderer {
    static template = "kmop_registration.OverviewRenderer";
    static components = {...KanbanRenderer.components, KmopDashboard};

    /** The dashboard says what to do where there is nothing at all. */
    get showNoContentHelper() {
        return this.env.searchModel.facets.length > 0 && super.showNoContentHelper;
    }
}

registry.category("views").add("kmop_overview", {
    ...kanbanView,
    Renderer: KmopOverviewRenderer,
});

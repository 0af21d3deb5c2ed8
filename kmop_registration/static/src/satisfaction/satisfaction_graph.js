import {GraphModel} from "@web/views/graph/graph_model";
import {graphView} from "@web/views/graph/graph_view";
import {registry} from "@web/core/registry";

/**
 * A mean that isn't shown, or a quarter without answers, leaves a gap in the chart:
 * Odoo's own draws a zero, which would be the worst score of all.
 */
export class SatisfactionGraphModel extends GraphModel {
    _getData(dataPoints) {
        const data = super._getData(...arguments);
        if (this.metaData.measure === "__count") {
            return data;
        }
        const datasets = new Map(data.datasets.map((set) => [set.label, set]));
        for (const dataset of data.datasets) {
            dataset.data.fill(null);
        }
        for (const point of dataPoints) {
            const dataset = datasets.get(this._getDatasetLabel(point));
            if (dataset && Number.isFinite(point.value)) {
                dataset.data[point.labelIndex] = point.value;
            }
        }
        return data;
    }
}

registry.category("views").add("kmop_satisfaction_graph", {
    ...graphView,
    Model: SatisfactionGraphModel,
});

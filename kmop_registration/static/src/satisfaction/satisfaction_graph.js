import {GraphModel} from "@web/views/graph/graph_model";
import {graphView} from "@web/views/graph/graph_view";
import {registry} from "@web/core/registry";

const isShown = (point) => Number.isFinite(point.value);

/**
 * A mean that isn't shown, or a quarter without answers, leaves a gap in the chart:
 * Odoo's own draws a zero, which would be the worst score of all.
 */
export class SatisfactionGraphModel extends GraphModel {
    /** Where no mean may be shown, the help of the action says why. */
    hasData() {
        return super.hasData() && (this.isCount || this.dataPoints.some(isShown));
    }

    get isCount() {
        return this.metaData.measure === "__count";
    }

    _getData(dataPoints) {
        const data = super._getData(...arguments);
        if (this.isCount) {
            return data;
        }
        const datasets = new Map(data.datasets.map((set) => [set.label, set]));
        for (const dataset of data.datasets) {
            dataset.data.fill(null);
        }
        for (const point of dataPoints) {
            const dataset = datasets.get(this._getDatasetLabel(point));
            if (dataset && isShown(point)) {
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

import {onMounted, onWillUnmount} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {
    ProgressBarField,
    progressBarField,
} from "@web/views/fields/progress_bar/progress_bar_field";

/** Follows an export while it is being made. */
export class KmopExportProgress extends ProgressBarField {
    setup() {
        super.setup();
        const bus = useService("bus_service");
        const follow = ({id}) => {
            if (id === this.props.record.resId) {
                this.props.record.load();
            }
        };
        onMounted(() => bus.subscribe("kmop_export", follow));
        onWillUnmount(() => bus.unsubscribe("kmop_export", follow));
    }
}

registry.category("fields").add("kmop_export_progress", {
    ...progressBarField,
    component: KmopExportProgress,
});

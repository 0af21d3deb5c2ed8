import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/** Tells that an export is over, wherever its user is by then, and leads to it. */
export const kmopExportService = {
    dependencies: ["action", "bus_service", "notification"],
    start(_env, {action, bus_service: bus, notification}) {
        bus.subscribe("kmop_export", ({id, state, message}) => {
            if (!message) {
                return;
            }
            let close = null;
            const open = () => {
                close();
                action.doAction({
                    type: "ir.actions.act_window",
                    res_model: "kmop.export",
                    res_id: id,
                    views: [[false, "form"]],
                });
            };
            close = notification.add(message, {
                type: state === "done" ? "success" : "danger",
                sticky: true,
                buttons: [{name: _t("Open the export"), primary: true, onClick: open}],
            });
        });
        bus.start();
    },
};

registry.category("services").add("kmop_export", kmopExportService);

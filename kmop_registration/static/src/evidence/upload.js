import {DocumentFileUploader} from "@account/components/document_file_uploader/document_file_uploader";
import {FileUploadKanbanController} from "@account/views/file_upload_kanban/file_upload_kanban_controller";
import {FileUploadKanbanRenderer} from "@account/views/file_upload_kanban/file_upload_kanban_renderer";
import {fileUploadKanbanView} from "@account/views/file_upload_kanban/file_upload_kanban_view";
import {FileUploadListController} from "@account/views/file_upload_list/file_upload_list_controller";
import {FileUploadListRenderer} from "@account/views/file_upload_list/file_upload_list_renderer";
import {fileUploadListView} from "@account/views/file_upload_list/file_upload_list_view";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {FileUploader} from "@web/views/fields/file_handler";

const MB = 1024 * 1024;

/** Leaves out what can't be sent, and goes on with the other files. */
export class KmopFileUploader extends FileUploader {
    validFileType(file) {
        const message = this.getError(file);
        if (message) {
            this.notification.add(message, {type: "danger", sticky: true});
        }
        return !message && super.validFileType(file);
    }

    getError({name, size}) {
        const limit = session.max_file_upload_size || 128 * MB;
        if (!size) {
            return _t("%s is empty, or a folder: open it and drop the files.", name);
        }
        if (size > limit) {
            return _t("%(file)s is larger than %(limit)s MB: it can't be sent.", {
                file: name,
                limit: Math.floor(limit / MB),
            });
        }
        return false;
    }
}

/** Makes a draft of each file that is dropped or chosen. */
export class KmopEvidenceUploader extends DocumentFileUploader {
    static components = {FileUploader: KmopFileUploader};
}

const dropping = (Renderer) =>
    class extends Renderer {
        setup() {
            super.setup();
            this.dropZoneTitle = _t("Drop your evidence here");
            this.dropZoneDescription = _t(
                "Each file becomes a draft: say afterwards what it is."
            );
        }

        /** The host's way takes over pasted text as well. */
        onPaste(ev) {
            if (ev.clipboardData?.files.length) {
                super.onPaste(ev);
            }
        }
    };

const uploading = (Controller) =>
    class extends Controller {
        static components = {
            ...Controller.components,
            DocumentFileUploader: KmopEvidenceUploader,
        };
    };

registry.category("views").add("kmop_evidence_list", {
    ...fileUploadListView,
    Controller: uploading(FileUploadListController),
    Renderer: dropping(FileUploadListRenderer),
});

registry.category("views").add("kmop_evidence_kanban", {
    ...fileUploadKanbanView,
    Controller: uploading(FileUploadKanbanController),
    Renderer: dropping(FileUploadKanbanRenderer),
});

import {
    choose,
    click,
    press,
    see,
    shoot,
} from "@kmop_registration/../tests/tours/journey_steps";
import {registry} from "@web/core/registry";

// The quality officer lets the auditor in.
registry.category("web_tour.tours").add("kmop_journey_invite_tour", {
    steps: () => [
        press("Auditor uitnodigen"),
        ...choose("Who", "partner_id", "An Auditor", ".modal"),
        see(
            "The address is known",
            ".modal .o_field_widget[name=email]:has(input:value(an@bureau.example.com), :contains(an@bureau.example.com))"
        ),
        shoot("auditor_1_invite"),
        click("Send", ".modal footer button[name=action_send]"),
        see("The dialog is closed", "body:not(:has(.modal))"),
        shoot("auditor_2_invited"),
    ],
});

// The auditor follows the link of the mail, in a browser that knows nothing of them.
registry.category("web_tour.tours").add("kmop_journey_auditor_tour", {
    steps: () => [
        see("The provider is named", "main:contains(Leerhuis)"),
        see("The indicators are there", "main h2, main h3"),
        shoot("auditor_3_page"),
        {
            content: "Download the evidence",
            trigger: "main a[href*='/files/'][href*='download=1']",
            async run({anchor}) {
                const answer = await fetch(anchor.href);
                const found = await answer.text();
                if (!answer.ok || !found.includes("onze statuten")) {
                    throw new Error(`Not what was accepted: ${answer.status}`);
                }
                document.body.dataset.downloaded =
                    answer.headers.get("Content-Disposition");
            },
        },
        see("It is a download", "body[data-downloaded^=attachment]"),
        {
            content: "Take the whole pack along",
            trigger: "main a[href*='/dossier.zip']",
            async run({anchor}) {
                const answer = await fetch(anchor.href);
                const found = new Uint8Array(await answer.arrayBuffer());
                // Every archive begins with these two letters.
                const begin = String.fromCharCode(...found.slice(0, 2));
                if (!answer.ok || begin !== "PK") {
                    throw new Error(`No archive: ${answer.status}`);
                }
                document.body.dataset.pack = found.length;
            },
        },
        see("The pack is here", "body[data-pack]"),
        {
            content: "Ask something",
            trigger: "textarea[name=body]",
            run: "edit Wie volgt de klachten op?",
        },
        {
            content: "Send the question",
            trigger: "form[action$='/question'] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        see("It is sent", "#questions [role=status]"),
        see("It is on the page", "#questions li:contains(Wie volgt de klachten op?)"),
        shoot("auditor_4_asked"),
    ],
});

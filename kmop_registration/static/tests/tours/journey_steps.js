// What the journeys share. In Dutch: what people read is part of what is tested.
export const click = (content, trigger) => ({content, trigger, run: "click"});
export const see = (content, trigger) => ({content, trigger});
export const file = (name) =>
    new File([`%PDF-1.4 ${name}`], name, {type: "application/pdf"});

/** Keep a picture, where the one who runs the tour can take one. */
export const shoot = (name) => ({
    content: `Picture: ${name}`,
    trigger: "body",
    async run() {
        if (window.kmopShoot) {
            await new Promise((resolve) => {
                window.addEventListener("kmop_shot", resolve, {once: true});
                window.kmopShoot(name);
            });
        }
    },
});

export const type = (content, field, text, root = "") => ({
    content,
    trigger: `${root} .o_field_widget[name=${field}] input`.trim(),
    run: `edit ${text}`,
});

/** Choose what a field proposes for what is typed. */
export const choose = (content, field, text, root = "") => [
    type(`${content}: type`, field, text, root),
    click(
        `${content}: choose`,
        `.o-autocomplete--dropdown-item:contains("${text}"):not(:contains("Maak")) a`
    ),
];

/** A button of the status bar, by what is on it. */
export const press = (label) =>
    click(
        `Press ${label}`,
        `.o_statusbar_buttons button:enabled:contains(/^\\s*${label}\\s*$/)`
    );

export const status = (value) =>
    see(
        `It is ${value}`,
        `.o_statusbar_status button[data-value=${value}].o_arrow_button_current`
    );

export const transfer = (...files) => {
    const dataTransfer = new DataTransfer();
    files.forEach((dropped) => dataTransfer.items.add(dropped));
    return dataTransfer;
};

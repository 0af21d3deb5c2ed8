/* global axe */
// Evaluated in a page, after axe-core, by tests/accessibility.py: in no bundle.
window.kmopAccessibility = (() => {
    const LEVELS = ["serious", "critical"];
    const ROOTS = [
        [".o_dialog", ".o_dialog"],
        [".o_action_manager", ".o_content"],
        ["main", "main"],
    ];
    // The host's own, beside what a view shows.
    const OUTSIDE = [".o-mail-Form-chatter", ".o-mail-Chatter", ".o_control_panel"];
    const pause = (milliseconds) =>
        new Promise((resolve) => {
            setTimeout(resolve, milliseconds);
        });

    const until = async (selector, seconds = 60) => {
        for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
            const found = document.querySelector(selector);
            if (found?.checkVisibility()) {
                return found;
            }
            await pause(50);
        }
        throw new Error(`There is no ${selector}`);
    };

    const open = async ({action, options, wait, clicks}) => {
        if (action) {
            while (!odoo.isReady) {
                await pause(50);
            }
            const {services} = odoo.__WOWL_DEBUG__.root.env;
            await services.action.doAction(action, {
                clearBreadcrumbs: true,
                ...options,
            });
        }
        await until(wait);
        for (const [selector, after] of clicks) {
            (await until(selector)).click();
            await until(after);
        }
        // Animations: halfway, a colour is another one.
        await pause(150);
        await Promise.allSettled(
            document
                .getAnimations()
                .map(
                    (animation) =>
                        animation.effect.getTiming().iterations === 1 &&
                        animation.finished
                )
        );
    };

    const getRoot = () => {
        const root = ROOTS.find(([sign]) => document.querySelector(sign));
        return root ? root[1] : "body";
    };

    const run = async (engine, include) => {
        const {violations} = await engine.run(
            {include: [include], exclude: OUTSIDE.map((selector) => [selector])},
            {resultTypes: ["violations"], elementRef: true}
        );
        return violations
            .filter(({impact}) => LEVELS.includes(impact))
            .flatMap(({id, help, nodes}) =>
                nodes.map(({element, html}) => ({rule: id, help, element, html}))
            );
    };

    /** What is wrong on the page that is open; ``seen`` collects what is the host's. */
    const judge = (found, known, seen, title) =>
        found.flatMap(({rule, help, element, html}) => {
            const host = known.findIndex(
                (entry) => entry.rule === rule && element.matches(entry.selector)
            );
            if (host >= 0) {
                seen.add(host);
                return [];
            }
            return [{title, problem: `${rule} (${help})`, html: html.slice(0, 250)}];
        });

    const getTooWide = (title) => {
        const {scrollWidth} = document.documentElement;
        const html = `${scrollWidth} of ${window.innerWidth} px`;
        return scrollWidth > window.innerWidth ? [{title, problem: "width", html}] : [];
    };

    /** Each problem once per screen, with how often it occurs there. */
    const summarize = (wrong) => {
        const lines = Map.groupBy(wrong, ({title, problem}) => `${title}: ${problem}`);
        return [...lines].map(
            ([line, [first, ...others]]) =>
                `${line}, ${1 + others.length} times, as in ${first.html}`
        );
    };

    const checkScreens = async (screens, known) => {
        const seen = new Set();
        const wrong = [];
        for (const screen of screens) {
            await open(screen);
            const found = await run(axe, getRoot());
            wrong.push(...judge(found, known, seen, screen.title));
            wrong.push(...getTooWide(screen.title));
        }
        const gone = known.filter(({must}, number) => must && !seen.has(number));
        wrong.push(
            ...gone.map(({rule, selector}) => ({
                title: "all screens",
                problem: "not to be excused any more",
                html: `${rule} on ${selector}`,
            }))
        );
        return wrong;
    };

    /** Mails and images, each in a page of its own. */
    const checkPieces = async (pieces) => {
        const wrong = [];
        for (const {title, html} of pieces) {
            const frame = document.createElement("iframe");
            frame.width = 600;
            frame.srcdoc = `<!DOCTYPE html><html lang="nl"><head><title>${title}</title></head><body>${html}</body></html>`;
            await new Promise((resolve) => {
                frame.addEventListener("load", resolve);
                document.body.append(frame);
            });
            await new Promise((resolve) => {
                const script = frame.contentDocument.createElement("script");
                script.addEventListener("load", resolve);
                script.src = document.querySelector("script[src$='/axe.js']").src;
                frame.contentDocument.head.append(script);
            });
            const found = await run(frame.contentWindow.axe, "body");
            wrong.push(...judge(found, [], new Set(), title));
            frame.remove();
        }
        return wrong;
    };

    /** Tell the test: success is a line of the log, failure an error. */
    const report = async (check) => {
        const wrong = await check;
        if (wrong.length) {
            console.error(["Not accessible:", ...summarize(wrong)].join("\n"));
        } else {
            console.log("test successful");
        }
    };

    return {
        screens: (...what) => report(checkScreens(...what)),
        pieces: (...what) => report(checkPieces(...what)),
    };
})();

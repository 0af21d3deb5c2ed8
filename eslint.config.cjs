// Odoo's own modules come by alias, so imports are not resolved here.
const browserGlobals = [
    "clearTimeout",
    "console",
    "DataTransfer",
    "document",
    "DragEvent",
    "Event",
    "fetch",
    "File",
    "luxon",
    "odoo",
    "setTimeout",
    "SVGElement",
    "URL",
    "window",
];

module.exports = [
    {ignores: [".host/**", "**/lib/**"]},
    {
        files: ["**/*.js"],
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: Object.fromEntries(
                browserGlobals.map((name) => [name, "readonly"])
            ),
        },
        linterOptions: {reportUnusedDisableDirectives: "error"},
        rules: {
            "array-callback-return": "error",
            curly: "error",
            "default-case-last": "error",
            eqeqeq: "error",
            "no-const-assign": "error",
            "no-dupe-keys": "error",
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-redeclare": "error",
            "no-shadow": "warn",
            "no-undef": "error",
            "no-unreachable": "error",
            "no-unused-vars": "error",
            "no-use-before-define": "error",
            "no-var": "error",
            "object-shorthand": "error",
            "prefer-const": "error",
            "prefer-template": "error",
        },
    },
];

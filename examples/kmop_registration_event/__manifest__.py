{
    "name": "kmo-portefeuille registration: events",
    "summary": "Link events as evidence, with the list of who attended",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "kmop_registration contributors",
    "license": "LGPL-3",
    "depends": ["kmop_registration", "event"],
    "data": [
        "data/kmop_evidence_type_data.xml",
        "report/event_attendance_report.xml",
        "views/event_event_views.xml",
    ],
    "auto_install": True,
}

"""Vocabulary that several models share."""

SERVICES = [("training", "Training"), ("advice", "Advice")]

AUDIT_KINDS = [
    ("starter", "Starters' audit"),
    ("follow_up", "Follow-up audit"),
    ("full", "Full audit"),
    ("renewal", "Renewal audit"),
]

# Only the labels are ours: the numbers themselves come from VLAIO's attest.
NUMBER_PREFIXES = {"training": "DV.O", "advice": "DV.A"}

"""Vocabulary that several models share."""

SERVICES = [("training", "Training"), ("advice", "Advice")]

SERVICE_SCOPES = [*SERVICES, ("both", "Training and advice")]

AUDIT_KINDS = [
    ("starter", "Starters' audit"),
    ("follow_up", "Follow-up audit"),
    ("full", "Full audit"),
    ("renewal", "Renewal audit"),
]

# Only the labels are ours: the numbers themselves come from VLAIO's attest.
NUMBER_PREFIXES = {"training": "DV.O", "advice": "DV.A"}

# The two aspects that each indicator is scored on.
ASPECTS = [
    ("description", "Description (conformity)"),
    ("application", "Application (demonstrability)"),
]

# Evidence in these states was accepted, and can't change any more.
FROZEN_STATES = ("accepted", "superseded")

# Source: VLAIO, "Het resultaat".
SCORES = [
    ("B", "B (limited)"),
    ("G", "G (partial)"),
    ("T", "T (sufficient)"),
    ("V", "V (complete)"),
]

# Source: VLAIO's subsidy database; what else exists gets no subsidy.
SIZES = [
    ("small", "Small enterprise"),
    ("medium", "Medium-sized enterprise"),
    ("large", "Large enterprise"),
    ("other", "No enterprise (public body, non-profit…)"),
]

FORMS = [
    ("classroom", "Classroom"),
    ("distance", "At a distance, with interaction"),
    ("mixed", "Classroom and distance"),
]

# What a question of a satisfaction survey asks about. Content and form are the norm's.
DIMENSIONS = [
    ("content", "Content"),
    ("form", "Form"),
    ("general", "The whole"),
    ("recommendation", "Recommendation"),
    ("comment", "Remark"),
]

"""Invented names and sentences for synthetic companies. Lists only."""

from __future__ import annotations

FIRST_NAMES = (
    "Mira", "Tomás", "Ingrid", "Kwame", "Zoë", "Aarav", "Lucía", "Björn", "Noor", "Hana", "Piotr", "Amélie",
    "Diego", "Saoirse", "Yuki", "Chidi", "Elif", "Mateo", "Freya", "Ravi", "Nadia", "Oskar", "Thandi", "Leïla",
    "Jonas", "Priya", "Emil", "Carmen", "Tariq", "Wren", "Marek", "Sunniva", "ليلى", "Ilse", "Bashir", "Odile",
)  # fmt: skip
LAST_NAMES = (
    "Okafor", "Lindqvist", "O'Brannan", "Castellá", "Varga", "Nakamori", "Abernathy", "Duquesne", "Halvorsen",
    "Mbatha", "Petrov", "Quillfeather", "Rosales", "Szymborski", "Thackeray", "Uddin", "Vandermeer", "Whitlock",
    "Ximénez", "Yilmazer", "Zedler", "Brightwater", "Calloway", "D'Angelis", "Eskildsen", "Fairweather", "Grünwald",
    "Hollowell", "Iwanaga", "Jankovic",
)  # fmt: skip
TEAMS = (
    "Platform", "Payments", "Growth", "Customer Care", "Design", "Data", "Logistics", "Security", "Marketing",
    "Finance Systems", "Mobile", "Partner Success",
)  # fmt: skip
PROJECT_HEADS = (
    "Lighthouse", "Kestrel", "Copper", "Tidewater", "Juniper", "Meridian", "Basalt", "Orchard", "Pendulum",
    "Saffron", "Granite", "Harvest", "Ember", "Quartz", "Willow", "Compass", "Marlin", "Aurora", "Tundra", "Façade",
)  # fmt: skip
PROJECT_TAILS = (
    "rollout", "migration", "redesign", "onboarding", "reporting", "integration", "hardening", "pilot", "support",
    "relaunch",
)  # fmt: skip
VERBS = (
    "Fix", "Add", "Review", "Document", "Test", "Migrate", "Design", "Refactor", "Investigate", "Prepare",
    "Automate", "Clean up", "Measure", "Translate", "Roll out",
)  # fmt: skip
THINGS = (
    "login page", "invoice export", "search results", "billing webhook", "settings screen", "weekly report",
    "supplier feed", "onboarding e-mails", "audit trail", "mobile checkout", "permissions model", "cache layer",
    "pricing table", "data retention job", "error messages", "address form", "shipping labels", "API limits",
    "support macros", "café menu import", "📦 parcel tracking", "قائمة الأسعار", "currency rounding",
)  # fmt: skip
OCCASIONS = (
    "", "", "", " for the pilot customers", " before the release", " after the incident", " in the new region",
    " for mobile", " (second attempt)", " – follow-up", " ✨", ' with "quoted" names', " & rollback plan",
)  # fmt: skip
NEUTRAL = (
    "Pushed a first version, please have a look.",
    "Waiting for the review from the other team.",
    "Split this in two; the second half comes next week.",
    "Updated the description with what we agreed on the call.",
    "Tested on staging, one edge case left.",
    "Do we still need this for the release?",
)
PRAISING = (
    "Great work, this is much faster than before!",
    "Thank you, the customers love it 🎉",
    "Really clean solution, nicely done.",
    "Smooth rollout, no complaints so far.",
)
WORRIED = (
    "I am worried that we will not make the date.",
    "Blocked again, the vendor does not answer.",
    "This is far bigger than we estimated.",
    "Too much on my plate this week, can somebody take over?",
    "The tests keep failing and I do not see why.",
)
GOOD_NEWS = ("On plan. Next: the remaining items on the list.", "Good week, we are where we want to be.")
MIXED_NEWS = ("Slower than planned; two people were away.", "Some risk: a dependency is late.")
BAD_NEWS = ("We are well behind and need help.", "Not achievable at this pace without a change of scope.")
SKILLS = ("python", "sql", "frontend", "design", "writing", "operations", "analysis", "security")
PRIORITIES = ("P0", "P1", "P2", "P3")
WORK_TYPES = ("Feature", "Bug", "Maintenance", "Research", "Support")
SECTIONS = ("Backlog", "In progress", "Done")

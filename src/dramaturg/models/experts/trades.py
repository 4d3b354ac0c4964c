# ruff: noqa: SIM905, E501  # word lists read best as words, unbroken
"""Jobs that one person may well have together, or by two names."""

from dramaturg.models.experts.words import stem

ARTS = frozenset(
    stem(w)
    for w in "author writer artist actor actress singer musician painter model dancer coach designer photographer".split()
)
TRADES = tuple(
    frozenset(stem(w) for w in group.split())
    for group in (
        "chef cook baker",
        "lawyer attorney paralegal",
        "engineer programmer developer",
        "scientist biologist chemist professor researcher",
        "doctor surgeon dentist veterinarian vet",
        "professor teacher coach tutor instructor educator",
        "policeman cop officer detective",
        "soldier marine officer",
        "firefighter fireman paramedic emt",
        "waiter waitress bartender barista server cashier",
        "clerk cashier salesman salesperson secretary receptionist",
        "therapist psychologist counselor",
        "designer architect stylist photographer",
        "journalist reporter editor writer author",
        "accountant banker manager realtor bookkeeper",
        "nanny babysitter maid janitor",
        "driver trucker",
        "farmer rancher landscaper",
        "carpenter construction welder contractor electrician plumber mechanic",
        "nurse assistant technician caregiver",
    )
)

"""How a patient is greeted. Pure."""


def first_name(name: str) -> str:
    """Give the name to greet somebody by: the first word, or the first after the comma in "Doe, Nadia"."""
    family, _, given = name.partition(",")
    words = (given or family).split()
    return words[0] if words else ""
